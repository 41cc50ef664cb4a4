"""The inputs of a network: uint8 images, resized and scaled on the device that trains.

So images are transferred as they are stored: an image of Fashion-MNIST has 784 bytes, and 200,704
at 224 px in float32.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from netzoo.data.source import Split
from netzoo.recipes import Recipe


class Inputs:
    """A function from uint8 images (batch, height, width, channels) to float32 (batch, *size, …).

    image_shape: of an image before resizing. values: of an image after it. The scaling is by the
    training images.
    """

    def __init__(self, train: Split, recipe: Recipe, size: tuple[int, int]) -> None:
        self.image_shape = train.images.shape[1:]
        self._size = size
        self.values: int = size[0] * size[1] * self.image_shape[-1]
        self._scale = _scaling(train, recipe)

    def __call__(self, images: Any) -> Any:
        return self._scale(resize(images, *self._size))


def resize(images: Any, height: int, width: int) -> Any:
    """Resize bilinearly with half-pixel centres, without antialias, to float32 in 0 to 255.

    The result equals tf.image.resize bit for bit on every backend that rounds each product. Two
    interpolations replace a matrix product, which rounds to 10 bits on a GPU.
    """
    x = ops.cast(images, "float32")
    return _interpolated(_interpolated(x, 2, width), 1, height)


def _interpolated(x: Any, axis: int, length: int) -> Any:
    """Interpolate linearly along height (axis 1) or width (axis 2)."""
    old_length = x.shape[axis]
    if old_length == length:
        return x
    places = (np.arange(length, dtype=np.float32) + 0.5) * np.float32(old_length / length) - 0.5
    low = np.floor(places)
    before = ops.take(x, np.maximum(low, 0).astype("int32"), axis=axis)
    after = ops.take(x, np.minimum(np.ceil(places), old_length - 1).astype("int32"), axis=axis)
    share = (places - low).astype("float32").reshape((-1, 1) if axis == 2 else (-1, 1, 1))
    return before + (after - before) * ops.convert_to_tensor(share)


def _scaling(train: Split, recipe: Recipe) -> Callable[[Any], Any]:
    """Return the function that scales values in 0 to 255."""
    if recipe.scaling == "unit":
        return lambda x: x / 255.0
    axes = (0, 1, 2)
    mean = np.mean(train.images, axes, dtype=np.float64)
    sd = np.maximum(np.std(train.images, axes, dtype=np.float64), 1e-6)
    shift, scale = (ops.convert_to_tensor(value.astype("float32")) for value in (mean, sd))
    return lambda x: (x - shift) / scale
