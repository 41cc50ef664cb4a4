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
