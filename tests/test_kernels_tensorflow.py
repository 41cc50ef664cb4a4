"""Batch normalisation by TensorFlow's kernel: where it is used, and that it changes no value."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from netzoo.training.kernels_tensorflow import fused_batch_norm

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="it is a kernel of TensorFlow"
)
KERNEL = "FusedBatchNormV3"
TOLERANCE = {"float32": 1e-5, "mixed_bfloat16": 2**-7, "mixed_float16": 2**-9}
IMAGES, VECTORS = (6, 5, 4, 3), (8, 3)


class OfAUser(layers.BatchNormalization):
    """A layer that may do a part of it in another way."""


def trained(
    context, shape, *, made=layers.BatchNormalization, dtype="float32", by_xla=False, **options
):
    """Return what one training call in a context gives, and the operations of its graph.

    Results: the output, the gradients by inputs and weights, and the weights after it.
    """
    rng = np.random.default_rng(0)
    call = {name: options.pop(name) for name in ("mask", "training") if name in options}
    trainable = options.pop("trainable", True)
    layer = made(dtype=dtype, **options)
    layer.build((None, *shape[1:]))
    layer.trainable = trainable
    for weight in layer.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    x = tf.cast(rng.normal(0.5, 2.0, shape), layer.compute_dtype)
    share = tf.constant(rng.normal(size=shape), tf.float32)

    @tf.function(autograph=False, jit_compile=by_xla)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            with context():
                y = layer(x, **{"training": True} | call)
            loss = tf.reduce_sum(tf.cast(y, tf.float32) * share)
        return y, tape.gradient(loss, [x, *(v.value for v in layer.trainable_variables)])

    y, gradients = step(x)
    found = [y, *gradients, *(weight.value for weight in layer.weights)]
    operations = [o.type for o in step.get_concrete_function(x).graph.get_operations()]
    return [np.asarray(tf.cast(value, tf.float64)) for value in found], operations


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        (IMAGES, {}),
        (IMAGES, {"by_xla": True}),
        (IMAGES, {"scale": False, "momentum": 0.5}),
        (IMAGES, {"center": False, "axis": 3}),
        ((6, 5, 3), {}),
        (VECTORS, {}),
        ((1, 1, 1, 3), {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_kernel_changes_no_value(shape, options, dtype):
    ours, operations = trained(fused_batch_norm, shape, dtype=dtype, **options)
    keras_own, _ = trained(contextlib.nullcontext, shape, dtype=dtype, **options)
    assert operations.count(KERNEL) == 1
    for mine, its in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(mine, its, rtol=TOLERANCE[dtype], atol=4 * TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        (IMAGES, {"training": False}),
        (IMAGES, {"trainable": False}),
        (IMAGES, {"mask": np.arange(120).reshape(IMAGES[:3]) % 3 > 0}),
        (IMAGES, {"renorm": True}),
        (IMAGES, {"axis": 1}),
        (IMAGES, {"epsilon": 1e-6}),
        (IMAGES, {"synchronized": True}),
        (IMAGES, {"dtype": "float64"}),
        (IMAGES, {"made": OfAUser}),
        ((2, 3, 4, 4, 3), {}),
    ],
    ids=str,
)
def test_what_the_kernel_does_not_cover_stays_kerass(shape, options):
    ours, operations = trained(fused_batch_norm, shape, **options)
    keras_own, _ = trained(contextlib.nullcontext, shape, **options)
    assert KERNEL not in operations
    assert all((mine == its).all() for mine, its in zip(ours, keras_own, strict=True))


@pytest.mark.parametrize("name", ["trainable", "renorm", "synchronized", "epsilon", "moving_mean"])
def test_a_keras_whose_attributes_have_moved_keeps_its_own(monkeypatch, name):
    class Later(layers.BatchNormalization):
        def __getattribute__(self, wanted):
            if wanted == name:
                raise AttributeError(wanted)
            return super().__getattribute__(wanted)

    called = []
    layer = layers.BatchNormalization()
    layer.build(IMAGES)
    layer.__class__ = Later
    monkeypatch.setattr(
        layers.BatchNormalization,
        "call",
        lambda self, inputs, training=None, mask=None: called.append(training),
    )
    with fused_batch_norm():
        layer.call(tf.ones(IMAGES), training=True)
    assert called == [True]


def test_a_keras_whose_call_takes_something_else_keeps_its_own(monkeypatch):
    def call(self, inputs, mask=None, training=None, groups=1):
        raise AssertionError

    monkeypatch.setattr(layers.BatchNormalization, "call", call)
    with fused_batch_norm():
        assert layers.BatchNormalization.call is call
