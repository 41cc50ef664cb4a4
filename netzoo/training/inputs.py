"""The inputs of a network: uint8 images, resized and scaled on the device that trains.

So images are transferred as they are stored: an image of Fashion-MNIST has 784 bytes, and 200,704
at 224 px in float32.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from netzoo import backend
from netzoo.data import augment
from netzoo.data.disk_images import DiskImages, chunks
from netzoo.data.source import Split
from netzoo.errors import BadInput
from netzoo.recipes import Recipe
from netzoo.training.class_weights import class_weights

Scaling = tuple[tuple[float, ...], tuple[float, ...]]  # shift and scale, by channel or for all

MOST_HELD_BYTES = 1 << 30  # of training images on a device


# Shift and scale that no images decide. Of ImageNet: mean and standard deviation of red, green and
# blue; and the mean of blue, green and red, by which older weights were trained.
_FIXED: dict[str, Scaling] = {
    "unit": ((0.0,), (255.0,)),
    "none": ((0.0,), (1.0,)),
    "symmetric": ((127.5,), (127.5,)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "imagenet-bgr": ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
}


class Inputs:
    """A function from uint8 images (batch, height, width, channels) to float32 (batch, *size, …).

    size: height and width of the network's inputs; with their channels, 3 for grey images to be
    repeated. image_shape: of an image before resizing. values: of an image after it.
    scaling: shift and scale, by the training images; a trained network has its own.
    class_weights: as of `netzoo.training.class_weights`.
    held: all training images on the device, padded as `augment.crop` pads them and flattened to
    (pixels, channels), or None. With them a training batch comes without pixels, as
    `pipeline.train_batches` says; batch_shape and batch_dtype are of an image in a batch.
    """

    def __init__(
        self,
        train: Split,
        recipe: Recipe,
        size: tuple[int, ...],
        *,
        hold: bool = False,
        scaling: Scaling | None = None,
    ) -> None:
        self.image_shape = train.images.shape[1:]
        self.held = None
        self.batch_shape, self.batch_dtype = self.image_shape, "uint8"
        if hold:
            values = 1 + augment.windows_values(recipe.augment)
            self.batch_shape, self.batch_dtype = (values,), "int32"
            self._padding = _padding(self.image_shape, recipe)
            rows, columns = self._padding
            whole = np.asarray(train.images)
            padded = np.pad(whole, [(0, 0), (rows, rows), (columns, columns), (0, 0)])
            self.held = ops.convert_to_tensor(padded.reshape(-1, self.image_shape[-1]))
        self._size = size[:2]
        self._copies = size[2] // self.image_shape[-1] if len(size) > 2 else 1
        channels = self.image_shape[-1] * self._copies
        self.values: int = size[0] * size[1] * channels
        self.scaling = scaling or scaling_of(train, recipe)
        self._scale = _scaler(self.scaling, recipe.scaling, channels)
        self.class_weights = class_weights(train, recipe)

    def __call__(self, images: Any) -> Any:
        x = resize(images, *self._size)
        return self._scale(x if self._copies == 1 else ops.repeat(x, self._copies, axis=-1))

    def of_batch(self, batch: Any, held: Any) -> Any:
        """Return the inputs of a training batch; held: `self.held`, as the step passes it on."""
        return self(batch if held is None else self.cut(batch, held))

    def cut(self, windows: Any, held: Any) -> Any:
        """Return the images that windows cut out of those held, uint8 (batch, height, width, …)."""
        height, width, _ = self.image_shape
        rows, columns = (2 * n for n in self._padding)
        place, mirrored, top, left = (windows[:, n : n + 1, None] for n in range(4))
        row = top + ops.reshape(ops.arange(height, dtype="int32"), (-1, 1))
        column = ops.arange(width, dtype="int32")
        column = ops.where(mirrored > 0, columns + width - 1 - left - column, left + column)
        x = ops.take(held, (place * (height + rows) + row) * (width + columns) + column, axis=0)
        return x if windows.shape[1] == 4 else _erased(x, windows[:, 4:])


def inputs_of(train: Split, recipe: Recipe, size: tuple[int, ...]) -> Inputs:
    """Return the inputs of a training on this device."""
    return Inputs(train, recipe, size, hold=is_held(train, recipe))


def is_held(train: Split, recipe: Recipe) -> bool:
    """Return whether the device should hold all training images, and cut the batches itself.

    A fast GPU would wait for pixels that a CPU prepares. TensorFlow's own pipeline feeds its steps.
    Images that are on disk stay there.
    """
    if keras.backend.backend() == "tensorflow" or "color" in recipe.augment:
        return False
    if isinstance(train.images, DiskImages):
        return False
    count, height, width, channels = train.images.shape
    rows, columns = _padding((height, width, channels), recipe)
    held_bytes = count * (height + 2 * rows) * (width + 2 * columns) * channels
    return bool(held_bytes <= MOST_HELD_BYTES and backend.device()["kind"] == "gpu")


def _erased(images: Any, rectangles: Any) -> Any:
    """Return images as `augment.erase` leaves them, given their rectangles, int32 (batch, 4)."""
    _, height, width, _ = images.shape
    top, left, bottom, right = (rectangles[:, n : n + 1] for n in range(4))
    rows, columns = ops.arange(height, dtype="int32"), ops.arange(width, dtype="int32")
    inside = (top <= rows) & (rows < bottom), (left <= columns) & (columns < right)
    erased = ops.expand_dims(inside[0][:, :, None] & inside[1][:, None, :], -1)
    total = ops.sum(ops.cast(images, "int32"), axis=(1, 2), keepdims=True)
    mean = ops.cast(augment.rounded_mean(total, height * width), "uint8")
    return ops.where(erased, mean, images)


def _padding(image_shape: tuple[int, ...], recipe: Recipe) -> tuple[int, int]:
    """Return the rows and columns that are added at each end of an image."""
    if "crop" not in recipe.augment:
        return 0, 0
    return augment.padding(image_shape[0]), augment.padding(image_shape[1])


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


def scaling_of(train: Split, recipe: Recipe) -> Scaling:
    """Return shift and scale of values in 0 to 255: the inputs are (value - shift) / scale."""
    if recipe.scaling in _FIXED:
        return _FIXED[recipe.scaling]
    # Sums of whole numbers are exact, however the images are divided.
    values = len(train) * train.images.shape[1] * train.images.shape[2]
    sums = np.zeros((2, train.images.shape[3]), np.int64)
    for part in chunks(train.images):
        squares = np.square(part, dtype=np.uint16)
        sums += [each.sum((0, 1, 2), np.int64) for each in (part, squares)]
    moments = [(total / values, square * values - total**2) for total, square in sums.T.tolist()]
    shift = np.array([mean for mean, _ in moments], "float32")
    sd = [math.sqrt(spread / values**2) for _, spread in moments]
    scale = np.maximum(sd, 1e-6).astype("float32")
    return tuple(shift.tolist()), tuple(scale.tolist())


def _scaler(scaling: Scaling, name: str, channels: int) -> Callable[[Any], Any]:
    """Return the function that scales values in 0 to 255. Raises BadInput for other channels."""
    if scaling == _FIXED["unit"]:
        return lambda x: x / 255.0
    if scaling == _FIXED["none"]:
        return lambda x: x
    if name.startswith("imagenet") and channels != 3:
        raise BadInput(
            f"scaling {name} is of red, green and blue; the model takes {channels} "
            f"channel{'' if channels == 1 else 's'}."
        )
    shift, scale = (ops.convert_to_tensor(np.array(each, "float32")) for each in scaling)
    if name == "imagenet-bgr":
        return lambda x: (ops.flip(x, axis=-1) - shift) / scale
    return lambda x: (x - shift) / scale
