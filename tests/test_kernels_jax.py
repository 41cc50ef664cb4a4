"""Convolutions of few channels as matrix products on JAX: where, and that no value changes."""

import contextlib

import keras
import numpy as np
import pytest
from keras import layers

from netzoo.data import pipeline, sample
from netzoo.recipes import Recipe
from netzoo.training import fit
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(BACKEND != "jax", reason="XLA on a CPU convolves slowly on JAX")
if BACKEND == "jax":
    import jax

    from netzoo.training.kernels_jax import banded_convolution

RECIPE = Recipe("test", epochs=1, batch_size=64, learning_rate=0.05)


class OfAUser(layers.Conv2D):
    """A layer that may do a part of it in another way."""


def trained(context, channels=1, side=12, made=layers.Conv2D, filters=6, size=5, **options):
    """Return a convolution's output, its gradients by image and weights, and its program."""
    rng = np.random.default_rng(0)
    layer = made(filters, size, **options)
    x = rng.normal(size=(3, side, side, channels)).astype(options.get("dtype", "float32"))
    layer.build(x.shape)
    values = [rng.normal(size=v.shape).astype(v.dtype) for v in layer.trainable_variables]
    share = rng.normal(size=layer.compute_output_shape(x.shape)).astype("float32")

    def call(x, values):
        with context():
            y, _ = layer.stateless_call(values, [], x)
        return (y.astype("float32") * share).sum(), y

    step = jax.value_and_grad(call, (0, 1), has_aux=True)
    found = jax.tree.leaves(jax.jit(step)(x, values))
    return [np.asarray(value, "float64") for value in found], str(jax.make_jaxpr(call)(x, values))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding": "same"},
        {"padding": "same", "size": (4, 3), "channels": 6, "filters": 16},
        {"size": 1, "use_bias": False, "activation": "relu"},
        {"side": 5},
    ],
    ids=str,
)
def test_the_product_changes_no_value(options):
    ours, program = trained(banded_convolution, **options)
    keras_own, _ = trained(contextlib.nullcontext, **options)
    assert "conv_general" not in program
    for mine, its in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 2},
        {"dilation_rate": 2},
        {"groups": 2, "channels": 2},
        {"channels": 9},
        {"filters": 17},
        {"side": 33},
        {"data_format": "channels_first", "channels": 12},
        {"dtype": "bfloat16"},
        {"made": OfAUser},
    ],
    ids=str,
)
def test_any_other_convolution_stays_kerass(options):
    ours, program = trained(banded_convolution, **options)
    keras_own, _ = trained(contextlib.nullcontext, **options)
    assert "conv_general" in program
    assert all((mine == its).all() for mine, its in zip(ours, keras_own, strict=True))


@pytest.mark.parametrize("name", ["groups", "data_format", "dilation_rate"])
def test_a_keras_whose_attributes_have_moved_keeps_its_own(monkeypatch, name):
    class Later(layers.Conv2D):
        def __getattribute__(self, wanted):
            if wanted == name:
                raise AttributeError(wanted)
            return super().__getattribute__(wanted)

    called = []
    layer = layers.Conv2D(6, 5)
    layer.build((None, 12, 12, 1))
    layer.__class__ = Later
    own = lambda self, inputs, kernel: called.append(inputs)  # noqa: E731
    monkeypatch.setattr(layers.Conv2D, "convolution_op", own)
    with banded_convolution():
        layer.convolution_op(keras.ops.ones((1, 12, 12, 1)), layer.kernel)
    assert len(called) == 1
    assert layers.Conv2D.convolution_op is own


def test_a_keras_without_the_method_and_a_gpu_keep_their_own(monkeypatch):
    own = layers.Conv2D.convolution_op
    with monkeypatch.context() as gpu:
        gpu.setattr(jax, "default_backend", lambda: "gpu")
        with banded_convolution():
            assert layers.Conv2D.convolution_op is own
    with banded_convolution():
        assert layers.Conv2D.convolution_op is not own
    assert layers.Conv2D.convolution_op is own
    assert "convolution_op" not in vars(layers.Conv2D)
    monkeypatch.setattr("netzoo.training.kernels_jax.CONVOLUTION", "moved")
    with banded_convolution():
        assert layers.Conv2D.convolution_op is own


def test_a_training_goes_by_the_product_and_learns_the_same(monkeypatch):
    images = sample.sample().limited(128, 100)
    inputs = Inputs(images.train, RECIPE, (28, 28))

    def losses():
        keras.utils.set_random_seed(0)
        image = keras.Input((28, 28, 1))
        x = layers.AveragePooling2D(2)(layers.Conv2D(6, 5, padding="same")(image))
        model = keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))
        fit.compile_model(model, images, RECIPE)
        step = step_of(model, inputs)
        return [np.asarray(step.train(*b)) for b in pipeline.train_batches(images, RECIPE, 0)]

    convolved = []
    own = keras.ops.conv
    monkeypatch.setattr("keras.src.ops.conv", lambda *a, **n: convolved.append(a) or own(*a, **n))
    ours = losses()
    assert convolved == []
    monkeypatch.setattr("netzoo.training.on_jax.banded_convolution", contextlib.nullcontext)
    np.testing.assert_allclose(ours, losses(), rtol=1e-4)
    assert len(convolved) == 1
