"""Models in the user's code: a function that returns a model, a class of models, or a model."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from netzoo.errors import BadInput, no_such, telling_line
from netzoo.models import names
from netzoo.models.catalog import list_models
from netzoo.models.spec import ModelSpec

WANTED = "a function that returns a keras.Model, a class of models, or a model"

_loaded: dict[tuple[Path, bytes], ModuleType] = {}  # by path and content
_names: dict[str, dict[str, int]] = {}  # by module: counters of layers' names after its import


def check_place(spec: ModelSpec) -> None:
    """Raise BadInput if the file or module of a spec does not exist, without importing it."""
    place = spec.place
    if place.endswith(".py"):
        _check_file(Path(place))
    elif place and not _is_package(place.partition(".")[0]):
        raise no_such("model or module", place, list_models())


def source_files(spec: ModelSpec) -> list[Path]:
    """Return the file that a spec's code is in, none if it is not known without an import."""
    if spec.place.endswith(".py"):
        return [Path(spec.place)]
    first, *rest = spec.place.split(".")
    _search_working_folder()
    found = importlib.util.find_spec(first)
    if found is None or found.origin is None:
        return []
    path = Path(found.origin)
    if rest:
        path = path.parent.joinpath(*rest)
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return [path] if path.is_file() else []


def load_module(spec: ModelSpec) -> ModuleType:
    """Import the module of a spec's model and return it. Raises BadInput if that fails."""
    return load_place(spec.place, f"{spec}: ")


def load_place(place: str, who: str = "") -> ModuleType:
    """Import a Python file or a module and return it; who: before the words of an error.

    Raises BadInput if that fails.
    """
    try:
        with names.counted_from({}) as reached:
            if place.endswith(".py"):
                module = _from_file(Path(place))
            else:
                _search_working_folder()
                module = importlib.import_module(place)
        _names.setdefault(module.__name__, reached)
        return module
    except BadInput:
        raise
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            raise no_such("model or module", place, list_models()) from error
        raise BadInput(f"{who}{place} cannot be imported: {telling_line(error)}") from error
    except Exception as error:
        raise BadInput(f"{who}{place} cannot be imported: {telling_line(error)}") from error


def names_of(spec: ModelSpec) -> dict[str, int]:
    """Return the counters of layers' names as the import of a spec's module left them.

    So the layers that it makes do not have the names of its own.
    """
    return _names.get(load_module(spec).__name__, {})


def named(spec: ModelSpec) -> Any:
    """Import what a spec names and return it. Raises BadInput without such a member."""
    module = load_module(spec)
    known = _candidates(module)
    place, name = spec.place, spec.name
    if not name:
        shown = f", such as {place}:{known[0]}. It has: {', '.join(known)}." if known else "."
        raise BadInput(f"{place}: name {WANTED}, after a colon{shown}")
    if name not in vars(module):
        raise no_such("callable", name, known, where=place)
    return getattr(module, name)


def is_model(value: Any) -> bool:
    """Return whether a value is a model, not a builder, although both can be called."""
    import keras

    return isinstance(value, keras.Model)


def check_unchanged(spec: ModelSpec) -> None:
    """Raise BadInput if the spec of a built model names changes."""
    if spec.changes:
        raise BadInput(f"{spec} names a built model, which takes no changes.")


def parameters(spec: ModelSpec, builder: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a builder, none for one in C. Raises BadInput for anything else."""
    import keras

    if not callable(builder) or isinstance(builder, keras.Layer):
        raise BadInput(f"{spec} is {_kind(builder)}; expected {WANTED}.")
    # Keras's own __new__ would hide the arguments of a class.
    of_class = inspect.isclass(builder) and issubclass(builder, keras.Layer)
    try:
        signature = inspect.signature(builder.__init__ if of_class else builder)
    except (TypeError, ValueError):  # code in C may have no signature
        return {}
    return dict(list(signature.parameters.items())[1 if of_class else 0 :])


def default_shape(spec: ModelSpec, builder: Any) -> tuple[int, ...] | None:
    """Return the default of a builder's input_shape, None without one."""
    parameter = parameters(spec, builder).get("input_shape")
    shape = None if parameter is None else parameter.default
    return shape if isinstance(shape, tuple) else None


def options(spec: ModelSpec, builder: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments to call a builder with: the given ones that it takes, and its changes.

    Raises BadInput if it does not take a given number of classes, or needs further arguments.
    """
    known = parameters(spec, builder)
    if "num_classes" in given and "num_classes" not in known:
        raise BadInput(f"{spec} takes no num_classes; leave it out.")
    variable = any(p.kind is p.VAR_KEYWORD for p in known.values())
    for key in spec.changes:
        if key not in known and not variable:
            raise no_such("argument", key, known, where=str(spec.model))
    taken = {key: value for key, value in given.items() if key in known} | dict(spec.changes)
    for key, parameter in known.items():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variadic and key not in taken:
            raise BadInput(f"{spec} needs {key}; {_how_to_give(key)}")
    return taken


def build(spec: ModelSpec, builder: Any, **arguments: Any) -> Any:
    """Call a builder and return its model. Raises BadInput if it fails, or returns no model."""
    try:
        model = builder(**arguments)
    except Exception as error:
        raise BadInput(f"{spec} cannot be built: {telling_line(error)}") from error
    if not is_model(model):
        raise BadInput(f"{spec} returns {type(model).__name__}; expected a keras.Model.")
    return model


def _search_working_folder() -> None:
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -c` has it


def _is_package(name: str) -> bool:
    """Return whether a top-level module or package is there, without importing it."""
    _search_working_folder()
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # an empty name; or a module that is there without a spec, as __main__
        return name in sys.modules


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{str(path)!r} does not exist.")


def _from_file(path: Path) -> ModuleType:
    _check_file(path)
    key = path.resolve(), path.read_bytes()
    if key in _loaded:  # executed again, it would register its models again
        return _loaded[key]
    location = importlib.util.spec_from_file_location(path.stem, path)
    if location is None or location.loader is None:
        raise BadInput(f"{str(path)!r} is not a Python file.")
    folder = str(key[0].parent)
    if folder not in sys.path:
        sys.path.append(folder)  # at the end, so that files beside it hide no package
    new = importlib.util.module_from_spec(location)
    known = sys.modules.setdefault(path.stem, new)  # dataclasses look up their module there
    try:
        location.loader.exec_module(new)
    except BaseException:
        if known is new:
            del sys.modules[path.stem]
        raise
    _loaded[key] = new
    return new


def _candidates(module: ModuleType) -> list[str]:
    """Return the names of a module's functions, classes of models and models."""
    import keras

    imported = {"keras", "netzoo", *sys.stdlib_module_names}

    def is_one(value: Any) -> bool:
        if inspect.isclass(value):
            wanted = issubclass(value, keras.Model)
        else:
            wanted = inspect.isfunction(value) or is_model(value)
        library = str(getattr(value, "__module__", "")).partition(".")[0]
        return wanted and (library not in imported or is_model(value))

    return [name for name, value in vars(module).items() if name[0] != "_" and is_one(value)]


def _kind(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"


def _how_to_give(key: str) -> str:
    """Return the advice for an argument of a builder that has no default."""
    ways = {
        "input_shape": "give `input_shape`, such as 28,28,1.",
        "num_classes": "give `num_classes`, such as 10.",
    }
    return ways.get(key, "netzoo gives input_shape and num_classes alone: let it have a default.")
