"""The result of a search: the settings that each model is best with, at the same effort."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netzoo import units
from netzoo.provenance import TrainingProvenance
from netzoo.records.trial import TrialStatus
from netzoo.results.effort import Steps, leaders, value_at
from netzoo.results.result import Result
from netzoo.tables.notes import data_line, doubt_lines_of, versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

_COLUMNS = (
    Column("Model", "model", numeric=False),
    Column("Validation\naccuracy", "validation_accuracy"),
    Column("Setting", "number"),
    Column("Chosen", "settings", numeric=False),
    Column("Settings\ntried", "tried"),
    Column("To the\nlast epoch", "finished"),
    Column("Epochs\ntrained", "epochs"),
    Column("Time", "seconds"),
)


@dataclass(frozen=True)
class TriedSetting:
    """One setting of a model.

    number: from 1, in the order of the draws. settings: the value of each searched setting.
    epochs: trained. validation_accuracy: after the last of these, a share of one; None of one that
    failed or diverged, or is not decided. status: "paused", "diverged", "failed" or "unfinished".
    """

    number: int
    settings: dict[str, Any]
    epochs: int
    validation_accuracy: float | None
    status: TrialStatus
    error: str | None = None


@dataclass(frozen=True)
class TunedModel:
    """What a search found for a model.

    number, settings, validation_accuracy: of the chosen setting, after the last epoch; None if
    there is none. tried, finished, epochs: as in a netzoo.recipe_search.Search. seconds: of
    training, without the starts of processes. test_reads: evaluations on the test images, 0.
    expected: the expected best validation accuracy of 1, 2, … settings; with the sampler tpe, whose
    draws depend on each other, the best of the first 1, 2, …. Each setting counts with what it
    reached in its last epoch, one that failed or diverged as a guess of the most common class.
    best: pairs of the epochs that were trained and the best validation accuracy so far.
    """

    model: str
    status: TrialStatus
    number: int | None
    settings: dict[str, Any]
    validation_accuracy: float | None
    tried: int
    finished: int
    epochs: int
    seconds: float
    test_reads: int
    expected: tuple[float, ...]
    best: tuple[tuple[int, float], ...]
    trials: tuple[TriedSetting, ...]
    error: str | None = None


@dataclass(frozen=True)
class Tuning(TrainingProvenance, Result):
    """The result of a search, as `netzoo tune --format json` prints it.

    recipe: by model, that of the chosen setting; of the first before the end.
    budget: the settings drawn for each model. space: their values, by name. rungs: pairs of epochs
    and the number of settings that train until them. validation: the number of validation images.
    toml: the recipe with the chosen settings of each model, as a file that netzoo.compare takes;
    "" before the end. file: where it is.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    budget: int
    sampler: str
    seed: int
    space: dict[str, str]
    rungs: tuple[tuple[int, int], ...]
    validation: int
    models: tuple[TunedModel, ...]
    toml: str = ""
    file: str | None = None

    def crossing_lines(self) -> list[str]:
        """Return which model is ahead at which budget, in settings and in epochs, as lines."""
        whole = {row.model: row for row in self.models if row.expected and row.best}
        if len(whole) < 2:
            return []
        by_settings = leaders({name: row.expected for name, row in whole.items()})
        kind = "best" if self.sampler == "tpe" else "expected best"
        lines = [_led(f"By settings tried, the {kind}", by_settings, "setting", lambda n: n + 1)]
        steps: Mapping[str, Steps] = {name: row.best for name, row in whole.items()}
        places = sorted({needed for each in steps.values() for needed, _ in each})
        common = max(each[0][0] for each in steps.values())  # all have an accuracy
        places = [place for place in places if place >= common]
        at = {name: [value_at(each, place) for place in places] for name, each in steps.items()}
        by_epochs = leaders(at)
        lines.append(_led("By epochs trained, the best", by_epochs, "epoch", lambda n: places[n]))
        return lines

    def _table(self, *, every: bool) -> Table:
        rows = [[_cells(row)[column.key] for column in _COLUMNS] for row in self.models]
        return Table(_COLUMNS, rows, self._footer(), wraps=True)

    def _footer(self) -> list[str]:
        data, models = self.dataset, self.models
        steps = [f"{count} to epoch {epochs}" for epochs, count in self.rungs]
        ways = "at random, the same for all models" if self.sampler == "random" else "by TPE"
        space = "; ".join(f"{name} {values}" for name, values in self.space.items())
        done = f"The chosen recipes are in {self.file}." if self.file else ""
        return [
            *(f"{row.model} {row.status}: {row.error}" for row in models if row.error),
            f"Search: {self.budget} settings for each model, drawn {ways}, seed {self.seed}: "
            f"{', '.join(steps)}. Space: {space}.",
            f"Validation accuracy: of the chosen setting after its last epoch, on "
            f"{units.exact(self.validation)} held-out training images. It is the best of several, "
            f"so it is too high; the test images are for netzoo compare, and were read "
            f"{max(row.test_reads for row in models)} times.",
            *self.crossing_lines(),
            data_line(data),
            *doubt_lines_of(data),
            f"Device: {self.device.text}. Backend: {self.backend}. {versions_text(self.versions)}.",
            *([f"Command: {self.command}"] if self.command else []),
            *([done] if done else []),
        ]


def _cells(row: TunedModel) -> dict[str, Cell]:
    accuracy, chosen = row.validation_accuracy, row.settings
    named = ", ".join(f"{name} {value}" for name, value in chosen.items())
    return {
        "model": Cell(row.model, row.model),
        "validation_accuracy": EMPTY
        if accuracy is None
        else Cell(round(accuracy, 6), units.percent(accuracy)),
        "number": EMPTY if row.number is None else Cell(row.number, units.exact(row.number)),
        "settings": Cell(named, named) if named else EMPTY,
        "tried": Cell(row.tried, units.exact(row.tried)),
        "finished": Cell(row.finished, units.exact(row.finished)),
        "epochs": Cell(row.epochs, units.exact(row.epochs)),
        "seconds": Cell(round(row.seconds, 2), units.seconds(row.seconds)),
    }


def _led(what: str, changes: list[tuple[int, str]], unit: str, count: Any) -> str:
    """Return who leads from where on, in words; count: of a place, in this unit."""
    first, *others = [(count(place), name) for place, name in changes]
    told = f"{what} validation accuracy: {first[1]} is ahead"
    if not others:
        return f"{told} at every budget."
    then = [f"{name} from {number} {unit}{'s' if number > 1 else ''} on" for number, name in others]
    return f"{told} at first, {', '.join(then)}."
