"""Model specs: the text that names a model, its changes and its own settings, and its parser.

MODEL[:CHANGE=VALUE,…][@SETTING=VALUE,…], where MODEL is a registered name, keras:NAME, the path of
a .keras or .h5 file, path/file.py:NAME or package.module:NAME.
"""

import ast
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput
from netzoo.models import saved

REGISTERED = "registered"  # a name of the catalogue, known or not
KERAS = "keras"  # a builder of keras.applications
CODE = "code"  # in a Python file or a module
SAVED = "saved"  # in a file that Keras wrote

APPLICATIONS = "keras:"

_SETTINGS = re.compile(r"@(?=[^\W\d]\w*=)")  # the "@" before name=value


@dataclass(frozen=True)
class ModelSpec:
    """A parsed model spec.

    origin: REGISTERED, KERAS, CODE or SAVED. name: the registered name, the name in
    keras.applications, the path of a saved model, or the name in the file or module at `place`.
    changes: arguments for its builder. settings: those of its own training. text: as given. model:
    the text without the settings.
    """

    origin: str
    name: str
    text: str
    model: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text


def parse(text: str, registered: Container[str]) -> ModelSpec:
    """Parse a spec.

    registered: the names of the catalogue, which tell "alexnet:dropout" from "module:builder".
    Raises BadInput for changes or settings that are not written name=value, each once.
    """
    model, settings = _split_settings(text)
    if saved.is_file(text) and (settings is None or Path(text).exists()):
        return ModelSpec(SAVED, text, text, text)  # a path may contain any character
    given = {} if settings is None else parse_values(text, settings, "setting")
    if saved.is_file(model):
        return ModelSpec(SAVED, model, text, model, settings=given)
    if model.startswith(APPLICATIONS):
        name, changes = _split_changes(text, model.removeprefix(APPLICATIONS))
        return ModelSpec(KERAS, name, text, model, changes, given)
    place, member = _split_code(model, registered)
    if place:
        name, changes = _split_changes(text, member)
        return ModelSpec(CODE, name, text, model, changes, given, place)
    name, changes = _split_changes(text, model)
    return ModelSpec(REGISTERED, name, text, model, changes, given)


def parse_values(spec: str, text: str, kind: str = "change") -> dict[str, Any]:
    """Parse "activation=sigmoid,dropout=0.2"; a value is a Python literal, else a word.

    spec: the whole text, for the error. kind: "change" or "setting". Raises BadInput.
    """
    values: dict[str, Any] = {}
    for part in text.split(","):
        key, equals, word = (piece.strip() for piece in part.partition("="))
        if not (equals and key.isidentifier() and word):
            raise BadInput(f"a {kind} is written name=value; received {part!r} in {spec!r}.")
        if key in values:
            raise BadInput(f"{kind} {key!r} is given twice in {spec!r}.")
        try:
            values[key] = ast.literal_eval(word)
        except (ValueError, SyntaxError):
            values[key] = word
    return values


def _split_settings(text: str) -> tuple[str, str | None]:
    """Return the text before and after the "@" of the settings; None without settings."""
    starts = [match.start() for match in _SETTINGS.finditer(text)]
    if starts and ".py" not in text[starts[-1] :]:  # or an "@" in a path
        return text[: starts[-1]], text[starts[-1] + 1 :]
    model, at, settings = text.rpartition("@")
    if at and "/" not in settings and ".py" not in settings:
        return model, settings
    return text, None


def _split_changes(spec: str, text: str) -> tuple[str, dict[str, Any]]:
    name, colon, changes = text.partition(":")
    return name, parse_values(spec, changes) if colon else {}


def _split_code(model: str, registered: Container[str]) -> tuple[str, str]:
    """Return the file or module, and the text after its colon; "" twice for no code."""
    if ".py:" in model:
        place, _, rest = model.rpartition(".py:")
        return f"{place}.py", rest
    if model.endswith(".py"):
        return model, ""
    place, colon, rest = model.partition(":")
    is_module = colon and place not in registered and rest.partition(":")[0].isidentifier()
    return (place, rest) if is_module else ("", "")
