"""Filters of trials by the columns of `netzoo runs --format csv`: test_accuracy>0.9."""

import fnmatch
import operator
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.recipes import Recipe
from netzoo.records.index import Row
from netzoo.records.trial import TrialRecord
from netzoo.results.runs import RunState, TrialState
from netzoo.results.trial_rows import COUNTED, LAST, Parts, reached

# The longer ones first, as a pattern has to try them.
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_EXPRESSION = re.compile(rf"\s*([\w.-]+?)\s*({'|'.join(_OPERATORS)})\s*([^=<>!\s].*?)\s*")
_VERSION = "version_"

Value = Callable[[str, TrialState], Any]  # of a column, from the comparison's name and the trial


@dataclass(frozen=True)
class Condition:
    """A condition on one column; text: as it was given."""

    text: str
    column: str
    sign: str
    value: str


@dataclass(frozen=True)
class Filters:
    """What trials have to be: of one of the models, and as every condition says.

    models: patterns of names, such as "alexnet*"; () for all.
    """

    models: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, models: Iterable[str], conditions: Iterable[str]) -> "Filters":
        """Return the filters in words. Raises BadInput for what is no condition."""
        return cls(tuple(models), tuple(map(_condition, conditions)))

    def __bool__(self) -> bool:
        return bool(self.models or self.conditions)

    @property
    def whole(self) -> bool:
        """Return whether they need records that have all that a comparison needs."""
        return any(condition.column in _OF_REST for condition in self.conditions)

    def applied(self, state: RunState) -> RunState:
        """Return a comparison with the trials that pass.

        Raises UnknownName for a column that it has not, BadInput for a value of another type.
        """
        parts = Parts()
        versions = dict.fromkeys(
            name for trial in state.trials[:1000] for name in _versions_of(trial)
        )
        tests = [_test(condition, parts, versions) for condition in self.conditions]
        models: dict[str, bool] = {}

        def passes(trial: TrialState) -> bool:
            model = trial.kind.model
            if model not in models:
                models[model] = not self.models or any(
                    fnmatch.fnmatchcase(model, pattern) for pattern in self.models
                )
            return models[model] and all(test(state.name, trial) for test in tests)

        return replace(state, trials=tuple(filter(passes, state.trials)), of=len(state.trials))


def _condition(text: str) -> Condition:
    found = _EXPRESSION.fullmatch(text)
    if found is None:
        raise BadInput(
            f"--where takes a column, one of > >= < <= == != and a value, such as "
            f"'test_accuracy>0.9'; received {text!r}."
        )
    column, sign, value = found.groups()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return Condition(text, column, sign, value)


def _test(
    condition: Condition, parts: Parts, versions: Sequence[str] | dict[str, None]
) -> Callable[[str, TrialState], bool]:
    """Return whether a trial fulfils a condition.

    A missing value fulfils no condition but that of being another one; the word none stands for it.
    """
    column, compare = condition.column, _OPERATORS[condition.sign]
    known = [*_KINDS, *(_VERSION + name for name in versions)]
    # Without a finished trial nothing tells which versions there are.
    if column not in known and not (column.startswith(_VERSION) and not versions):
        raise no_such("column", column, known)
    wanted = _typed(condition, _KINDS.get(column, str))
    value_of = _value(column, parts)
    if wanted is None:
        same = condition.sign == "=="
        return lambda name, trial: (value_of(name, trial) in (None, "none")) == same

    def test(name: str, trial: TrialState) -> bool:
        value = value_of(name, trial)
        return condition.sign == "!=" if value is None else compare(value, wanted)

    return test


def _typed(condition: Condition, kind: type) -> Any:
    """Return the value of a condition in the type of its column. Raises BadInput."""
    column, value, equal = condition.column, condition.value, condition.sign in ("==", "!=")
    if equal and value == "none":
        return None
    if kind is str:
        if not equal:
            raise _wrong(condition, f"{column} is text, which == and != compare")
        return value
    if kind is bool:
        if not equal or value.lower() not in ("true", "false"):
            raise _wrong(condition, f"{column} is true or false")
        return value.lower() == "true"
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if number != number:
        raise _wrong(condition, f"{column} is a number")
    return number


def _wrong(condition: Condition, why: str) -> BadInput:
    return BadInput(f"--where {condition.text!r}: {why}; received {condition.value!r}.")


def _value(column: str, parts: Parts) -> Value:
    """Return what gives a column of a trial, None where it is missing."""
    if column in _OF_TRIAL:
        return _OF_TRIAL[column]
    if column in _SETTINGS:
        return lambda _, trial: parts.settings(trial.kind)[column]
    if column in _OF_ROW:
        return lambda _, trial: getattr(trial.record, column, None)
    of: Callable[[TrialRecord], Any]
    if column in COUNTED:
        of = lambda record: parts.counted(record)[column]  # noqa: E731
    elif column in _OF_REST:
        of = lambda record: reached(record)[column]  # noqa: E731
    elif column.startswith(_VERSION):
        of = lambda record: record.versions.get(column.removeprefix(_VERSION))  # noqa: E731
    else:
        of = _OF_RECORD[column]

    def value(_: str, trial: TrialState) -> Any:
        record = trial.record
        if isinstance(record, Row):
            record = record.shared
        return None if record is None else of(record)

    return value


def _versions_of(trial: TrialState) -> Iterable[str]:
    record = trial.record
    if record is None:
        return ()
    return (record.shared if isinstance(record, Row) else record).versions


def _kind(hint: Any) -> type:
    """Return int, str, … of a type such as int | None."""
    kinds = set(typing.get_args(hint)) if isinstance(hint, types.UnionType) else {hint}
    if bool in kinds:
        return bool
    return float if kinds & {int, float} else str


_OF_TRIAL: dict[str, Value] = {
    "comparison": lambda name, _: name,
    "trial": lambda _, trial: trial.name,
    "state": lambda _, trial: str(trial.state),
    "epochs_done": lambda _, trial: trial.epochs,
    "seed": lambda _, trial: trial.seed,
}
_OF_ROW = ("test_accuracy", "seconds", "error")
_OF_REST = (
    *("balanced_accuracy", "test_loss", "final_train_accuracy", "final_train_loss"),
    *(f"last_{name}" for name in LAST),
    *("first_step_seconds", "process_bytes", "device_bytes", "ece"),
)
_OF_RECORD: dict[str, Callable[[TrialRecord], Any]] = {
    "micro_batches": lambda record: record.parts,
    "test_reads": lambda record: record.test_reads,
    "jobs": lambda record: record.jobs,
    "threads": lambda record: record.device.threads,
    "device": lambda record: record.device.name,
    "device_kind": lambda record: record.device.kind,
    "head": lambda record: record.head,
    "command": lambda record: record.command,
    "commit": lambda record: record.commit,
}
_RECIPE = {each.name: _kind(typing.get_type_hints(Recipe)[each.name]) for each in fields(Recipe)}
_SETTINGS: dict[str, type] = {
    **dict.fromkeys(("model", "backend", "dataset", "dataset_sha256", "recipe"), str),
    **dict.fromkeys(("input_height_px", "input_width_px", "input_channels"), float),
    **dict.fromkeys(("classes", "train_images", "test_images"), float),
    **{name: kind for name, kind in _RECIPE.items() if name != "name"},
}
# Each column and its type; those of versions depend on the records.
_KINDS: dict[str, type] = {
    **dict.fromkeys(("comparison", "trial", "state"), str),
    **dict.fromkeys(("epochs_done", "seed"), float),
    **_SETTINGS,
    **dict.fromkeys((*COUNTED, *_OF_ROW, *_OF_REST, *_OF_RECORD), float),
    **dict.fromkeys(("error", "device", "device_kind", "head", "command", "commit"), str),
}
COLUMNS = tuple(_KINDS)
