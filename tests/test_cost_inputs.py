"""Models of open, several and structured inputs; layers whose symbolic shape is open."""

import keras
import pytest
from keras import layers, ops

import netzoo
from netzoo.errors import BadInput, UnknownName


def model_of(function, *shapes, dtype="float32"):
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    return keras.Model(inputs, function(*inputs))


class Attends(layers.MultiHeadAttention):
    """A subclass whose own call goes on to its base's."""

    def call(self, query, value, key=None, training=None):
        return super().call(query, value, key, training=training)


class Derived(layers.MultiHeadAttention):
    pass


class Inside(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.EinsumDense("abc,cde->abde", (None, 3, 5))

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x)


HEADS = 4 * 6 * 64 + 2 * 36 * 8
OPEN_SHAPES = {
    "an open axis": (layers.EinsumDense("abc,cd->abd", (None, 8)), (6, 16), 6 * 16 * 8),
    "two more": (layers.EinsumDense("abc,cde->abde", (None, 3, 5)), (11, 12), 11 * 12 * 15),
    "the kernel turned": (layers.EinsumDense("abc,dc->abd", (None, 8)), (6, 16), 6 * 16 * 8),
    "two open": (layers.EinsumDense("abcd,de->abce", (None, None, 3)), (2, 5, 4), 2 * 5 * 4 * 3),
    "with a bias": (
        layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d", activation="relu"),
        (6, 16), 6 * 16 * 8,
    ),
    "in a layer": (Inside(), (11, 12), 11 * 12 * 15),
    "attention derived": (lambda x: Derived(2, 4)(x, x), (6, 8), HEADS),
    "attention with a call": (lambda x: Attends(2, 4)(x, x), (6, 8), HEADS),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN_SHAPES)
def test_a_shape_that_the_inputs_settle_is_not_open(name):
    layer, shape, expected = OPEN_SHAPES[name]
    model = model_of(layer, shape)
    for cost in (netzoo.count_cost(model), netzoo.count_cost(model, shape)):
        assert (cost.macs, cost.uncounted) == (expected, ())
    nested = model_of(lambda x: model([x]), shape)
    assert netzoo.count_cost(nested).macs == expected


RECURRENT = {
    "LSTM": (layers.LSTM, (3,), (3, 4, 2), 3 * 4 * 4 * 5 * 3),
    "GRU": (layers.GRU, (3,), (3, 4, 2), 3 * 4 * 3 * 5 * 3),
    "SimpleRNN": (layers.SimpleRNN, (3,), (3, 4, 2), 3 * 4 * 5 * 3),
    "ConvLSTM2D": (layers.ConvLSTM2D, (2, 3), (2, 3, 6, 6, 1), 2 * 3 * 4 * 16 * 2 * 9 * 3),
}


class Sequences(layers.LSTM):
    """A recurrent layer that adds nothing."""


@pytest.mark.parametrize("name", RECURRENT)
def test_a_recurrent_layer_is_counted_at_each_step_of_another(name):
    kind, arguments, shape, expected = RECURRENT[name]
    cost = netzoo.count_cost(model_of(layers.TimeDistributed(kind(*arguments)), shape))
    assert (cost.macs, cost.uncounted) == (expected, ())
    once = netzoo.count_cost(model_of(kind(*arguments), shape[1:]))
    assert cost.training_flops == shape[0] * once.training_flops


def test_recurrent_layers_below_others():
    both = layers.TimeDistributed(layers.Bidirectional(layers.LSTM(3)))
    assert netzoo.count_cost(model_of(both, (3, 4, 2))).macs == 2 * 3 * 4 * 4 * 5 * 3
    twice = layers.TimeDistributed(layers.TimeDistributed(layers.GRU(3)))
    assert netzoo.count_cost(model_of(twice, (2, 3, 4, 2))).macs == 2 * 3 * 4 * 3 * 5 * 3
    stack = keras.Sequential([keras.Input((4, 2)), Sequences(3), layers.Dense(2)])
    assert netzoo.count_cost(model_of(layers.TimeDistributed(stack), (3, 4, 2))).macs == 3 * (
        4 * 4 * 5 * 3 + 6
    )


class Counted(layers.Layer):
    state_size = output_size = 3

    def call(self, x, states=None):
        return x if states is None else (states[0], states)

    def compute_output_shape(self, shape):
        return shape

    def count_macs(self, input_shapes, output_shapes):
        return 100


def test_a_rule_of_ones_own_is_asked_below_wrappers_and_in_cells():
    assert netzoo.count_cost(model_of(layers.TimeDistributed(Counted()), (7, 3))).macs == 700
    assert netzoo.count_cost(model_of(layers.RNN(Counted()), (7, 3))).macs == 700
    inside = layers.TimeDistributed(keras.Sequential([keras.Input((3,)), Counted()]))
    assert netzoo.count_cost(model_of(inside, (7, 3))).macs == 700


def text_model(structured):
    names = ("a", "b")
    a, b = (keras.Input((None,), dtype="int32", name=name) for name in names)
    embed = layers.Embedding(10, 4)
    x = layers.Dense(3)(embed(a) + embed(b))
    return keras.Model({"a": a, "b": b} if structured else [a, b], x)


@pytest.mark.parametrize("structured", [True, False])
def test_a_model_of_several_open_inputs_takes_one_shape_or_one_for_each(structured):
    model = text_model(structured)
    with pytest.raises(BadInput, match="open dimension"):
        netzoo.count_cost(model)
    for shape in ((16,), [(16,), (16,)], {"a": (16,), "b": (16,)}):
        assert netzoo.count_cost(model, shape).macs == 16 * 12
    with pytest.raises(UnknownName, match="no input 'c'"):
        netzoo.count_cost(model, {"a": (16,), "c": (16,)})
    with pytest.raises(BadInput, match=r"takes inputs of shape \(None,\); received \(3, 4\)"):
        netzoo.count_cost(model, (3, 4))
    with pytest.raises(BadInput, match="2 inputs, a, b; received 1 shapes"):
        netzoo.count_cost(model, [(16,)])


class Two(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4), layers.Dense(2)

    def call(self, x):
        a, b = (x["a"], x["b"]) if isinstance(x, dict) else x
        return self.first(a) + self.second(b)[:, :1]


class TwoArguments(Two):
    def call(self, a, b):
        return Two.call(self, [a, b])


@pytest.mark.parametrize(
    ("given", "shapes"),
    [
        ({"a": (3, 8), "b": (3, 10)}, {"a": (8,), "b": (10,)}),
        ([(3, 8), (3, 10)], [(8,), (10,)]),
        (((3, 8), (3, 10)), [(8,), (10,)]),
    ],
)
def test_a_subclassed_model_of_structured_inputs(given, shapes):
    model = Two()
    if isinstance(given, dict):
        model({key: ops.ones(shape) for key, shape in given.items()})
    else:
        model(type(given)(ops.ones(shape) for shape in given))
    assert netzoo.count_cost(model).macs == 52
    assert netzoo.count_cost(model, shapes).macs == 52


def test_a_subclassed_model_of_two_arguments_asks_for_the_shape_of_each():
    model = TwoArguments()
    model(ops.ones((3, 8)), ops.ones((3, 10)))
    with pytest.raises(BadInput, match="is called on a, b; give the shape of each"):
        netzoo.count_cost(model)
    for shapes in ({"a": (8,), "b": (10,)}, [(8,), (10,)]):
        assert netzoo.count_cost(model, shapes).macs == 52


def test_an_unbuilt_model_is_counted_on_a_given_shape_or_asks_for_one():
    with pytest.raises(BadInput, match="is not built; give an input shape"):
        netzoo.count_cost(Two())


def test_counting_leaves_a_model_as_it_was():
    calls = []

    class Noted(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(4)

        def call(self, x):
            calls.append(x)
            return self.inner(x) + 1

    layer = Noted()
    model = model_of(layer, (8,))
    nodes, made = len(layer.inner._inbound_nodes), len(calls)
    name = layers.Dense(1).name
    netzoo.count_cost(model)
    assert len(calls) == made + 1
    assert len(layer.inner._inbound_nodes) == nodes
    number = int(name.rpartition("_")[2]) if name[-1].isdigit() else 0
    assert layers.Dense(1).name == f"dense_{number + 1}"
    assert isinstance(layer.inner.kernel, keras.Variable)


class OwnCall(keras.Model):
    """A functional model whose class goes on in a call of its own."""

    def call(self, x):
        return 2 * super().call(x)


class Stateful(keras.Model):
    def __init__(self):
        super().__init__()
        self.steps = layers.LSTM(3, stateful=True)

    def call(self, x):
        return self.steps(x)


def test_a_functional_model_with_a_call_of_its_own_is_counted_by_that():
    x = keras.Input((6,))
    assert netzoo.count_cost(OwnCall(x, layers.Dense(4)(x))).macs == 24
    several = keras.Input((6,), batch_size=8)
    assert netzoo.count_cost(OwnCall(several, layers.Dense(4)(several))).macs == 24


def test_a_subclassed_model_with_states_is_counted_for_one_image_or_asks_for_a_shape():
    model = Stateful()
    model(ops.ones((8, 5, 3)))
    expected = 5 * 4 * 6 * 3
    if (model.get_build_config() or {}).get("input_shape") is None:
        with pytest.raises(BadInput, match="keeps no shape that it was built on"):
            netzoo.count_cost(model)
    else:
        assert netzoo.count_cost(model).macs == expected
    assert netzoo.count_cost(model, (5, 3)).macs == expected
