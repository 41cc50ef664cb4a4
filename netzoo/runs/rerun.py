"""Repeat one trial from its record, and say whether it gave the same numbers."""

import tempfile
from pathlib import Path
from typing import Any

from netzoo.errors import NetzooError
from netzoo.provenance import Device
from netzoo.records.codec import from_plain
from netzoo.records.trial import EpochRecord, TrialRecord
from netzoo.results.runs import Figure, Repetition
from netzoo.runs.listener import Listener, threads_line
from netzoo.runs.prepare import start_process
from netzoo.runs.request import identity
from netzoo.runs.store import Store


def rerun(record: TrialRecord, listener: Listener) -> Repetition:
    """Train a record's trial again, in a process of its own, and keep nothing of it.

    Raises NetzooError if its backend cannot start.
    """
    trial, threads = record.trial, record.device.threads
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        listener.waiting(f"starting {trial.backend}")
        process, started = start_process(
            store, identity(trial), trial.backend, trial.device, threads
        )
        if threads is not None and (line := threads_line(threads, started)) is not None:
            listener.said(line)
        history: list[EpochRecord] = []

        def hear(event: dict[str, Any]) -> None:
            kind = event.pop("event")
            if kind == "step":
                listener.stepped(trial, **event)
            elif kind == "epoch":
                history.append(from_plain(EpochRecord, event))
                listener.epoch_ended(trial, history[-1])

        listener.trial_started(trial, 1, 1, 0)
        ended: dict[str, Any] = {}
        error = None
        request = {"do": "train", "trial": trial, "parts": record.parts}
        try:
            with process:
                path = str(store.checkpoint(trial))
                ended = process.ask({**request, "checkpoint": path}, hear)
        except NetzooError as failure:
            error = str(failure)
    if record.status != "ok" and error == record.error:
        error = None  # it ends in the same way again
    now = _circumstances(started["versions"], from_plain(Device, started["device"]))
    before = _circumstances(record.versions, record.device)
    return Repetition(
        trial=identity(trial),
        figures=tuple(_figures(record, history, ended.get("fitted", {}))),
        changed=tuple(
            f"{key} {before.get(key, 'none')}, now {now.get(key, 'none')}"
            for key in {**before, **now}
            if before.get(key) != now.get(key)
        ),
        error=error,
    )


def _circumstances(versions: dict[str, str], device: Device) -> dict[str, str]:
    return {**versions, "device": device.name, "threads": str(device.threads or "not known")}


def _figures(
    record: TrialRecord, history: list[EpochRecord], ended: dict[str, Any]
) -> list[Figure]:
    """Return the losses and accuracies of both, epoch by epoch.

    Not predictions and filters: the weights that give the losses give them, too, and as they are
    kept, packed, their bytes depend on the version of zlib.
    """
    told = []
    keys = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss")
    for number, recorded in enumerate(record.history):
        again = history[number] if number < len(history) else None
        for key in keys:
            value = getattr(recorded, key)
            if value is not None:
                words = f"epoch {recorded.epoch}, {key.replace('_', ' ')}"
                told.append(Figure(words, value, getattr(again, key, None)))
    for key in ("test_loss", "test_accuracy", "final_train_loss", "final_train_accuracy"):
        value = getattr(record, key)
        if value is not None:
            told.append(Figure(key.replace("_", " "), value, ended.get(key)))
    return told
