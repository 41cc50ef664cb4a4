"""Products of weights alone, functions inside of models, low-rank additions, quantised layers."""

import keras
import pytest
from keras import layers, ops

import netzoo


def model_of(layer, *shape, dtype="float32"):
    x = keras.Input(shape, dtype=dtype)
    return keras.Model(x, layer(x))


class Factors(layers.Layer):
    """A kernel of three factors, as tensor trains have it; `order` says what is done with them."""

    def __init__(self, order, **options):
        super().__init__(**options)
        self.order = order

    def build(self, shape):
        sizes = [(shape[-1], 3), (3, 2), (2, 5)]
        self.parts = [self.add_weight(shape=size, name=f"part{size[0]}") for size in sizes]
        self.named = {"scale": self.add_weight(shape=(5,), name="scale")}

    def call(self, x):
        a, b, c = self.parts
        return self.order(x, a, b, c) * self.named["scale"]


class Made(layers.Layer):
    """A kernel that a small network makes of a learned code."""

    def build(self, shape):
        self.code = self.add_weight(shape=(2, 3), name="code")
        self.maker = keras.Sequential([keras.Input((3,)), layers.Dense(6), layers.Dense(20)])

    def call(self, x):
        return ops.matmul(x, ops.reshape(self.maker(self.code), (8, 5)))


class Rebuilt(layers.Layer):
    """A depthwise kernel of an outer and an inner factor, cut to size by a bare slice."""

    def build(self, shape):
        self.left = self.add_weight(shape=(9, 2), name="left")
        self.right = self.add_weight(shape=(2, 2 * shape[-1]), name="right")

    def call(self, x):
        kernel = ops.matmul(self.left, self.right)
        kernel = ops.transpose(ops.transpose(kernel)[: x.shape[-1]])
        return ops.depthwise_conv(x, ops.reshape(kernel, (3, 3, x.shape[-1], 1)))


class OnTheLeft(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(4, shape[1]), name="kernel")

    def call(self, x):
        return self.kernel @ x


class Table(layers.Layer):
    """An MLP on a table of constants that is a buffer, as for the places of a window."""

    def build(self, shape):
        self.table = self.add_weight(shape=(7, 2), trainable=False, name="table")
        self.mlp = layers.Dense(8, activation="relu")
        self.mlp.build((7, 2))

    def call(self, x):
        return x + ops.mean(self.mlp(self.table), axis=0)


PRODUCTS = {
    "all factors first": (
        Factors(lambda x, a, b, c: x @ ((a @ b) @ c)), (8,), 8 * 3 * 2 + 8 * 2 * 5 + 40,
    ),
    "from the right": (
        Factors(lambda x, a, b, c: ops.matmul(x, ops.matmul(a, ops.matmul(b, c)))),
        (8,), 3 * 2 * 5 + 8 * 3 * 5 + 40,
    ),
    "one by one": (Factors(lambda x, a, b, c: x @ a @ b @ c), (8,), 24 + 6 + 10),
    "einsum": (
        Factors(lambda x, a, b, c: ops.einsum("ij,jk->ik", x, ops.einsum("ij,jk->ik", a, b) @ c)),
        (8,), 8 * 3 * 2 + 8 * 2 * 5 + 40,
    ),
    "made by a network": (Made(), (6, 8), 2 * (3 * 6 + 6 * 20) + 6 * 8 * 5),
    "a rebuilt convolution": (Rebuilt(), (6, 6, 4), 9 * 2 * 8 + 16 * 4 * 9),
    "the weight on the left": (OnTheLeft(), (6, 5), 4 * 6 * 5),
    "a table": (Table(), (8,), 7 * 2 * 8),
}  # fmt: skip


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_weights_alone_are_counted(name):
    layer, shape, expected = PRODUCTS[name]
    model = model_of(layer, *shape)
    before = model.get_weights()
    cost = netzoo.count_cost(model)
    assert (cost.macs, cost.uncounted) == (expected, ())
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert all(isinstance(weight, keras.Variable) for weight in layer.weights)


def test_the_gradient_of_a_made_kernel_goes_to_what_made_it():
    cost = netzoo.count_cost(model_of(Factors(lambda x, a, b, c: x @ ((a @ b) @ c)), 8))
    # x needs none: twice for x @ kernel, three times for the products of trained factors
    assert cost.training_flops == 2 * (2 * 40 + 3 * (8 * 3 * 2 + 8 * 2 * 5))
    frozen = netzoo.count_cost(model_of(Table(), 8))
    assert frozen.training_flops == 2 * 2 * 7 * 2 * 8


def function_model(calls, wrap=keras.Function):
    inside = keras.Input((8,))
    block = wrap(inside, layers.Dense(8, name="inside")(inside))
    x = y = keras.Input((8,))
    for _ in range(calls):
        y = block(y)
    return keras.Model(x, layers.Dense(2)(y))


@pytest.mark.parametrize("calls", [1, 3])
def test_a_function_is_counted_at_each_call_as_a_model_is(calls):
    cost = netzoo.count_cost(function_model(calls))
    other = netzoo.count_cost(function_model(calls, keras.Model))
    assert (cost.macs, cost.uncounted) == (calls * 64 + 16, ())
    assert cost.training_flops == other.training_flops
    assert cost.params == other.params == 72 + 18
    assert cost.layers[1].layers[-1].name.endswith("/inside")


def test_a_function_of_several_inputs_in_a_layer_and_in_a_function():
    a, b = keras.Input((4,)), keras.Input((6,))
    mix = keras.Function([a, b], [layers.Dense(3)(a), layers.Dense(3)(b)])

    class Mixing(layers.Layer):
        def call(self, x):
            one, two = mix([x[:, :4], x])
            return one + two

    assert netzoo.count_cost(model_of(Mixing(), 6)).macs == 12 + 18
    x = keras.Input((6,))
    outer = keras.Function(x, sum(mix([x[:, :4], x])))
    assert netzoo.count_cost(model_of(outer, 6)).macs == 12 + 18


class Plain(layers.Dense):
    """A subclass that adds nothing to the computation."""


class Own(layers.Dense):
    """A subclass that writes the computation anew."""

    def call(self, x):
        return ops.add(ops.matmul(x, self.kernel), self.bias)


def low_rank(layer, *shape, mode=None, inside=None, dtype="float32"):
    model = model_of(layer, *shape, dtype=dtype)
    inside = inside or layer
    if mode:
        inside.quantize(mode)
    inside.enable_lora(2)
    return model


def attention(layer, *names, mode=None):
    x = keras.Input((6, 8))
    model = keras.Model(x, layer(x, x))
    for name in ("query", "key", "value", "output") if mode else ():
        getattr(layer, f"_{name}_dense").quantize(mode)
    for name in names:
        getattr(layer, f"_{name}_dense").enable_lora(2)
    return model


PLAIN_HEADS = 4 * 6 * 64 + 2 * 36 * 8
GROUPED = 6 * 8 * 16 + 2 * 6 * 8 * 8 + 2 * 4 * 36 * 4 + 6 * 16 * 8
BESIDE = 7 * 8 * 2 + 7 * 2 * 5  # x @ a @ b, on 7 places of 8 to 5
LOW_RANK = {
    "dense": (lambda: low_rank(layers.Dense(5), 7, 8), 280 + 80),
    "subclass": (lambda: low_rank(Plain(5), 7, 8), 280 + 80),
    "subclass with a call": (lambda: low_rank(Own(5), 7, 8), 280 + 80),
    "below TimeDistributed": (
        lambda: low_rank(layers.TimeDistributed(d := layers.Dense(5)), 7, 8, inside=d),
        7 * (40 + 80),
    ),
    "embedding": (lambda: low_rank(layers.Embedding(10, 6), 5, dtype="int32"), 10 * 2 * 6),
    "embedding, int8": (
        lambda: low_rank(layers.Embedding(10, 6), 5, mode="int8", dtype="int32"), 5 * 2 * 6,
    ),
    "embedding, int4": (
        lambda: low_rank(layers.Embedding(10, 6), 5, mode="int4", dtype="int32"), 5 * 2 * 6,
    ),
    **{
        f"{kind.__name__}, {mode}": (
            lambda kind=kind, mode=mode, options=options: low_rank(
                kind(*options), 7, 8, mode=mode
            ),
            280 + BESIDE,
        )
        for kind, options in ((layers.Dense, (5,)), (layers.EinsumDense, ("abc,cd->abd", (7, 5))))
        for mode in ("int8", "int4")
    },
    "attention": (
        lambda: attention(layers.MultiHeadAttention(2, 4), "query", "value"), PLAIN_HEADS + 256,
    ),
    "attention, output": (
        lambda: attention(layers.MultiHeadAttention(2, 4), "output"), PLAIN_HEADS + 128,
    ),
    "attention, int4": (
        lambda: attention(layers.MultiHeadAttention(2, 4), mode="int4"), PLAIN_HEADS,
    ),
    "attention, int8, low rank": (
        lambda: attention(layers.MultiHeadAttention(2, 4), "query", mode="int8"),
        PLAIN_HEADS + 6 * 8 * 2 * 2 + 6 * 2 * 2 * 4,
    ),
    "grouped": (lambda: attention(layers.GroupQueryAttention(4, 4, 2)), GROUPED),
    "grouped, low rank": (
        lambda: attention(layers.GroupQueryAttention(4, 4, 2), "query"), GROUPED + 8 * 4 * 2 * 4,
    ),
    "convolution": (lambda: low_rank(layers.Conv2D(4, 3), 6, 6, 2), 16 * 4 * 18 + 18 * 2 * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", LOW_RANK)
def test_low_rank_additions_and_quantised_layers(name):
    make, expected = LOW_RANK[name]
    cost = netzoo.count_cost(make())
    assert (cost.macs, cost.uncounted) == (expected, ())


def test_a_tied_embedding_there_and_back_with_a_low_rank_addition():
    layer, x = layers.ReversibleEmbedding(10, 6), keras.Input((5,), dtype="int32")
    model = keras.Model(x, layer(layer(x), reverse=True))
    layer.enable_lora(2)
    assert netzoo.count_cost(model).macs == 2 * 10 * 2 * 6 + 5 * 6 * 10


def test_a_quantised_kernel_gets_no_gradient_and_its_low_rank_addition_does():
    x = keras.Input((7, 8))
    dense = layers.Dense(5)
    model = keras.Model(x, dense(layers.Dense(8)(x)))
    dense.quantize("int8")
    dense.enable_lora(2)
    first, low = 7 * 64, (7 * 8 * 2, 7 * 2 * 5)
    assert netzoo.count_cost(model).training_flops == 2 * (2 * first + 2 * 280 + 3 * sum(low))
