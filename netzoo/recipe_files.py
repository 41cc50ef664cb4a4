"""Recipes in TOML files: fields of a Recipe, and tables of those that differ for a family.

epochs = 10
batch_size = 64
learning_rate = 0.01
optimizer = "adamw"

[optimizer_options]
weight_decay = 0.0005

[family.lenet]
learning_rate = 0.1
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models.catalog import MODELS
from netzoo.recipes import RECIPES, Recipe, check_overrides

SUFFIX = ".toml"
FAMILY = "family"
NOT_IN_FILE = ("tuned",)  # nobody can tell it of a file


def is_file(recipe: str) -> bool:
    """Return whether the name of a recipe is the path of a file."""
    return recipe.lower().endswith(SUFFIX)


def sha256(path: str) -> str:
    """Return the SHA-256 of a recipe's file. Raises BadInput if it cannot be read."""
    return hashlib.sha256(_content(path)).hexdigest()


def register(path: str) -> None:
    """Read a recipe and register it under its path, anew if the file has changed.

    Raises UnknownName for a field or a family that is not known, BadInput for a value, a missing
    field, or what is not TOML.
    """
    content = _content(path)
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not TOML: {error}.") from error
    families = table.pop(FAMILY, {})
    if not isinstance(families, Mapping) or not all(
        isinstance(own, Mapping) for own in families.values()
    ):
        raise BadInput(f"{path}: a family's fields stand below [{FAMILY}.NAME].")
    if not set(families) <= _known_families():
        MODELS.load_all()  # the family may be that of an installed package
    known = _known_families()
    for family, own in families.items():
        if family not in known:
            raise no_such("family", family, known, where=path)
        _check(path, own)
    _check(path, table)

    def recipe(family: str) -> Recipe:
        return _recipe(path, table, families.get(family, {}))

    for family in ("", *families):
        recipe(family)
    RECIPES.put(path, recipe)


def _known_families() -> set[str]:
    return {info.family for info in MODELS.values()}


def to_toml(name: str) -> str:
    """Return a registered recipe as the text of a file. Raises UnknownName."""
    of_family = RECIPES[name]
    general = of_family("")
    lines = [f"# The recipe {name}; a model's family may have its own fields, below."]
    for field in _fields():
        value = getattr(general, field.name)
        about = field.metadata.get("about", "")
        allowed = " | ".join(field.metadata.get("allowed", ()))
        note = f"  # {about}{': ' if allowed else ''}{allowed}" if about else ""
        if "table" in field.metadata or (value is None and not about):
            continue
        lines.append(f"{_line(field.name, value)}{note}")
    for field in _fields():
        options = getattr(general, field.name)
        if "table" in field.metadata and options:
            lines += ["", f"[{field.name}]", *(_line(*pair) for pair in options.items())]
    for family in sorted(_known_families()):
        own = of_family(family)
        differing = [
            _line(field.name, getattr(own, field.name))
            for field in _fields()
            if getattr(own, field.name) != getattr(general, field.name)
        ]
        if differing:
            lines += ["", f"[{FAMILY}.{family}]", *differing]
    return "\n".join(lines) + "\n"


def _fields() -> list[Field[Any]]:
    return [field for field in fields(Recipe) if field.name not in ("name", *NOT_IN_FILE)]


def _check(path: str, table: Mapping[str, Any]) -> None:
    """Raise UnknownName or BadInput for a field, with the path of its file."""
    known = [field.name for field in _fields()]
    for key in table:
        if key not in known:
            raise no_such("setting", key, [*known, FAMILY], where=path)
    try:
        check_overrides(table)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _recipe(path: str, table: Mapping[str, Any], own: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a file's fields and of those of a family."""
    for field in _fields():
        if field.default is MISSING and field.name not in table:
            raise BadInput(f"{path} has no {field.name}; netzoo recipe show quick has an example.")
    general = Recipe(name=Path(path).stem, **table)
    try:
        general.check_options()
        return general.changed(own)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"the recipe {path!r} cannot be read: {error.strerror}.") from error


def _line(name: str, value: Any) -> str:
    """Return a field as TOML, commented out if it is not set."""
    if value is None:
        return f"# {name} ="
    if isinstance(value, Mapping):
        return f"{name} = {{ {', '.join(_line(*pair) for pair in value.items())} }}"
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"  # it is the same in JSON and TOML
