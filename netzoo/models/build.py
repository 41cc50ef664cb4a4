"""The check of a registered builder's result, and the build of its variables."""

from typing import Any

from netzoo import units
from netzoo.errors import BadInput, telling_line


def ensure_built(spec: str, model: Any, shape: tuple[int, int, int]) -> Any:
    """Return a builder's model with its variables, called on symbolic images if it has none yet.

    shape: height, width, channels. Raises BadInput if the model is no keras.Model, or cannot be
    built on such images.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise BadInput(
            f"the builder of {spec!r} returns {type(model).__name__}; expected a keras.Model."
        )
    if not model.built:
        try:
            model(keras.KerasTensor((None, *shape)))
        except Exception as error:
            raise BadInput(
                f"the model of {spec!r} cannot be built on images of {units.shape(shape)}: "
                f"{telling_line(error)}"
            ) from error
    return model


def own_shape(model: Any) -> tuple[int, int, int] | None:
    """Return height, width, channels of a model's inputs, None if it leaves a size open.

    Raises BadInput for a model with other inputs than one batch of images.
    """
    inputs = getattr(getattr(model, "_functional", None) or model, "inputs", None)
    if not inputs:
        return None
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        shapes = ", ".join(units.batch(tensor.shape) for tensor in inputs)
        raise BadInput(
            "expected a model of one input, images (batch, height, width, channels); its "
            f"input{'s are' if len(inputs) > 1 else ' is'} {shapes}."
        )
    height, width, channels = inputs[0].shape[1:]
    return None if None in (height, width, channels) else (height, width, channels)
