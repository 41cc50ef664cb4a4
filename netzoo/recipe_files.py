"""Recipes in TOML files: fields of a Recipe, and tables of those that differ for a family.

epochs = 10
batch_size = 64
learning_rate = 0.01
optimizer = "adamw"

[optimizer_options]
weight_decay = 0.0005

[family.lenet]
learning_rate = 0.1

[model."lenet-relu"]
learning_rate = 0.05

What netzoo tune writes has a table [model."MODEL"] for each model that it has searched, which that
model alone takes, and the search in [search] and [model."MODEL".search].
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models.catalog import MODELS
from netzoo.recipe_search import Search
from netzoo.recipes import RECIPES, Recipe, check_overrides

SUFFIX = ".toml"
FAMILY, MODEL, SEARCH = "family", "model", "search"
NOT_IN_FILE = ("tuned", SEARCH)  # nobody can tell the first of a file; the other has a table


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
    families = _named(path, table, FAMILY, "NAME")
    models = _named(path, table, MODEL, '"MODEL"')
    shared = table.pop(SEARCH, {})
    searches = {}
    for model, own in models.items():
        if SEARCH in own:
            searches[model] = Search.of({**shared, **own.pop(SEARCH)}, path)
        _check(path, own)
    if not set(families) <= _known_families():
        MODELS.load_all()  # the family may be that of an installed package
    known = _known_families()
    for family, own in families.items():
        if family not in known:
            raise no_such("family", family, known, where=path)
        _check(path, own)
    _check(path, table)

    found = FileRecipe(path, table, families, models, searches)
    for family in ("", *families):
        found(family)
    for model in models:
        found.of_model(model, found(""))
    RECIPES.put(path, found)


@dataclass(frozen=True)
class FileRecipe:
    """The recipe of a file: general fields, those of families, and those of single models."""

    path: str
    table: Mapping[str, Any]
    families: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    searches: Mapping[str, Search] = field(default_factory=dict)

    def __call__(self, family: str) -> Recipe:
        """Return the recipe of a family."""
        return _recipe(self.path, self.table, self.families.get(family, {}))

    def of_model(self, model: str, recipe: Recipe) -> Recipe:
        """Return the recipe of its family with a model's own fields, and their search."""
        try:
            recipe = recipe.changed(self.models.get(model, {}))
        except BadInput as error:
            raise BadInput(f"{self.path}: {error}") from error
        return replace(recipe, search=self.searches.get(model))


def of_model(name: str, model: str, recipe: Recipe) -> Recipe:
    """Return a model's recipe, which may have fields of its own; recipe: of its family.

    name: of the registered recipe. model: as it is named in a comparison.
    """
    found = RECIPES[name]
    return found.of_model(model, recipe) if isinstance(found, FileRecipe) else recipe


def _named(path: str, table: dict[str, Any], kind: str, name: str) -> dict[str, dict[str, Any]]:
    """Take the tables of families or models out of a file's table. Raises BadInput."""
    held = table.pop(kind, {})
    if not isinstance(held, dict) or not all(isinstance(own, dict) for own in held.values()):
        raise BadInput(f"{path}: a {kind}'s fields stand below [{kind}.{name}].")
    return held


def _known_families() -> set[str]:
    return {info.family for info in MODELS.values()}


def to_toml(name: str, overrides: Mapping[str, Any] | None = None) -> str:
    """Return a registered recipe as the text of a file; overrides: other values of its fields.

    Raises UnknownName.
    """
    of_family, others = RECIPES[name], overrides or {}
    general = of_family("").changed(others)
    lines = [f"# The recipe {name}; a model's family may have its own fields, below."]
    for each in _fields():
        value = getattr(general, each.name)
        about = each.metadata.get("about", "")
        allowed = " | ".join(each.metadata.get("allowed", ()))
        note = f"  # {about}{': ' if allowed else ''}{allowed}" if about else ""
        if "table" in each.metadata or (value is None and not about):
            continue
        lines.append(f"{_line(each.name, value)}{note}")
    for each in _fields():
        options = getattr(general, each.name)
        if "table" in each.metadata and options:
            lines += ["", f"[{each.name}]", *(_line(*pair) for pair in options.items())]
    for family in sorted(_known_families()):
        own = of_family(family).changed(others)
        lines += _table(f"{FAMILY}.{family}", own, general)
    return "\n".join(lines) + "\n"


def model_toml(model: str, recipe: Recipe, family: Recipe) -> str:
    """Return a model's own fields and its search as the tables of a file.

    family: the recipe of its family in that file. What the device has settled is left out.
    """
    settled: dict[str, Any] = {"precision": family.precision, "data_parallel": family.data_parallel}
    name = f"{MODEL}.{json.dumps(model, ensure_ascii=False)}"
    lines = _table(name, replace(recipe, **settled), family) or ["", f"[{name}]"]
    if recipe.search is not None:
        shared = _shared(recipe.search)
        own = {k: v for k, v in vars(recipe.search).items() if k not in shared}
        lines += ["", f"[{name}.{SEARCH}]", *(_line(*pair) for pair in own.items())]
    return "\n".join(lines) + "\n"


def search_toml(search: Search) -> str:
    """Return what the models of a search share as the table of a file."""
    lines = [_line(*pair) for pair in _shared(search).items()]
    return "\n".join(["", f"[{SEARCH}]", *lines]) + "\n"


def _shared(search: Search) -> dict[str, Any]:
    own = ("tried", "finished", "epochs", "validation_accuracy")
    return {name: value for name, value in vars(search).items() if name not in own}


def _table(name: str, own: Recipe, general: Recipe) -> list[str]:
    """Return the table of the fields in which a recipe differs; nothing if in none."""
    differing = [
        _line(each.name, getattr(own, each.name))
        for each in _fields()
        if getattr(own, each.name) != getattr(general, each.name)
    ]
    return ["", f"[{name}]", *differing] if differing else []


def _fields() -> list[Field[Any]]:
    return [each for each in fields(Recipe) if each.name not in ("name", *NOT_IN_FILE)]


def _check(path: str, table: Mapping[str, Any]) -> None:
    """Raise UnknownName or BadInput for a field, with the path of its file."""
    known = [each.name for each in _fields()]
    for key in table:
        if key not in known:
            raise no_such("setting", key, [*known, FAMILY, MODEL], where=path)
    try:
        check_overrides(table)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _recipe(path: str, table: Mapping[str, Any], own: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a file's fields and of those of a family."""
    for each in _fields():
        if each.default is MISSING and each.name not in table:
            raise BadInput(f"{path} has no {each.name}; netzoo recipe show quick has an example.")
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
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{name} = {{ {inner} }}"
    return f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # it is the same in JSON and TOML


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else _value(name)
