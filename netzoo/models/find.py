"""Finding a Keras model: registered, in keras.applications, in a saved file, in the user's code."""

from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.models import code, saved
from netzoo.models.catalog import create_model, model_info, model_spec
from netzoo.models.layout import channels_last
from netzoo.models.spec import KERAS, REGISTERED, SAVED, ModelSpec


def find_model(
    spec: str, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> Any:
    """Return the keras.Model of a spec.

    spec: a registered name or spec ("alexnet:dropout=0.2", "alexnet@image_size=96");
    "keras:ResNet50" for a builder of keras.applications, without trained weights; the path of a
    .keras or .h5 file, loaded in safe mode; "package.module:name" or "path/file.py:name" in the
    user's code: a function that returns a model, a class of models, or a model.
    input_shape, num_classes: passed to a builder that takes them; a file takes no classes.
    Raises UnknownName, BadInput, or DataError for a file that cannot be loaded.
    """
    return find_with_shape(model_spec(spec), input_shape, num_classes)[0]


def find_with_shape(
    spec: ModelSpec, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> tuple[Any, tuple[int, ...] | None]:
    """Return a model as `find_model` does, and the shape to count it on, None for its own.

    The shape is the given one, else the builder's default, if the model itself leaves it open.
    """
    if spec.origin == REGISTERED:
        return _registered(spec, input_shape, num_classes)
    if spec.settings:
        raise BadInput(f"{spec} has settings; only registered models take settings for now.")
    if spec.origin == KERAS:
        with channels_last():
            return _application(spec, input_shape, num_classes), None
    if spec.origin == SAVED:
        if num_classes is not None:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        return saved.load(Path(spec.name)), input_shape
    return _of_code(spec, input_shape, num_classes)


def _registered(
    spec: ModelSpec, input_shape: tuple[int, ...] | None, num_classes: int | None
) -> tuple[Any, tuple[int, ...] | None]:
    shape = input_shape
    if shape is None:
        shape, size = model_info(spec).input_shape, spec.settings.get("image_size")
        shape = shape if size is None else (size, size, shape[2])
    classes = {} if num_classes is None else {"num_classes": num_classes}
    created = create_model(spec, input_shape=shape, **classes)  # type: ignore[arg-type]
    return created, shape if is_open(created) else None


def _of_code(
    spec: ModelSpec, input_shape: tuple[int, ...] | None, num_classes: int | None
) -> tuple[Any, tuple[int, ...] | None]:
    classes = {} if num_classes is None else {"num_classes": num_classes}
    value = code.member(spec, code.load_module(spec))
    if code.is_model(value):
        if classes:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        if spec.changes:
            raise BadInput(f"{spec} names a built model, which takes no changes.")
        return value, input_shape
    given = classes if input_shape is None else {"input_shape": input_shape, **classes}
    taken, default = code.options(spec, value, given)
    model = code.build(spec, value, **taken)
    if "input_shape" not in taken:
        return model, input_shape or (default if is_open(model) else None)
    return model, input_shape if is_open(model) else None


def is_open(model: Any) -> bool:
    """Return whether a model is not built, or leaves a size open beside the batch."""
    inputs = getattr(model, "inputs", None)  # of an unbuilt Sequential: an error
    if inputs is None:
        return not model.built
    return any(None in tensor.shape[1:] for tensor in inputs)


def applications() -> list[str]:
    """Return the names of the builders in keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def _application(
    spec: ModelSpec, input_shape: tuple[int, ...] | None, num_classes: int | None
) -> Any:
    import keras

    if spec.name not in applications():
        raise no_such("model", spec.name, applications(), where="keras.applications")
    builder = getattr(keras.applications, spec.name)
    options = dict(spec.changes)
    if num_classes is not None:
        options["classes"] = num_classes
    if input_shape is None:
        # Some builders leave height and width open by default; all were designed for this size.
        default = code.build(spec, builder, weights=None, **options)
        if None not in default.input_shape[1:]:
            return default
        input_shape = (224, 224, 3)
    return code.build(spec, builder, weights=None, input_shape=input_shape, **options)
