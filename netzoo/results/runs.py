"""The progress of the comparisons in a folder, and the repetition of a trial."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from netzoo import units
from netzoo.records.index import Row
from netzoo.records.trial import FINAL, Trial, TrialRecord, TrialStatus
from netzoo.tables.table import EMPTY, Cell, Column, Rows, Table

_ENDED = (*FINAL, TrialStatus.FAILED, TrialStatus.PROBED, TrialStatus.TUNED)


@dataclass(slots=True)  # not frozen, which takes three times as long to make
class TrialState:
    """The progress of a trial.

    kind: the trial, of whatever seed. epochs: the number of finished ones. record: None without
    one; in a list, of a packed record the row alone.
    """

    name: str
    kind: Trial
    seed: int
    state: TrialStatus
    epochs: int
    record: TrialRecord | Row | None

    @property
    def trial(self) -> Trial:
        """Return the trial."""
        return self.kind.with_seed(self.seed)

    @property
    def ended(self) -> bool:
        """Return whether the trial has ended, successfully or not."""
        return self.state in _ENDED

    @property
    def test_accuracy(self) -> float | None:
        """Return the test accuracy, None without a record."""
        return None if self.record is None else self.record.test_accuracy


@dataclass(frozen=True)
class RunState:
    """The progress of a comparison.

    state: "running", "finished", "unfinished", or "damaged" if its plan cannot be read.
    notes: a line for each damaged file. of: the number of trials from which these were chosen,
    None if all are here.
    """

    name: str
    state: str
    trials: tuple[TrialState, ...]
    notes: tuple[str, ...]
    of: int | None = None


@dataclass(frozen=True)
class Figure:
    """A figure of a trial, recorded and repeated; None for a missing one."""

    name: str
    recorded: float | None
    repeated: float | None


@dataclass(frozen=True)
class Repetition:
    """The repetition of a recorded trial.

    changed: versions, device and number of threads that differ from the record.
    """

    trial: str
    figures: tuple[Figure, ...]
    changed: tuple[str, ...]
    error: str | None

    @property
    def same(self) -> bool:
        """Return whether all figures are bit-identical."""
        return self.error is None and all(f.recorded == f.repeated for f in self.figures)


def runs_table(states: Sequence[RunState]) -> Table:
    """Return the table of comparisons."""
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
        done = sum(trial.ended for trial in trials)
        epochs = sum(trial.kind.recipe.epochs for trial in trials)
        models = ", ".join(dict.fromkeys(trial.kind.model for trial in trials))
        data = trials[0].kind.dataset.title if trials else ""
        epochs_done = sum(trial.epochs for trial in trials)
        rows.append(
            [
                Cell(state.name, state.name),
                Cell(state.state, state.state),
                Cell(done, f"{done} of {len(trials)}"),
                Cell(epochs_done, f"{epochs_done} of {epochs}"),
                Cell(models, models),
                Cell(data, data),
            ]
        )
    return Table(columns, rows, [note for state in states for note in state.notes])


def trials_table(*states: RunState) -> Table:
    """Return the table of the trials of one comparison, or of several, with their names."""
    many = len(states) > 1
    columns = (
        *([Column("Comparison", "comparison", numeric=False)] if many else []),
        Column("Trial", "name", numeric=False),
        Column("State", "state", numeric=False),
        Column("Epochs", "epochs"),
        Column("Test\naccuracy", "test_accuracy"),
        Column("Time", "seconds"),
        Column("Reason", "error", numeric=False),
    )
    rows = _TrialRows(states)
    footer = [] if many else [f"The comparison is {states[0].state}."]
    if any(state.of is not None for state in states):
        count = sum(state.of or 0 for state in states)
        footer.append(f"{len(rows):,} of {count:,} trials match.")
    notes = [note for state in states for note in state.notes]
    return Table(columns, rows, [*footer, *notes], names=1 + many)


class _TrialRows(Rows):
    """The rows of trials, made anew in each pass over them: a million cells take much memory."""

    def __init__(self, states: Sequence[RunState]) -> None:
        self._states = states
        self._trials = [trial for state in states for trial in state.trials]

    def __len__(self) -> int:
        return len(self._trials)

    def __getitem__(self, place: Any) -> Any:
        return tuple(self)[place]

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        reached = [trial.record for trial in self._trials]
        raw = [
            *self._names(),
            [str(trial.state) for trial in self._trials],
            [trial.epochs for trial in self._trials],
            [None if record is None else record.test_accuracy for record in reached],
            [None if record is None else record.seconds for record in reached],
            ["" if record is None else record.error or "" for record in reached],
        ]
        for row in zip(*raw, *self.texts(), strict=True):
            half = len(row) // 2
            yield tuple(map(Cell, row[:half], row[half:]))

    def texts(self) -> list[list[str]]:
        done = cache(lambda epochs, planned: f"{epochs} of {planned}")
        share = cache(units.percent)  # trials share most of these texts
        seconds = units.seconds
        reached = [trial.record for trial in self._trials]
        return [
            *self._names(),
            [str(trial.state) for trial in self._trials],
            [done(trial.epochs, trial.kind.recipe.epochs) for trial in self._trials],
            [_text(None if each is None else each.test_accuracy, share) for each in reached],
            [_text(None if each is None else each.seconds, seconds) for each in reached],
            ["" if record is None else record.error or "" for record in reached],
        ]

    def _names(self) -> list[list[str]]:
        """Return the names of the trials, and of their comparisons if there are several."""
        names = [trial.name for trial in self._trials]
        if len(self._states) == 1:
            return [names]
        return [[state.name for state in self._states for _ in state.trials], names]


def _text(value: float | None, text: Callable[[float], str]) -> str:
    return EMPTY.text if value is None else text(value)


def runs_json(states: Sequence[RunState]) -> list[dict[str, Any]]:
    """Return comparisons as plain dicts and lists."""
    return [
        {
            "name": state.name,
            "state": state.state,
            "notes": list(state.notes),
            "trials": [
                {
                    "name": progress.name,
                    "model": progress.kind.model,
                    "seed": progress.seed,
                    "state": progress.state,
                    "epochs": progress.epochs,
                    "epochs_planned": progress.kind.recipe.epochs,
                    "test_accuracy": progress.test_accuracy,
                }
                for progress in state.trials
            ],
        }
        for state in states
    ]


def repetition_table(repetition: Repetition) -> Table:
    """Return the table of a trial's figures, recorded and repeated."""
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
    line = f"{repetition.trial}: all {len(rows)} numbers are bit-identical."
    if differing:
        line = f"{repetition.trial}: {differing} of {len(rows)} numbers differ."
    if repetition.error is not None:
        line += f" It failed: {repetition.error}"
    changed = "; ".join(repetition.changed)
    return Table(columns, rows, [line, *([f"Changed since: {changed}."] if changed else [])])
