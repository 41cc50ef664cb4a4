"""Keras's layers by kernels of TensorFlow, while a training step is traced."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import keras
import tensorflow as tf

from netzoo.training.replaced import replaced

PARAMETERS = ["self", "inputs", "training", "mask"]  # of BatchNormalization.call
STATE = attrgetter("gamma", "beta", "moving_mean", "moving_variance", "momentum", "epsilon")
CASES = attrgetter("trainable", "renorm", "synchronized", "axis", "epsilon", "compute_dtype")
FORMATS = (tf.float32, tf.bfloat16, tf.float16)
SMALLEST_EPSILON = 1.001e-5  # cuDNN's, rounded up


@contextlib.contextmanager
def fused_batch_norm() -> Iterator[None]:
    """Let BatchNormalization train by FusedBatchNormV3, TensorFlow's kernel, in this context.

    The kernel reads and writes the images in their own format and computes in float32 inside, where
    Keras stores a float32 copy at each of some 20 operations. Values, gradients and moving averages
    are the same up to rounding. What the kernel does not cover stays Keras's, and so does every
    layer of a later Keras that has changed.
    """
    layer = keras.layers.BatchNormalization
    original = layer.call
    if list(inspect.signature(original).parameters) != PARAMETERS:
        yield
        return
    with replaced(layer, "call", _call(original)):
        yield


kernels = fused_batch_norm  # all of this backend's, as those of torch


def _call(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a BatchNormalization.call that goes by the kernel where it can, else by `original`."""

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if training and mask is None and _is_covered(self, inputs):
            return _normalised(self, inputs)
        return original(self, inputs, training=training, mask=mask)

    return call


def _is_covered(layer: Any, inputs: Any) -> bool:
    try:
        trainable, renorm, synchronized, axis, epsilon, _ = CASES(layer)
        STATE(layer)
    except AttributeError:  # a later Keras
        return False
    rank = inputs.shape.rank
    return (
        type(layer) is keras.layers.BatchNormalization  # a subclass may do a part in another way
        and trainable
        and not renorm
        and not synchronized
        and rank in (2, 3, 4)
        and axis in (-1, rank - 1)
        and inputs.dtype in FORMATS
        and epsilon >= SMALLEST_EPSILON
    )


def _normalised(layer: Any, inputs: Any) -> Any:
    """Return the inputs, normalised by the batch, and update the layer's moving averages."""
    gamma, beta, moving_mean, moving_variance, momentum, epsilon = STATE(layer)
    channels = inputs.shape[-1]
    x = inputs
    for _ in range(4 - inputs.shape.rank):
        x = tf.expand_dims(x, 1)
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.ones(channels) if gamma is None else tf.convert_to_tensor(gamma),
        offset=tf.zeros(channels) if beta is None else tf.convert_to_tensor(beta),
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=epsilon,
    )
    # The kernel's variance is the sample's, Keras averages that of the batch.
    count = tf.reduce_prod(tf.cast(tf.shape(x)[:-1], tf.float32))
    variance *= tf.maximum(count - 1, 1) / count
    for moving, now in ((moving_mean, mean), (moving_variance, variance)):
        moving.assign(moving * momentum + now * (1.0 - momentum))
    return tf.cast(tf.reshape(y, tf.shape(inputs)), layer.compute_dtype)
