"""How far the comparisons of a folder are, and what a repeated trial gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netzoo import units
from netzoo.records.trial import FINAL, Trial, TrialRecord, TrialStatus
from netzoo.tables.table import EMPTY, Cell, Column, Table


@dataclass(frozen=True)
class TrialState:
    """The progress of a trial; epochs: how many are done."""

    name: str
    trial: Trial
    state: TrialStatus
    epochs: int
    record: TrialRecord | None

    @property
    def ended(self) -> bool:
        """Return whether it has run to an end, well or not."""
        return self.state in (*FINAL, TrialStatus.FAILED, TrialStatus.PROBED)


@dataclass(frozen=True)
class RunState:
    """How far a comparison is.

    state: "running", "finished", "unfinished", or "damaged" where its plan cannot be read.
    notes: a line for each file that is damaged.
    """

    name: str
    state: str
    trials: tuple[TrialState, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A number of a trial as it was recorded and as it came again; None where there is none."""

    name: str
    recorded: float | None
    repeated: float | None


@dataclass(frozen=True)
class Repetition:
    """What a trial gave again.

    changed: versions, device and number of threads that are not those of the record.
    """

    trial: str
    figures: tuple[Figure, ...]
    changed: tuple[str, ...]
    error: str | None

    @property
    def same(self) -> bool:
        """Return whether every number is the same, to the last bit."""
        return self.error is None and all(f.recorded == f.repeated for f in self.figures)


def runs_table(states: Sequence[RunState]) -> Table:
    """Return comparisons, a row each."""
    columns = (
        Column("Comparison", "name", numeric=False),
        Column("State", "state", numeric=False),
        Column("Trials\ndone", "trials"),
        Column("Epochs\ndone", "epochs"),
        Column("Models", "models", numeric=False),
        Column("Data", "dataset", numeric=False),
    )
    rows = []
    for state in states:
        trials = state.trials
        done = sum(each.ended for each in trials)
        epochs = sum(each.trial.recipe.epochs for each in trials)
        models = ", ".join(dict.fromkeys(each.trial.model for each in trials))
        data = trials[0].trial.dataset.name if trials else ""
        passed = sum(each.epochs for each in trials)
        rows.append(
            [
                Cell(state.name, state.name),
                Cell(state.state, state.state),
                Cell(done, f"{done} of {len(trials)}"),
                Cell(passed, f"{passed} of {epochs}"),
                Cell(models, models),
                Cell(data, data),
            ]
        )
    return Table(columns, rows, [note for state in states for note in state.notes])


def trials_table(state: RunState) -> Table:
    """Return the trials of one comparison, a row each."""
    columns = (
        Column("Trial", "name", numeric=False),
        Column("State", "state", numeric=False),
        Column("Epochs", "epochs"),
        Column("Test\naccuracy", "test_accuracy"),
        Column("Time", "seconds"),
        Column("Reason", "error", numeric=False),
    )
    rows = []
    for each in state.trials:
        accuracy = None if each.record is None else each.record.test_accuracy
        seconds = None if each.record is None else each.record.seconds
        error = (each.record.error if each.record is not None else None) or ""
        rows.append(
            [
                Cell(each.name, each.name),
                Cell(each.state, each.state),
                Cell(each.epochs, f"{each.epochs} of {each.trial.recipe.epochs}"),
                EMPTY if accuracy is None else Cell(accuracy, units.percent(accuracy)),
                EMPTY if seconds is None else Cell(seconds, units.seconds(seconds)),
                Cell(error, error),
            ]
        )
    return Table(columns, rows, [f"The comparison is {state.state}.", *state.notes])


def runs_json(states: Sequence[RunState]) -> list[dict[str, Any]]:
    """Return comparisons as plain values."""
    return [
        {
            "name": state.name,
            "state": state.state,
            "notes": list(state.notes),
            "trials": [
                {
                    "name": each.name,
                    "model": each.trial.model,
                    "seed": each.trial.seed,
                    "state": each.state,
                    "epochs": each.epochs,
                    "epochs_planned": each.trial.recipe.epochs,
                    "test_accuracy": None if each.record is None else each.record.test_accuracy,
                }
                for each in state.trials
            ],
        }
        for state in states
    ]


def repetition_table(repetition: Repetition) -> Table:
    """Return a trial's numbers as recorded and as repeated."""
    columns = (
        Column("Figure", "name", numeric=False),
        Column("Recorded", "recorded"),
        Column("Repeated", "repeated"),
        Column("", "same", numeric=False),
    )
    rows = []
    for figure in repetition.figures:
        same = figure.recorded == figure.repeated
        numbers = (figure.recorded, figure.repeated)
        rows.append(
            [
                Cell(figure.name, figure.name),
                *(EMPTY if number is None else Cell(number, repr(number)) for number in numbers),
                Cell(same, "same" if same else "differs"),
            ]
        )
    differing = sum(figure.recorded != figure.repeated for figure in repetition.figures)
    told = f"{repetition.trial}: all {len(rows)} numbers are the same, to the last bit."
    if differing:
        told = f"{repetition.trial}: {differing} of {len(rows)} numbers differ."
    if repetition.error is not None:
        told += f" It failed: {repetition.error}"
    changed = "; ".join(repetition.changed)
    return Table(columns, rows, [told, *([f"Not as recorded: {changed}."] if changed else [])])
