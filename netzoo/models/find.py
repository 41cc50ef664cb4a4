"""A Keras model from wherever it is: registered, in keras.applications, in a file, in your code."""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, DataError, no_such, telling_line
from netzoo.recipes import parted
from netzoo.registry import create_model, list_models, model_info

APPLICATIONS = "keras:"


def is_application(spec: str) -> bool:
    """Return whether a text names a builder of keras.applications."""
    return spec.startswith(APPLICATIONS)


def is_registered(spec: str) -> bool:
    """Return whether a text can only name a registered model, right or wrong."""
    place, colon, name = spec.partition(":")
    if spec.endswith(".keras") or is_application(spec):
        return False
    ours = not colon or place in list_models()
    return ours or not (place.endswith(".py") or name.isidentifier())


def find_model(
    spec: str, input_shape: tuple[int, int, int] | None = None, num_classes: int | None = None
) -> Any:
    """Return a keras.Model by what names it.

    spec: a registered name or spec ("alexnet:dropout=0.2", "alexnet@image_size=96");
    "keras:ResNet50" for a builder of keras.applications, without trained weights; the path of a
    .keras file, loaded in safe mode; "package.module:callable" or "path/file.py:callable" for one
    of yours that returns a model.
    input_shape, num_classes: passed on where the builder takes them; a .keras file takes none.
    Raises UnknownName, BadInput, or DataError for a file that cannot be loaded.
    """
    if spec.endswith(".keras"):
        if num_classes is not None:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        return _load(Path(spec))
    if is_application(spec):
        return _application(spec.removeprefix(APPLICATIONS), input_shape, num_classes)
    if is_registered(spec):
        classes = {} if num_classes is None else {"num_classes": num_classes}
        model, settings = parted(spec)
        if input_shape is None and "image_size" in settings:
            size, channels = settings["image_size"], model_info(model).input_shape[2]
            input_shape = (size, size, channels)
        return create_model(model, input_shape=input_shape, **classes)
    place, _, name = spec.partition(":")
    return _call(spec, _module(spec, place), name, input_shape, num_classes)


def applications() -> list[str]:
    """Return the names of the builders in keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def _application(
    name: str, input_shape: tuple[int, int, int] | None, num_classes: int | None
) -> Any:
    import keras

    if name not in applications():
        raise no_such("model", name, applications(), where="keras.applications")
    builder = getattr(keras.applications, name)
    options = {} if num_classes is None else {"classes": num_classes}
    if input_shape is None:
        # Some builders leave height and width open by default; they all were made for these sizes.
        default = _called(f"{APPLICATIONS}{name}", builder, weights=None, **options)
        if None not in default.input_shape[1:]:
            return default
        input_shape = (224, 224, 3)
    return _called(
        f"{APPLICATIONS}{name}", builder, weights=None, input_shape=input_shape, **options
    )


def _load(path: Path) -> Any:
    import keras

    if not path.is_file():
        raise BadInput(f"{str(path)!r} is not there.")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise DataError(f"{path} cannot be loaded in safe mode: {telling_line(error)}") from error


def _module(spec: str, place: str) -> Any:
    try:
        if not place.endswith(".py"):
            if "" not in sys.path:
                sys.path.insert(0, "")  # the working folder, as `python -c` has it
            return importlib.import_module(place)
        path = Path(place)
        if not path.is_file():
            raise BadInput(f"{place!r} is not there.")
        found = importlib.util.spec_from_file_location(path.stem, path)
        if found is None or found.loader is None:
            raise BadInput(f"{place!r} is not a Python file.")
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module
    except BadInput:
        raise
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            raise no_such("model or module", place, list_models()) from error
        raise BadInput(f"{spec}: {place} cannot be imported: {telling_line(error)}") from error
    except Exception as error:
        raise BadInput(f"{spec}: {place} cannot be imported: {telling_line(error)}") from error


def _call(
    spec: str,
    module: Any,
    name: str,
    input_shape: tuple[int, int, int] | None,
    num_classes: int | None,
) -> Any:
    builders = [key for key, value in vars(module).items() if callable(value)]
    if name not in builders:
        raise no_such("callable", name, builders, where=spec.rpartition(":")[0])
    builder = getattr(module, name)
    given = {"input_shape": input_shape, "num_classes": num_classes}
    options = {key: value for key, value in given.items() if value is not None}
    parameters = inspect.signature(builder).parameters
    for key in options:
        if key not in parameters:
            raise BadInput(f"{spec} takes no {key}; leave it out.")
    return _called(spec, builder, **options)


def _called(spec: str, builder: Any, **options: Any) -> Any:
    import keras

    try:
        model = builder(**options)
    except Exception as error:
        raise BadInput(f"{spec} cannot be built: {telling_line(error)}") from error
    if not isinstance(model, keras.Model):
        raise BadInput(f"{spec} returns {type(model).__name__}; expected a keras.Model.")
    return model
