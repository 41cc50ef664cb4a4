"""Repetition of one trial from its record, number by number."""

import tempfile
from pathlib import Path

from netzoo.data.memory import budget
from netzoo.errors import NetzooError
from netzoo.provenance import Device
from netzoo.records.trial import EpochRecord, TrainingResult, TrialRecord, TrialStatus
from netzoo.results.runs import Figure, Repetition
from netzoo.runs.announcements import threads_line
from netzoo.runs.callback import Callback
from netzoo.runs.identity import identity
from netzoo.runs.messages import Ended, Epoch, Finished, Progress, Train, pass_on
from netzoo.runs.prepare import start_process
from netzoo.runs.store import Store


def rerun(
    record: TrialRecord,
    callback: Callback,
    model: Path | None = None,
    memory: str | int | None = None,
) -> Repetition:
    """Train a record's trial again, in its own process, and compare the numbers.

    model: a .keras file to write the trained network to; None: nothing is saved. memory: as in
    netzoo.compare.
    Raises NetzooError if its backend cannot start.
    """
    trial, threads = record.trial, record.device.threads
    with budget(memory), tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        callback.on_wait(f"starting {trial.backend}")
        process, started = start_process(
            *(store, identity(trial), trial.backend, trial.device, threads),
            devices=trial.recipe.data_parallel,
        )
        if threads is not None and (line := threads_line(threads, started)) is not None:
            callback.on_message(line)
        history: list[EpochRecord] = []
        to_callback = pass_on(trial, callback)

        def hear(event: Progress) -> None:
            if isinstance(event, Epoch):
                history.append(event.record)
            to_callback(event)

        callback.on_trial_begin(trial, 1, 1, 0)
        ended: Ended | None = None
        error = None
        try:
            with process:
                path = str(store.checkpoint(trial))
                saved = None if model is None else str(model.absolute())
                until = record.epochs if record.status == TrialStatus.TUNED else None
                again = Train(trial, record.parts, path, saved, until=until)
                ended = process.ask(again, Ended, hear)
        except NetzooError as failure:
            error = str(failure)
    result = ended.fitted if isinstance(ended, Finished) else None
    if record.status != TrialStatus.OK and error == record.error:
        error = None  # it ends in the same way again
    now = _circumstances(started.versions, started.device)
    before = _circumstances(record.versions, record.device)
    return Repetition(
        trial=identity(trial),
        figures=tuple(_figures(record, history, result)),
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
    record: TrialRecord, history: list[EpochRecord], result: TrainingResult | None
) -> list[Figure]:
    """Return the losses and accuracies of both, epoch by epoch.

    Not predictions and filters: the weights that give the losses give them, too, and as they are
    kept, packed, their bytes depend on the version of zlib.
    """
    figures = []
    keys = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss")
    for number, recorded in enumerate(record.history):
        again = history[number] if number < len(history) else None
        for key in keys:
            value = getattr(recorded, key)
            if value is not None:
                words = f"epoch {recorded.epoch}, {key.replace('_', ' ')}"
                figures.append(Figure(words, value, getattr(again, key, None)))
    for key in ("test_loss", "test_accuracy", "final_train_loss", "final_train_accuracy"):
        value = getattr(record, key)
        if value is not None:
            figures.append(Figure(key.replace("_", " "), value, getattr(result, key, None)))
    return figures
