"""A Keras model from wherever it is: registered, in keras.applications, in a file, in your code."""

from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models import code, saved
from netzoo.models.layout import channels_last
from netzoo.recipes import parted
from netzoo.registry import create_model, list_models, model_info

APPLICATIONS = "keras:"


def is_application(spec: str) -> bool:
    """Return whether a text names a builder of keras.applications."""
    return spec.startswith(APPLICATIONS)


def is_registered(spec: str) -> bool:
    """Return whether a text can only name a registered model, right or wrong."""
    if is_application(spec) or saved.is_file(spec) or spec.endswith(".py"):
        return False
    place, name = code.split(spec)
    ours = not name or spec.partition(":")[0] in list_models()
    return ours or not (place.endswith(".py") or name.isidentifier())


def find_model(
    spec: str, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> Any:
    """Return a keras.Model by what names it.

    spec: a registered name or spec ("alexnet:dropout=0.2", "alexnet@image_size=96");
    "keras:ResNet50" for a builder of keras.applications, without trained weights; the path of a
    .keras or .h5 file, loaded in safe mode; "package.module:name" or "path/file.py:name" for one
    of yours: a function that returns a model, a class of models, or a model.
    input_shape, num_classes: passed on where the builder takes them; a file takes no classes.
    Raises UnknownName, BadInput, or DataError for a file that cannot be loaded.
    """
    return found(spec, input_shape, num_classes)[0]


def found(
    spec: str, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> tuple[Any, tuple[int, ...] | None]:
    """Return a model as `find_model` does, and the shape to count it on, None for its own.

    That is the one given, or else the builder's default, where the model itself leaves it open.
    """
    classes = {} if num_classes is None else {"num_classes": num_classes}
    if is_application(spec):
        with channels_last():
            return _application(spec.removeprefix(APPLICATIONS), input_shape, num_classes), None
    if is_registered(spec):
        model, settings = parted(spec)
        if input_shape is None and "image_size" in settings:
            size, channels = settings["image_size"], model_info(model).input_shape[2]
            input_shape = (size, size, channels)
        shape = model_info(model).input_shape if input_shape is None else input_shape
        created = create_model(model, input_shape=shape, **classes)  # type: ignore[arg-type]
        return created, shape if is_open(created) else None
    if saved.is_file(spec):
        if classes:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        return saved.load(Path(spec)), input_shape
    place, name = code.split(spec)
    value = code.named(spec, code.module(spec, place), name)
    if code.is_model(value):
        if classes:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        return value, input_shape
    given = classes if input_shape is None else {"input_shape": input_shape, **classes}
    taken, default = code.options(spec, value, given)
    model = code.built(spec, value, **taken)
    if "input_shape" not in taken:
        return model, input_shape or (default if is_open(model) else None)
    return model, input_shape if is_open(model) else None


def import_code(spec: str) -> bool:
    """Import the code of yours that a text names, if it names any; return whether it does."""
    if is_application(spec) or is_registered(spec) or saved.is_file(spec):
        return False
    code.module(spec, code.split(spec)[0])
    return True


def is_open(model: Any) -> bool:
    """Return whether a model is not built, or leaves a size open other than its batch."""
    inputs = getattr(model, "inputs", None)  # of an unbuilt Sequential: an error
    if inputs is None:
        return not model.built
    return any(None in tensor.shape[1:] for tensor in inputs)


def applications() -> list[str]:
    """Return the names of the builders in keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def _application(name: str, input_shape: tuple[int, ...] | None, num_classes: int | None) -> Any:
    import keras

    if name not in applications():
        raise no_such("model", name, applications(), where="keras.applications")
    builder = getattr(keras.applications, name)
    options = {} if num_classes is None else {"classes": num_classes}
    if input_shape is None:
        # Some builders leave height and width open by default; they all were made for these sizes.
        default = code.built(f"{APPLICATIONS}{name}", builder, weights=None, **options)
        if None not in default.input_shape[1:]:
            return default
        input_shape = (224, 224, 3)
    return code.built(
        f"{APPLICATIONS}{name}", builder, weights=None, input_shape=input_shape, **options
    )
