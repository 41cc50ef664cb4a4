"""What trainings would take, told before any of them: trials, time, bytes."""

from dataclasses import dataclass, replace
from typing import Any

from netzoo import units
from netzoo.provenance import TrainingProvenance
from netzoo.records.trial import TrialStatus
from netzoo.results.backends import row_name
from netzoo.results.result import Result
from netzoo.tables.notes import origin_lines
from netzoo.tables.table import EMPTY, Cell, Column, Table

TRAINING, PROBE, SEARCH = "training", "probe", "search"
SECONDS_AN_HOUR = 3600.0

_COLUMNS = (
    Column("Model", "model", numeric=False),
    Column("Work", "work", numeric=False),
    Column("Trials", "trials"),
    Column("Done\nbefore", "done"),
    Column("Epochs", "epochs"),
    Column("Time of\na trial", "trial_seconds"),
    Column("Time", "seconds"),
    Column("Device-\nhours", "device_hours"),
    Column("Records", "record_bytes"),
    Column("Saved\nnetworks", "network_bytes"),
    Column("Checkpoint", "checkpoint_bytes"),
    Column("Memory", "memory_bytes"),
)


@dataclass(frozen=True)
class ModelEstimate:
    """What the trials of one model would take.

    work: "training", "probe" or "search". trials: the number to go; done: of those that were
    finished before.
    epochs: of a whole trial, None of a probe. trial_seconds: of a whole trial, from the start of
    its process. seconds: of all trials to go, one after another, without their finished epochs.
    record_bytes: of the records of the trials to go; network_bytes: of their saved networks, 0 if
    none is to be saved. checkpoint_bytes: of one file, while a trial runs. memory_bytes: of
    weights, optimizer, gradients, and activations of a batch. None: not known.
    status, error: FAILED with the reason for a model that cannot be trained, else OK.
    """

    model: str
    work: str
    trials: int
    done: int
    epochs: int | None
    trial_seconds: float | None
    seconds: float | None
    record_bytes: int
    network_bytes: int
    checkpoint_bytes: int | None
    memory_bytes: int | None
    status: TrialStatus = TrialStatus.OK
    error: str | None = None

    @property
    def device_hours(self) -> float | None:
        """Return the hours for which the trials to go occupy their device."""
        return None if self.seconds is None else self.seconds / SECONDS_AN_HOUR


@dataclass(frozen=True)
class TrainingEstimate(TrainingProvenance, Result):
    """What a comparison or a study would take, as --dry-run --format json prints it.

    folder_bytes: of what the folder has once: plan, pictures, result and table. working_bytes: of
    what it has while a command works on it: decoded images, compiled code. report_bytes: of a
    report's page and figures, about. jobs: the most trials that run at once; elapsed_seconds: of
    all of them then, None for one after another.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> estimate = netzoo.estimate(netzoo.compare, ["lenet", "lenet-relu"], **few)
    >>> [(row.model, row.trials, row.epochs) for row in estimate.models]
    [('lenet', 1, 1), ('lenet-relu', 1, 1)]
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    models: tuple[ModelEstimate, ...]
    folder_bytes: int
    working_bytes: int
    report_bytes: int
    jobs: int = 1
    elapsed_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Return the seconds of all trials to go, one after another."""
        return sum(row.seconds or 0.0 for row in self.models)

    @property
    def device_hours(self) -> float:
        """Return the hours for which all trials to go occupy their device."""
        return self.seconds / SECONDS_AN_HOUR

    @property
    def disk_bytes(self) -> int:
        """Return the bytes that are on the disk at the end, without a report."""
        return self.folder_bytes + sum(row.record_bytes + row.network_bytes for row in self.models)

    @property
    def peak_disk_bytes(self) -> int:
        """Return the most bytes that are on the disk at once.

        A checkpoint is written beside the one before, which it then replaces.
        """
        each = [_at_once(row) for row in self.models for _ in range(min(row.trials, self.jobs))]
        return self.disk_bytes + self.working_bytes + sum(sorted(each)[-self.jobs :])

    def content(self) -> dict[str, Any]:
        """Return the estimate as it is written: its fields and its sums."""
        hours = [row.device_hours for row in self.models]
        written = super().content()
        for row, each in zip(written["models"], hours, strict=True):
            row["device_hours"] = each
        sums = ("seconds", "device_hours", "disk_bytes", "peak_disk_bytes")
        return {**written, **{name: getattr(self, name) for name in sums}}

    def on(self, backend: str) -> "TrainingEstimate":
        """Return the estimate with the backend in the names of its rows."""
        named = {row.model: row_name(row.model, backend) for row in self.models}
        by_model = {named.get(name, name): its for name, its in self.recipe["by_model"].items()}
        return replace(
            self,
            recipe={**self.recipe, "by_model": by_model},
            models=tuple(replace(row, model=named[row.model]) for row in self.models),
        )

    def beside(self, other: "TrainingEstimate") -> "TrainingEstimate":
        """Return the estimate of this work, and then another with the same data and seeds."""
        others = {
            name if name not in self.recipe["by_model"] else f"{name} ({other.models[0].work})": its
            for name, its in other.recipe["by_model"].items()
        }
        return replace(
            self,
            recipe={**self.recipe, "by_model": {**self.recipe["by_model"], **others}},
            models=(*self.models, *other.models),
            folder_bytes=self.folder_bytes + other.folder_bytes,
            working_bytes=max(self.working_bytes, other.working_bytes),
            jobs=max(self.jobs, other.jobs),
            elapsed_seconds=None
            if self.elapsed_seconds is None and other.elapsed_seconds is None
            else sum(each.elapsed_seconds or each.seconds for each in (self, other)),
        )

    def _table(self, *, every: bool) -> Table:
        hidden = set()
        if not every and len({row.work for row in self.models}) == 1:
            hidden |= {"work"}
        if not every and not any(row.network_bytes for row in self.models):
            hidden |= {"network_bytes"}
        columns = [column for column in _COLUMNS if column.key not in hidden]
        cells = [_cells(row) for row in self.models]
        rows = [[row[column.key] for column in columns] for row in cells]
        return Table(columns, rows, self._footer(), names=1 + ("work" not in hidden))

    def _footer(self) -> list[str]:
        trials = sum(row.trials for row in self.models if row.error is None)
        return [
            *(f"{row.model} {row.status}: {row.error}" for row in self.models if row.error),
            *(self._totals(trials) if trials else ["Nothing to train: every trial is done."]),
            "Times: from a few timed steps of each model, with the start of each process. "
            "Checkpoint: weights and optimizer of the running trial, removed at its end; twice "
            "where a new one is written beside it. Memory: weights, optimizer, gradients, and "
            "activations of a batch, without what the backend itself takes.",
            *origin_lines(self, means=False),
            "Dry run: nothing is trained, and nothing is written.",
        ]

    def _totals(self, trials: int) -> list[str]:
        """Return the lines on the time and the bytes of the trials to go."""
        beside = ""
        if self.elapsed_seconds is not None:
            beside = f", up to {self.jobs} at once {units.seconds(self.elapsed_seconds)}"
        return [
            f"In total: {units.exact(trials)} trial{'' if trials == 1 else 's'} to go, one after "
            f"another about {units.seconds(self.seconds)}{beside}: "
            f"{units.three_digits(self.device_hours)} device-hours on {self.device.name}.",
            f"On disk: about {units.quantity(self.disk_bytes, 'B')} at the end: "
            f"{', '.join(self._parts())}; at most {units.quantity(self.peak_disk_bytes, 'B')} at "
            f"once. A report takes about {units.quantity(self.report_bytes, 'B')} more.",
        ]

    def _parts(self) -> list[str]:
        """Return what the bytes at the end are of, in words."""
        records, networks = (
            sum(getattr(row, key) for row in self.models)
            for key in ("record_bytes", "network_bytes")
        )
        of = {
            "records": records,
            "saved networks": networks,
            "plan, pictures and tables": self.folder_bytes,
        }
        return [f"{what} {units.quantity(count, 'B')}" for what, count in of.items() if count]


def _at_once(row: ModelEstimate) -> int:
    """Return the most bytes of checkpoints of a model's trial at once."""
    several = row.epochs is not None and row.epochs > 1
    return (row.checkpoint_bytes or 0) * (2 if several else 1)


def _cells(row: ModelEstimate) -> dict[str, Cell]:
    hours = row.device_hours
    return {
        "model": Cell(row.model, row.model),
        "work": Cell(row.work, row.work),
        "trials": Cell(row.trials, units.exact(row.trials)),
        "done": Cell(row.done, units.exact(row.done)),
        "epochs": EMPTY if row.epochs is None else Cell(row.epochs, units.exact(row.epochs)),
        "trial_seconds": _duration(row.trial_seconds),
        "seconds": _duration(row.seconds),
        "device_hours": EMPTY
        if hours is None
        else Cell(round(hours, 6), units.three_digits(hours)),
        "record_bytes": _bytes(row.record_bytes),
        "network_bytes": _bytes(row.network_bytes),
        "checkpoint_bytes": _bytes(row.checkpoint_bytes),
        "memory_bytes": _bytes(row.memory_bytes),
    }


def _duration(seconds: float | None) -> Cell:
    return EMPTY if seconds is None else Cell(round(seconds, 2), units.seconds(seconds))


def _bytes(count: int | None) -> Cell:
    return EMPTY if count is None else Cell(count, units.quantity(count, "B"))
