"""Keras's layers by faster operations of JAX, while a training step is traced."""

import contextlib
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import ops

from netzoo.training.replaced import replaced

CONVOLUTION = "convolution_op"
CASES = attrgetter("kernel_size", "padding", "strides", "dilation_rate", "groups", "data_format")
# Measured on a CPU with AVX512: above one of these XLA's own convolution is as fast.
MOST_CHANNELS, MOST_FILTERS, MOST_WIDTH_PX = 8, 16, 32


@contextlib.contextmanager
def banded_convolution() -> Iterator[None]:
    """Let Conv2D of few channels and filters be one matrix product in this context, on a CPU.

    XLA's convolution takes 3 to 5 times as long for a pixel of so few channels. The product
    multiplies whole rows of the image by a matrix that holds the kernel in a band, and zeros. The
    values are the same up to rounding. Any other convolution stays Keras's, and so does every one
    of a later Keras that has changed.
    """
    layer = keras.layers.Conv2D
    original = getattr(layer, CONVOLUTION, None)
    if original is None or jax.default_backend() != "cpu":
        yield
        return
    with replaced(layer, CONVOLUTION, _convolution(original)):
        yield


kernels = banded_convolution  # all of this backend's, as those of torch


def _convolution(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a Conv2D.convolution_op that is a product where it pays, else `original`."""

    def convolution_op(self: Any, inputs: Any, kernel: Any) -> Any:
        weights = ops.convert_to_tensor(kernel)
        if _is_covered(self, inputs, weights):
            return _banded(inputs, weights, same=self.padding == "same")
        return original(self, inputs, kernel)

    return convolution_op


def _is_covered(layer: Any, inputs: Any, weights: Any) -> bool:
    try:
        size, padding, strides, dilation, groups, data_format = CASES(layer)
    except AttributeError:  # a later Keras
        return False
    return (
        type(layer) is keras.layers.Conv2D  # a subclass may do a part in another way
        and padding in ("same", "valid")
        and {*strides, *dilation, groups} == {1}
        and data_format == "channels_last"
        and inputs.dtype == weights.dtype == jnp.float32
        and weights.shape == (*size, inputs.shape[-1], weights.shape[-1])
        and inputs.shape[2] <= MOST_WIDTH_PX
        and weights.shape[2] <= MOST_CHANNELS
        and weights.shape[3] <= MOST_FILTERS
    )


def _banded(x: Any, weights: Any, *, same: bool) -> Any:
    """Return the convolution of images (batch, height, width, channels), without a stride."""
    high, wide, channels, filters = weights.shape
    if same:
        borders = [((k - 1) // 2, k // 2) for k in (high, wide)]
        x = jnp.pad(x, ((0, 0), *borders, (0, 0)))
    count, rows, columns, _ = x.shape
    height, width = rows - high + 1, columns - wide + 1
    # band[v, j, u]: whether column v of the image meets column j of the kernel in output column u.
    v, j, u = np.ogrid[:columns, :wide, :width]
    band = (v == j + u).astype("float32")
    matrix = jnp.einsum("ijcf,vju->ivcuf", weights, band)
    matrix = matrix.reshape(high * columns * channels, width * filters)
    x = x.reshape(count, rows, columns * channels)
    strips = jnp.concatenate([x[:, i : i + height] for i in range(high)], -1)
    return jnp.dot(strips, matrix).reshape(count, height, width, filters)
