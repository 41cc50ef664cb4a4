"""What a registered builder returns, made ready to be counted and trained."""

from typing import Any

from netzoo import units
from netzoo.errors import BadInput, telling_line


def built(spec: str, model: Any, shape: tuple[int, int, int]) -> Any:
    """Return a builder's model; one that its first call would build is called without values.

    Raises BadInput if it is no keras.Model, or cannot be built on images of the shape.
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
