"""Trials as flat rows, one a trial, for pandas and other programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from netzoo.cost.result import Cost
from netzoo.errors import require
from netzoo.records.trial import Trial, TrialRecord
from netzoo.results.metric import BALANCED
from netzoo.results.runs import RunState, TrialState
from netzoo.results.scores import ece_of, score

Row = dict[str, Any]
COUNTED = ("params", "macs", "flops", "training_flops")
LAST = (
    *("train_accuracy", "train_loss", "validation_accuracy", "validation_loss"),
    "images_per_second",
)  # of the last epoch


def trial_rows(states: Sequence[RunState]) -> list[Row]:
    """Return a row for each trial of comparisons, all with the same keys; missing values are None.

    Numbers have the unit of their key; accuracies are shares of one, params are counts, macs, flops
    and training_flops are of one image. The states are whole.
    """
    parts = Parts()
    rows = [
        {"comparison": state.name, **_row(progress, parts)}
        for state in states
        for progress in state.trials
    ]
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


class Parts:
    """The parts of rows that trials share, each made once."""

    def __init__(self) -> None:
        # By the object's id, which nothing else gets as long as the object is kept beside.
        self._made: dict[tuple[int, str], tuple[Any, Row]] = {}

    def settings(self, kind: Trial) -> Row:
        """Return the settings of a trial, but for its seed."""
        return self._part(kind, settings)

    def counted(self, record: TrialRecord) -> Row:
        """Return what was counted."""
        return self._part(record.cost, _counted)

    def versions(self, record: TrialRecord) -> Row:
        """Return the versions of packages, by column."""
        return self._part(record.versions, _versions)

    def _part(self, of: Any, make: Callable[[Any], Row]) -> Row:
        key = id(of), make.__name__
        if key not in self._made:
            self._made[key] = of, make(of)
        return self._made[key][1]


def settings(trial: Trial) -> Row:
    """Return what decides a trial's numbers, flat: options of a recipe are JSON text."""
    height, width, channels = trial.input_shape
    recipe = {
        key: json.dumps(value) if isinstance(value, Mapping) else value
        for key, value in asdict(trial.recipe).items()
        if key != "search"  # it has chosen the settings, and is none
    }
    data = trial.dataset
    return {
        "model": trial.model,
        "seed": trial.seed,
        "backend": trial.backend,
        "input_height_px": height,
        "input_width_px": width,
        "input_channels": channels,
        "dataset": data.name,
        "dataset_sha256": data.sha256,
        "classes": len(data.class_names),
        "train_images": data.train,
        "test_images": data.test,
        "recipe": recipe.pop("name"),
        **recipe,
    }


def results(record: TrialRecord) -> dict[str, float | None]:
    """Return the figures of a trial that ended, flat; those of epochs are of the last one."""
    return {**_counted(record.cost), **reached(record)}


def _counted(cost: Cost | None) -> Row:
    return {name: None if cost is None else getattr(cost, name) for name in COUNTED}


def reached(record: TrialRecord) -> Row:
    """Return the figures of a trial that ended, but for those that were counted."""
    last = record.history[-1] if record.history else None
    return {
        "test_accuracy": record.test_accuracy,
        "balanced_accuracy": score(record, BALANCED),
        "test_loss": record.test_loss,
        "final_train_accuracy": record.final_train_accuracy,
        "final_train_loss": record.final_train_loss,
        **{f"last_{key}": None if last is None else getattr(last, key) for key in LAST},
        "seconds": record.seconds,
        "first_step_seconds": record.first_step_seconds,
        "process_bytes": record.process_bytes,
        "device_bytes": record.device_bytes,
        "micro_batches": record.parts,
        "test_reads": record.test_reads,
        "jobs": record.jobs,
        "ece": ece_of(record),
    }


def _versions(versions: Mapping[str, str]) -> Row:
    return {f"version_{name}": number for name, number in versions.items()}


def _row(progress: TrialState, parts: Parts) -> Row:
    record = progress.record
    row: Row = {
        "trial": progress.name,
        "state": str(progress.state),
        "epochs_done": progress.epochs,
        **parts.settings(progress.kind),
        "seed": progress.seed,
    }
    if not isinstance(record, TrialRecord):
        return row
    return {
        **row,
        **parts.counted(record),
        **reached(record),
        "device": record.device.name,
        "device_kind": record.device.kind,
        "threads": record.device.threads,
        "error": record.error,
        "head": record.head,
        "command": record.command,
        "commit": record.commit,
        **parts.versions(record),
    }


def as_csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Return rows as CSV, in UTF-8; None is empty. columns: the header where there are none."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(rows[0] if rows else columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue().encode()


def as_parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Return rows as a Parquet file; columns: its own, where there are none.

    Raises MissingPackage without pyarrow.
    """
    install = 'pip install "netzoo[parquet]"'
    pyarrow = require("pyarrow", "the format parquet", install)
    parquet = require("pyarrow.parquet", "the format parquet", install)
    held = io.BytesIO()
    table = pyarrow.Table.from_pylist(list(rows))
    if not rows:
        table = pyarrow.table({name: pyarrow.nulls(0) for name in columns})
    parquet.write_table(table, held)
    return held.getvalue()
