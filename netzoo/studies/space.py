"""The space of a search: which settings of a recipe it draws, and from which values.

learning_rate = "1e-4..1e-1:log"      a range, drawn evenly over its logarithm
label_smoothing = "0..0.2"            a range, drawn evenly
augment = "none,flip,flip+crop"       values, in a file also as a list
optimizer_options.momentum = "0.8..0.99"
"""

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from netzoo import recipe_files
from netzoo.errors import BadInput, no_such
from netzoo.recipe_options import CROSS_ENTROPY, check_loss, check_number, is_table
from netzoo.recipes import SHARED, Recipe, check_overrides

Setting = Mapping[str, Any]  # the value of each searched setting, by its name
Given = Mapping[str, Any] | Sequence[str] | str

SMOOTHED = "CategoricalCrossentropy"
TABLES = ("optimizer_options", "schedule_options", "loss_options")
SHORT = {
    "weight_decay": "optimizer_options.weight_decay",
    "label_smoothing": "loss_options.label_smoothing",
}
_FOR_ALL = "it is the same for all models of a search; give it to all as `{name}`"
_OF_MODEL = "it makes another model; name that one, as in lenet@{name}=…"
REFUSED = {
    "epochs": "the rungs count it, and it is the same for all models; give it to all as `epochs`",
    **dict.fromkeys(SHARED, _FOR_ALL),
    **dict.fromkeys(("image_size", "weights", "freeze"), _OF_MODEL),
    "precision": "the device settles it; give it to all as `precision`",
}
_NOT_SETTINGS = ("name", "tuned", "search", "test_each_epoch", *TABLES, *REFUSED)
KNOWN = (*(f.name for f in fields(Recipe) if f.name not in _NOT_SETTINGS), *SHORT)
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(:\s*log)?\s*")
DIGITS = 4  # of a drawn number, so that a recipe can be read


@dataclass(frozen=True)
class Dimension:
    """One searched setting: a range, from low to high, or values.

    text: as it was written. kind: of a range, int or float. log: whether it is drawn evenly over
    its logarithm.
    """

    name: str
    text: str
    values: tuple[Any, ...] = ()
    kind: type = float
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    def distribution(self, optuna: Any) -> Any:
        """Return Optuna's distribution of it."""
        of = optuna.distributions
        if self.values:
            return of.CategoricalDistribution(self.values)
        if self.kind is int:
            return of.IntDistribution(int(self.low), int(self.high), log=self.log)
        return of.FloatDistribution(self.low, self.high, log=self.log)

    def rounded(self, value: Any) -> Any:
        """Return a drawn value; a float to DIGITS digits, within the range."""
        if self.values or self.kind is int:
            return value
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


def default_space(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Return the space of a search that names none; recipes: of its models.

    Learning rates of SGD are ten times those of the others.
    """
    lowest = "1e-3" if all(each.optimizer == "sgd" for each in recipes) else "1e-4"
    highest = "1" if any(each.optimizer == "sgd" for each in recipes) else "1e-1"
    space = {
        "learning_rate": f"{lowest}..{highest}:log",
        "weight_decay": "1e-5..1e-1:log",
        "label_smoothing": "0..0.2",
        "augment": "none,flip,crop,flip+crop",
        "batch_size": "32,64,128",
    }
    if any(each.loss not in (CROSS_ENTROPY, SMOOTHED) for each in recipes):
        del space["label_smoothing"]
    return space


def parse(given: Given) -> tuple[Dimension, ...]:
    """Return the dimensions of a space, in order.

    given: values by the name of a setting; or texts, each "NAME=VALUES" or the path of a TOML file,
    of which later ones replace earlier ones of the same name.
    Raises UnknownName for a setting or value that is not known, BadInput for what is none.
    """
    if isinstance(given, str):
        given = [given]
    written: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    for text in () if isinstance(given, Mapping) else given:
        name, equals, values = text.partition("=")
        if recipe_files.is_file(text) and not equals:
            written |= _of_file(text)
        elif equals and name.strip() and values.strip():
            written[name.strip()] = values.strip()
        else:
            raise _unreadable(text)
    if not written:
        raise BadInput("a space has one setting or more; it names none.")
    return tuple(_dimension(name, values) for name, values in written.items())


def _of_file(path: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"the space {path!r} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not TOML: {error}.") from error
    flat: dict[str, Any] = {}
    for name, value in table.items():
        inner = value.items() if isinstance(value, dict) else ()
        flat |= {f"{name}.{key}": each for key, each in inner} or {name: value}
    return flat


def _unreadable(text: Any) -> BadInput:
    return BadInput(
        "a searched setting is written NAME=LOW..HIGH, NAME=LOW..HIGH:log, NAME=VALUE,VALUE or "
        f"FILE.toml; received {text!r}."
    )


def _dimension(name: str, given: Any) -> Dimension:
    """Return the dimension of a name. Raises UnknownName or BadInput."""
    table, _, option = name.rpartition(".")
    if not (table in TABLES and option.isidentifier()) and name not in KNOWN:
        if name in REFUSED:
            reason = REFUSED[name].format(name=name)
            raise BadInput(f"{name} is not searched: {reason}. Received {given!r}.")
        raise no_such("setting", name, KNOWN, where="a space")
    values = [given] if isinstance(given, (int, float)) else given
    if isinstance(values, str):
        found = _RANGE.fullmatch(values)
        if found is not None:
            return _of_range(name, values, found)
        if ".." in values:
            raise _unreadable(f"{name}={values}")
        values = [_value(each) for each in values.split(",")]
    if not isinstance(values, (list, tuple)) or not is_table({name: values}, lists=True):
        raise _unreadable(f"{name}={given}")
    if not values or len(set(values)) < len(values) or "" in values:
        raise BadInput(f"the values of {name} are one or more, each once; received {given!r}.")
    for value in values:
        _check(name, value)
    return Dimension(name, given if isinstance(given, str) else _text(values), tuple(values))


def _of_range(name: str, text: str, found: "re.Match[str]") -> Dimension:
    whole = _kind(name) is int and "." not in found[1] + found[2]
    low, high = (int(found[n]) if whole and found[n].isdigit() else float(found[n]) for n in (1, 2))
    log = found[3] is not None
    if _kind(name) not in (int, float):
        raise BadInput(f"{name} has names, not numbers; received {text!r}, give NAME,NAME.")
    if low >= high:
        raise BadInput(f"a range goes up; received {name}={text!r}, try {found[2]}..{found[1]}.")
    if log and low <= 0:
        raise BadInput(f"a range over logarithms begins above 0; received {name}={text!r}.")
    for end in (low, high):
        _check(name, end)
    return Dimension(name, text.strip(), (), _kind(name), low, high, log)


def _kind(name: str) -> Any:
    """Return int or float for a number, None for a name; options of Keras are numbers or names."""
    known = {field.name: field.metadata.get("kind") for field in fields(Recipe)}
    return known.get(name, float if name not in known else None)


def _check(name: str, value: Any) -> None:
    """Raise UnknownName or BadInput for a value that a recipe does not take."""
    if name == "label_smoothing":
        check_loss(SMOOTHED, {name: value})
    elif name == "weight_decay":
        check_number(name, value, float, 0, 1e6)
    elif "." not in name:
        check_overrides({name: value})


def _value(word: str) -> Any:
    """Return what a word stands for: a number, true or false, else itself."""
    word = word.strip()
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    try:
        value = ast.literal_eval(word)
    except (ValueError, SyntaxError):
        return word
    return value if isinstance(value, (int, float)) else word


def _text(values: Sequence[Any]) -> str:
    return ",".join(map(str, values))


def applied(recipe: Recipe, setting: Setting) -> Recipe:
    """Return a recipe with a drawn setting. Raises UnknownName or BadInput.

    Label smoothing takes the cross-entropy of one-hot labels, which without it is the usual one.
    """
    changes: dict[str, Any] = {}
    for name, value in setting.items():
        table, _, option = SHORT.get(name, name).rpartition(".")
        if table:
            held = changes.setdefault(table, dict(getattr(recipe, table) or {}))
            held[option] = value
        else:
            changes[name] = value
    if "label_smoothing" in setting and recipe.loss == CROSS_ENTROPY:
        changes.setdefault("loss", SMOOTHED)
    return recipe.changed(changes)


def words(setting: Setting) -> str:
    """Return a setting in words: "learning_rate 0.0123, augment flip"."""
    return ", ".join(f"{name} {value}" for name, value in setting.items())
