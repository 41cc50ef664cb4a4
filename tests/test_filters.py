"""The filters of the first convolution: the right layer's, as trained, and not too many."""

import keras
import numpy as np
import pytest
from hooks import Hooks
from keras import layers

from netzoo.data import sample
from netzoo.recipes import Recipe
from netzoo.records.arrays import Filters
from netzoo.records.codec import from_plain, to_plain
from netzoo.training import fit
from netzoo.training.filters import first_filters


class Block(layers.Layer):
    """Call two convolutions in another order than they were made in."""

    def __init__(self, **options):
        super().__init__(**options)
        self.later = layers.Conv2D(3, 3, name="later")
        self.sooner = layers.Conv2D(2, 3, name="sooner")

    def build(self, shape):
        self.sooner.build(shape)
        self.later.build((*shape[:-1], 2))

    def call(self, x):
        return self.later(self.sooner(x))

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] - 4, shape[2] - 4, 3)


class Opaque(Block):
    """Call them in an order that depends on values, which nothing but a run can tell."""

    def call(self, x):
        if float(keras.ops.convert_to_numpy(x).mean()) > 0:
            return self.later(self.sooner(x))
        return self.later(self.sooner(-x))


def chain(*parts, shape=(12, 12, 3)):
    """Build a functional model of layers, one after another."""
    image = x = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(image, x)


def array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def values(filters):
    return np.frombuffer(filters.unpacked(), "<f2").reshape(filters.shape)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_training_gives_the_trained_kernel_to_float16(dtype):
    """Of the float32 weights: bfloat16, in which they are used, has three bits less."""
    images = sample.sample().limited(200, 100)
    keras.utils.set_random_seed(0)
    model = chain(
        layers.Conv2D(4, 3, strides=2, name="first", dtype=dtype),
        layers.Conv2D(4, 3, strides=2, name="second", dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.Dense(10, dtype="float32"),
        shape=(28, 28, 1),
    )
    before = array(model.get_layer("first").kernel).astype("<f2")
    recipe = Recipe("test", epochs=1, batch_size=50, learning_rate=0.05)
    fit.compile_model(model, images, recipe)
    filters = fit.fit(model, images, recipe, 0, Hooks()).filters
    after = array(model.get_layer("first").kernel)
    assert after.dtype == np.float32
    assert (filters.layer, filters.shape, filters.total) == ("first", (3, 3, 1, 4), 4)
    assert (values(filters) == after.astype("<f2")).all()
    assert (values(filters) != before).all()
    assert from_plain(Filters, to_plain(filters)) == filters


def nested():
    inner = keras.Sequential(
        [keras.Input((12, 12, 3)), layers.Rescaling(2.0), layers.Conv2D(2, 3, name="inner")]
    )
    return chain(layers.ReLU(), chain(inner), layers.Conv2D(4, 3, name="outer"))


def branches():
    """Build a model whose second convolution was made before its first."""
    image = keras.Input((12, 12, 3))
    second, first = layers.Conv2D(2, 3, name="second"), layers.Conv2D(2, 3, name="first")
    return keras.Model(image, second(first(image)))


WHICH = {
    "nested": (nested, "inner"),
    "sequential": (
        lambda: keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3, name="only")]),
        "only",
    ),
    "made later": (branches, "first"),
    "inside a layer": (lambda: chain(Block(), layers.Conv2D(2, 3, name="outer")), "sooner"),
    "one dimension before": (
        lambda: chain(
            layers.Reshape((12, 36)), layers.Conv1D(36, 1), layers.Reshape((12, 12, 3)),
            layers.Conv2D(2, 3, name="flat"),
        ),
        "flat",
    ),
    "at each step": (
        lambda: chain(
            layers.Reshape((2, 6, 12, 3)), layers.TimeDistributed(layers.Conv2D(2, 3, name="step"))
        ),
        "step",
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", WHICH)
def test_the_first_convolution_in_the_order_of_calls(which):
    build, name = WHICH[which]
    filters = first_filters(build())
    assert filters.layer == name
    assert filters.shape == (3, 3, 3, 2)


NONE = {
    "no convolution": lambda: chain(layers.Flatten(), layers.Dense(3)),
    "not two-dimensional": lambda: chain(layers.Reshape((12, 36)), layers.Conv1D(2, 3)),
    "which is first cannot be told": lambda: chain(Opaque(), layers.Conv2D(2, 3)),
    "a filter of 90 × 90 × 13": lambda: chain(layers.Conv2D(1, 90), shape=(90, 90, 13)),
}


@pytest.mark.parametrize("which", NONE)
def test_none_where_there_is_none_to_show(which):
    assert first_filters(NONE[which]()) is None


@pytest.mark.parametrize(
    ("filters", "size", "kept"),
    [
        (96, 3, 96),
        (97, 3, 96),
        (40, 33, 30),  # 33 × 33 × 3 × 30 = 98,010
    ],
)
def test_the_first_filters_are_kept_of_too_many(filters, size, kept):
    model = chain(layers.Conv2D(filters, size), shape=(40, 40, 3))
    found = first_filters(model)
    assert (found.shape, found.total) == ((size, size, 3, kept), filters)
    assert (values(found) == array(model.layers[1].kernel)[..., :kept].astype("<f2")).all()


@pytest.mark.parametrize("kind", [layers.DepthwiseConv2D, layers.SeparableConv2D])
def test_a_filter_of_a_depthwise_convolution_sees_one_channel(kind):
    sizes = {"filters": 5} if kind is layers.SeparableConv2D else {}
    model = chain(kind(kernel_size=3, depth_multiplier=2, **sizes))
    found = first_filters(model)
    assert (found.shape, found.total) == ((3, 3, 1, 6), 6)
    kernel = array(model.layers[1].weights[0])  # 3 × 3 × 3 channels × 2
    assert (values(found)[:, :, 0, 5] == kernel[:, :, 2, 1].astype("<f2")).all()


def test_a_weight_beyond_float16_is_its_largest_number():
    model = chain(layers.Conv2D(2, 1))
    model.layers[1].set_weights([np.full((1, 1, 3, 2), 1e9), np.zeros(2)])
    assert (values(first_filters(model)) == 65504).all()
