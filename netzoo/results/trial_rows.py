"""Trials as flat rows, one a trial, for pandas and other programs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from netzoo.errors import require
from netzoo.records.trial import Trial, TrialRecord
from netzoo.results.metric import BALANCED
from netzoo.results.runs import RunState, TrialState
from netzoo.results.scores import score

Row = dict[str, Any]


def trial_rows(states: Sequence[RunState]) -> list[Row]:
    """Return a row for each trial of comparisons, all with the same keys; missing values are None.

    Numbers have the unit of their key; accuracies are shares of one, params are counts, macs, flops
    and training_flops are of one image.
    """
    rows = [
        {"comparison": state.name, **_row(progress)}
        for state in states
        for progress in state.trials
    ]
    keys = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


def settings(trial: Trial) -> Row:
    """Return what decides a trial's numbers, flat: options of a recipe are JSON text."""
    height, width, channels = trial.input_shape
    recipe = {
        key: json.dumps(value) if isinstance(value, Mapping) else value
        for key, value in asdict(trial.recipe).items()
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
    cost, last = record.cost, record.history[-1] if record.history else None
    return {
        "params": None if cost is None else cost.params,
        "macs": None if cost is None else cost.macs,
        "flops": None if cost is None else cost.flops,
        "training_flops": None if cost is None else cost.training_flops,
        "test_accuracy": record.test_accuracy,
        "balanced_accuracy": score(record, BALANCED),
        "test_loss": record.test_loss,
        "final_train_accuracy": record.final_train_accuracy,
        "final_train_loss": record.final_train_loss,
        **{
            f"last_{key}": None if last is None else getattr(last, key)
            for key in (
                *("train_accuracy", "train_loss", "validation_accuracy", "validation_loss"),
                "images_per_second",
            )
        },
        "seconds": record.seconds,
        "micro_batches": record.parts,
        "test_reads": record.test_reads,
    }


def _row(progress: TrialState) -> Row:
    record = progress.record
    row: Row = {
        "trial": progress.name,
        "state": str(progress.state),
        "epochs_done": progress.epochs,
        **settings(progress.trial),
    }
    if record is None:
        return row
    return {
        **row,
        **results(record),
        "device": record.device.name,
        "device_kind": record.device.kind,
        "threads": record.device.threads,
        "error": record.error,
        "head": record.head,
        "command": record.command,
        "commit": record.commit,
        **{f"version_{name}": number for name, number in record.versions.items()},
    }


def as_csv(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV, in UTF-8; None is empty."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue().encode()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """Return rows as a Parquet file. Raises MissingPackage without pyarrow."""
    install = 'pip install "netzoo[parquet]"'
    pyarrow = require("pyarrow", "the format parquet", install)
    parquet = require("pyarrow.parquet", "the format parquet", install)
    held = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), held)
    return held.getvalue()
