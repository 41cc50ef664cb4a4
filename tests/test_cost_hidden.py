"""What hides a product: weights in odd places, gates, wrappers; and what counting leaves."""

import functools
from collections import namedtuple

import keras
import pytest
from keras import layers, ops

import netzoo

Pair = namedtuple("Pair", "a b")


class Held:
    """An object of the user's that holds weights."""

    def __init__(self, a, b):
        self.a, self.b = a, b


def model_of(function, *shape, dtype="float32"):
    x = keras.Input(shape, dtype=dtype)
    return keras.Model(x, function(x))


class Factors(layers.Layer):
    """x @ (a @ b), 6 × 2 by 2 × 4; `keep` says where they lie, `find` where they are found."""

    def __init__(self, keep, find):
        super().__init__()
        self.keep, self.find = keep, find

    def build(self, shape):
        a = self.add_weight(shape=(6, 2), name="a")
        b = self.add_weight(shape=(2, 4), name="b")
        self.held = self.keep(a, b)

    def call(self, x):
        return ops.matmul(x, self.find(self))


def nothing(a, b):
    return None


PLACES = {
    "list of weights": (nothing, lambda s: s.weights[0] @ s.weights[1]),
    "trained weights": (nothing, lambda s: ops.matmul(*s.trainable_variables)),
    "named tuple": (Pair, lambda s: s.held.a @ s.held.b),
    "an object": (Held, lambda s: ops.matmul(s.held.a, s.held.b)),
    "nested": (lambda a, b: {"both": [(a, b)]}, lambda s: ops.matmul(*s.held["both"][0])),
    "a closure": (lambda a, b: lambda: a @ b, lambda s: s.held()),
    "a reduction": (nothing, lambda s: functools.reduce(ops.matmul, s.weights)),
    "scaled": (Pair, lambda s: (2 * s.held.a) @ s.held.b),
}


@pytest.mark.parametrize("name", PLACES)
def test_weights_are_seen_wherever_a_layer_keeps_them(name):
    layer = Factors(*PLACES[name])
    cost = netzoo.count_cost(model_of(layer, 6))
    assert (cost.macs, cost.uncounted) == (6 * 2 * 4 + 24, ())
    assert cost.training_flops == 2 * (3 * 48 + 2 * 24)
    assert all(isinstance(weight, keras.Variable) for weight in layer.weights)


def test_products_of_values_alone_are_counted_at_each_call():
    outside = [keras.Variable(ops.ones(shape)) for shape in ((6, 2), (2, 4))]
    cost = netzoo.count_cost(model_of(layers.Lambda(lambda x: x @ ops.matmul(*outside)), 6))
    assert (cost.macs, cost.uncounted) == (48 + 24, ())

    class Judging(layers.Layer):
        """Looks at the values of a weight, which symbolic ones have not."""

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")

        def compute_output_shape(self, shape):
            return (*shape[:-1], 3)

        def call(self, x):
            gram = ops.matmul(ops.transpose(self.kernel), self.kernel)
            y = ops.matmul(x, self.kernel)
            return y @ gram if ops.convert_to_numpy(self.kernel).max() > -9 else y

    cost = netzoo.count_cost(model_of(Judging(), 4))
    assert (cost.macs, cost.uncounted) == (3 * 4 * 3 + 12 + 9, ())


def test_the_gate_of_attention_and_scores_that_are_used():
    gated = layers.MultiHeadAttention(2, 3, use_gate=True)
    macs = 5 * 6 * 8 * 6 + 2 * 36 * 6
    assert netzoo.count_cost(model_of(lambda x: gated(x, x), 6, 8)).macs == macs
    grouped = layers.GroupQueryAttention(3, 4, 2, use_gate=True)
    expected = 3 * 6 * 8 * 12 + 2 * 6 * 8 * 6 + 2 * 36 * 12
    assert netzoo.count_cost(model_of(lambda x: grouped(x, x), 6, 8)).macs == expected
    layer = layers.MultiHeadAttention(2, 3)

    def scores(x):
        _, found = layer(x, x, return_attention_scores=True)
        return layers.Dense(2)(ops.reshape(found, (-1, 12, 6)))

    projections, pairs, last = 2 * 6 * 8 * 6, 36 * 6, 12 * 6 * 2
    unused = 6 * 8 * 6 + pairs + 6 * 6 * 8  # the values and the output, made forward alone
    cost = netzoo.count_cost(model_of(scores, 6, 8))
    assert cost.training_flops == 2 * (2 * projections + 3 * pairs + 3 * last + unused)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_quantised_layer_below_time_distributed_is_called_plainly(mode):
    dense = layers.Dense(5)
    model = model_of(layers.TimeDistributed(dense), 6, 8)
    dense.quantize(mode)
    dense.enable_lora(2)
    assert netzoo.count_cost(model).macs == 6 * (40 + 80)


def test_a_frozen_kernel_gets_no_gradient_though_a_bias_of_two_axes_does():
    layer = layers.EinsumDense("abc,cde->abde", (6, 2, 4), bias_axes="de")
    model = model_of(layer, 6, 8)
    layer.quantize("int8")
    assert netzoo.count_cost(model).training_flops == 2 * 384


class OnAWeight(layers.Layer):
    """Adds what a layer makes of a learned input."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def build(self, shape):
        self.given = self.add_weight(shape=(1, 4, 5), name="given")
        self.inner.build((1, 4, 5))

    def call(self, x):
        return x + ops.sum(self.inner(self.given))


@pytest.mark.parametrize("kind", [layers.GRU, layers.LSTM, layers.SimpleRNN])
def test_a_learned_input_gets_its_gradient_in_a_layer_too(kind):
    inner = netzoo.count_cost(model_of(lambda x: kind(3)(layers.Dense(5)(x)), 4, 2)).layers[-1]
    cost = netzoo.count_cost(model_of(OnAWeight(kind(3)), 3))
    assert cost.training_flops == inner.training_flops


class Optional(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(3), layers.Dense(3)

    def call(self, x, context=None):
        y = self.first(x)
        return y if context is None else y + self.second(context)


class Named(Optional):
    def call(self, x, *, context):
        return Optional.call(self, x, context)


@pytest.mark.parametrize("kind", [Optional, Named])
def test_an_optional_argument_is_given_by_its_name(kind):
    model = kind()
    model(ops.zeros((4, 5)), context=ops.zeros((4, 7)))
    assert netzoo.count_cost(model, {"x": (5,), "context": (7,)}).macs == 15 + 21


class Caches(layers.Layer):
    """Keeps what it computes, counts its calls, and has a head that only training builds."""

    def __init__(self):
        super().__init__()
        self.main, self.head, self.seen, self.product = layers.Dense(4), layers.Dense(3), 0, None

    def build(self, shape):
        self.main.build(shape)

    def call(self, x, training=False):
        self.seen += 1
        self.product = ops.matmul(self.main.kernel, ops.transpose(self.main.kernel))
        y = self.main(ops.matmul(x, self.product))
        return y + ops.mean(self.head(y)) if training else y


@pytest.mark.filterwarnings("ignore:Layer 'caches' looks like it has unbuilt state")
def test_what_a_call_sets_or_builds_is_taken_back():
    layer = Caches()
    model = model_of(layer, 6)
    model(ops.ones((1, 6)))
    before = dict(vars(layer))
    first, second = netzoo.count_cost(model), netzoo.count_cost(model)
    assert first == second
    assert first.params == model.count_params()
    assert {key: vars(layer)[key] for key in before} == before
    assert not layer.head.built
    assert len(model.weights) == 2
    assert not isinstance(layer.product, keras.KerasTensor)


def test_input_shapes_that_are_none_are_refused_in_words():
    model = Optional()
    for shape in ((-5, 9), (0,), (None, 3)):
        with pytest.raises(netzoo.NetzooError, match="whole numbers above 0"):
            netzoo.count_cost(model, shape)
