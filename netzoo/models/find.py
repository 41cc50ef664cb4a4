"""Finding a Keras model: registered, in keras.applications, in a saved file, in the user's code."""

from pathlib import Path
from typing import Any

from netzoo.errors import BadInput
from netzoo.models import applications, code, saved
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
    size = spec.settings.get("image_size")
    if spec.origin == KERAS:
        if input_shape is None and size is not None:
            input_shape = (size, size, 3)
        with channels_last():
            return applications.counted(spec, input_shape, num_classes), None
    if spec.origin == SAVED:
        if num_classes is not None:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        if size is not None:
            raise BadInput(f"{spec} has its own input; leave image_size out.")
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
    value = code.named(spec)
    if code.is_model(value):
        if classes:
            raise BadInput(f"{spec} has its own number of classes; leave num_classes out.")
        code.check_unchanged(spec)
        return value, input_shape
    size = spec.settings.get("image_size")
    if input_shape is None and size is not None:
        default = code.default_shape(spec, value)
        input_shape = (size, size, 1 if default is None else default[-1])
    given = classes if input_shape is None else {"input_shape": input_shape, **classes}
    taken = code.options(spec, value, given)
    model = code.build(spec, value, **taken)
    if "input_shape" not in taken:
        default = code.default_shape(spec, value)
        return model, input_shape or (default if is_open(model) else None)
    return model, input_shape if is_open(model) else None


def is_open(model: Any) -> bool:
    """Return whether a model is not built, or leaves a size open beside the batch."""
    inputs = getattr(model, "inputs", None)  # of an unbuilt Sequential: an error
    if inputs is None:
        return not model.built
    return any(None in tensor.shape[1:] for tensor in inputs)
