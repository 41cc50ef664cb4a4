"""A model of any origin, built for the images of a data set.

A registered model and a builder in the user's code get the size and the channels of the data, as a
builder of keras.applications does, if its minimum allows. A model in a file, and one that the
user's code has built, keeps its own size.
"""

import re
from pathlib import Path
from typing import Any

from netzoo import units
from netzoo.errors import BadInput
from netzoo.models import applications, code, names, saved, weights
from netzoo.models.build import ensure_built, own_shape
from netzoo.models.catalog import create_model
from netzoo.models.layout import channels_last
from netzoo.models.spec import CODE, KERAS, REGISTERED, SAVED, ModelSpec

Shape = tuple[int, int, int]

MINIMUM = re.compile(r"at least (\d+)\s*x\s*(\d+)")  # in Keras's errors


def build(
    spec: ModelSpec,
    shape: Shape,
    num_classes: int,
    *,
    initial: str | None = None,
    freeze: str | None = None,
) -> Any:
    """Return the keras.Model of a spec with its initial weights.

    shape: height, width, channels of its images, for a model that leaves them open.
    initial: weights.NONE for random weights; weights.IMAGENET for a builder of keras.applications;
    the path of a file of weights; None: the model's own, if it comes with any.
    freeze: as in `weights.freeze`.
    Raises UnknownName, BadInput, DataError.
    """
    weights.check(spec, initial)
    start = code.names_of(spec) if spec.origin == CODE else {}
    with channels_last(), names.counted_from(start):
        model = ensure_built(spec.model, _model(spec, shape, num_classes, initial), shape)
    if weights.is_trained(initial) and spec.origin != KERAS:
        weights.load(spec, model, initial)
    if freeze is not None:
        weights.freeze(spec, model, freeze)
    return model


def fitted(
    spec: ModelSpec,
    image_shape: Shape,
    image_size: int | None,
    num_classes: int,
    initial: str | None,
) -> tuple[Any, Shape]:
    """Return the model of a spec, and height, width, channels of the images that it takes.

    image_shape: of the data. image_size: height and width to resize to, None for the model's own.
    initial: as in `build`. Raises as `build` does.
    """
    height, width, channels = image_shape
    size = (image_size, image_size) if image_size else _native_size(spec)
    if spec.origin == KERAS and weights.is_trained(initial):
        channels = 3
    shape = (*(size or (height, width)), channels)
    try:
        model = build(spec, shape, num_classes, initial=initial)
    except BadInput as error:
        least = MINIMUM.search(str(error))
        if spec.origin != KERAS or least is None or image_size is not None:
            raise
        shape = (max(height, int(least[1])), max(width, int(least[2])), channels)
        model = build(spec, shape, num_classes, initial=initial)
    own = own_shape(model)
    if own is not None and image_size is not None and own[:2] != shape[:2]:
        raise BadInput(
            f"{spec.model} takes images of {units.pixels(*own[:2])}; received image_size "
            f"{image_size}."
        )
    return model, own or shape


def _model(spec: ModelSpec, shape: Shape, num_classes: int, initial: str | None) -> Any:
    if spec.origin == REGISTERED:
        return create_model(spec, input_shape=shape, num_classes=num_classes)
    if spec.origin == KERAS:
        if weights.is_trained(initial):
            return applications.trained(spec, shape, num_classes, initial)
        return applications.counted(spec, shape, num_classes)
    if spec.origin == SAVED:
        model = saved.load(Path(spec.name))
        return weights.anew(spec, model) if initial == weights.NONE else model
    value = code.named(spec)
    if code.is_model(value):
        return _copy(spec, value, initial)
    known = code.parameters(spec, value)
    given = {"input_shape": shape, "num_classes": num_classes}
    taken = {name: given[name] for name in given if name in known}
    return code.build(spec, value, **code.options(spec, value, taken))


def _copy(spec: ModelSpec, model: Any, initial: str | None) -> Any:
    """Return a copy of a model that the user's code has built, which other trials use as well."""
    code.check_unchanged(spec)
    copy = weights.anew(spec, model)
    if initial != weights.NONE:
        copy.set_weights(model.get_weights())
    return copy


def _native_size(spec: ModelSpec) -> tuple[int, int] | None:
    """Return the size of a builder's default input shape, None without one."""
    if spec.origin != CODE:
        return None
    value = code.named(spec)
    if code.is_model(value):
        return None
    default = code.default_shape(spec, value)
    if default is None or len(default) != 3 or None in default:
        return None
    return default[0], default[1]
