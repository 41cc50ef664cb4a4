"""The builders of keras.applications: their models, trained weights, and scaling of pixels."""

import sys
from typing import Any

from netzoo.errors import no_such
from netzoo.models import code
from netzoo.models.spec import ModelSpec

USUAL_SHAPE = (224, 224, 3)  # that all were designed for
# Keras's names of the scalings that its builders were trained with, and those of a recipe.
SCALINGS = {"tf": "symmetric", "torch": "imagenet", "caffe": "imagenet-bgr"}


def names() -> list[str]:
    """Return the names of the builders in keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def counted(
    spec: ModelSpec, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> Any:
    """Return a builder's model without trained weights, by default as Keras builds it."""
    called = builder(spec)
    options = dict(spec.changes)
    if num_classes is not None:
        options["classes"] = num_classes
    if input_shape is None:
        # Some builders leave height and width open by default.
        default = code.build(spec, called, weights=None, **options)
        if None not in default.input_shape[1:]:
            return default
        input_shape = USUAL_SHAPE
    return code.build(spec, called, weights=None, input_shape=input_shape, **options)


def trained(spec: ModelSpec, input_shape: tuple[int, ...], num_classes: int, weights: str) -> Any:
    """Return a builder's model with trained weights and a new head for the classes.

    weights: "imagenet", which Keras downloads, or the path of a file of the layers before the head.
    The head is the mean over all places and one dense layer, with random weights, float32.
    """
    import keras

    options = {**spec.changes, "include_top": False, "pooling": "avg", "input_shape": input_shape}
    body = code.build(spec, builder(spec), weights=weights, **options)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(body.output)
    return keras.Model(body.input, logits, name=body.name)


def scaling(spec: ModelSpec, *, is_trained: bool) -> str | None:
    """Return the scaling of pixels, as in a recipe, that a builder's model needs.

    None if any will do: a model that does not scale them itself, without trained weights.
    """
    import numpy as np

    module = sys.modules[builder(spec).__module__]
    pixels = np.arange(12, dtype="float32").reshape(1, 2, 2, 3)
    preprocess = module.preprocess_input
    if np.array_equal(preprocess(pixels.copy(), data_format="channels_last"), pixels):
        scales_itself = spec.changes.get("include_preprocessing", True)
        return "none" if scales_itself else None
    if not is_trained:
        return None
    from keras.applications.imagenet_utils import preprocess_input

    expected = preprocess(pixels.copy(), data_format="channels_last")
    for mode, name in SCALINGS.items():
        if np.array_equal(preprocess_input(pixels.copy(), "channels_last", mode), expected):
            return name
    raise AssertionError(spec)


def builder(spec: ModelSpec) -> Any:
    """Return the function of keras.applications that a spec names. Raises UnknownName."""
    import keras

    if spec.name not in names():
        raise no_such("model", spec.name, names(), where="keras.applications")
    return getattr(keras.applications, spec.name)
