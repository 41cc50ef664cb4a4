"""Models put together from layers, against formulas by hand: nested, quantised, users' rules."""

import keras
import pytest
from keras import layers

import netzoo


def nest(depth):
    image = keras.Input((8,))
    x = layers.Dense(8, name="dense")(image)
    if depth:
        x = nest(depth - 1)(x)
    return keras.Model(image, x, name=f"level{depth}")


def test_three_levels_of_nesting():
    cost = netzoo.count_cost(nest(3))
    assert (cost.macs, cost.params) == (4 * 64, 4 * 72)
    inner = cost.layers[2]
    assert (inner.name, inner.macs) == ("level2", 3 * 64)
    assert [row.name for row in inner.layers][1:] == ["level2/dense", "level2/level1"]
    assert inner.layers[2].layers[2].layers[1].name == "level2/level1/level0/dense"


def test_a_nested_model_called_on_another_shape_is_counted_on_that_shape():
    image = keras.Input((None, None, 3))
    inner = keras.Model(image, layers.Conv2D(4, 3)(image), name="inner")
    outer_image = keras.Input((10, 12, 3))
    outer = keras.Model(outer_image, layers.Add()([inner(outer_image), inner(outer_image)]))
    cost = netzoo.count_cost(outer)
    assert cost.macs == 2 * 8 * 10 * 4 * 9 * 3
    assert cost.params == 4 * 28
    assert netzoo.count_cost(inner, (10, 12, 3)).macs == cost.macs / 2


def test_several_inputs_and_outputs_and_a_dtype_policy():
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    with_policy = layers.Dense(3, dtype="float16")
    x = with_policy(a)
    model = keras.Model({"a": a, "b": b}, [x, layers.Dense(2)(b)])
    cost = netzoo.count_cost(model)
    assert cost.macs == 12 + 12
    assert cost.weight_bytes == 2 * 15 + 4 * 14


def test_lora_and_quantised_layers():
    image = keras.Input((8,))
    dense = layers.Dense(4)
    model = keras.Model(image, dense(image))
    dense.enable_lora(2)
    cost = netzoo.count_cost(model)
    assert cost.macs == 8 * 4 + 8 * 2 * 4  # the kernel is made anew: a @ b
    assert cost.trainable_params == 8 * 2 + 2 * 4 + 4
    small = layers.Dense(4)
    whole = keras.Model(image, small(image))
    small.quantize("int8")
    quantised = netzoo.count_cost(whole)
    packed = layers.EinsumDense("ab,bc->ac", 4)
    einsum = keras.Model(image, packed(image))
    packed.quantize("int4")
    assert netzoo.count_cost(einsum).macs == 32
    assert quantised.macs == 32
    assert quantised.weight_bytes < 4 * 36


class SecretCell(layers.SimpleRNNCell):
    def call(self, sequence, states, training=False):
        raise RuntimeError("needs values")


def test_a_recurrent_layer_with_a_cell_of_its_own_is_named_and_an_open_length_is_an_error():
    steps = keras.Input((7, 5))
    layer = layers.RNN(SecretCell(4), name="steps")
    with keras.StatelessScope(initialize_variables=False):
        layer.build((None, 7, 5))
    layer.compute_output_spec = lambda *given, **options: keras.KerasTensor((None, 4))
    assert netzoo.count_cost(keras.Model(steps, layer(steps))).uncounted == ("steps (RNN)",)
    open_steps = keras.Input((None, 5))
    model = keras.Model(open_steps, layers.LSTM(4)(open_steps))
    with pytest.raises(netzoo.NetzooError, match="open dimension"):
        netzoo.count_cost(model)
    assert netzoo.count_cost(model, (3, 5)).macs == 3 * 4 * 9 * 4


class Gate(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), name="kernel")

    def call(self, inputs):
        return Secret.call(self, inputs) @ self.kernel

    def compute_output_shape(self, shape):
        return (*shape[:-1], 3)


class Secret(layers.Layer):
    def call(self, inputs):
        raise RuntimeError("needs values")


def test_a_users_rule_and_a_users_method():
    class Ruled(Gate):
        pass

    class Own(Gate):
        def count_macs(self, input_shapes, output_shapes):
            return input_shapes[0][-1] * output_shapes[0][-1]

    image = keras.Input((5,))
    assert netzoo.count_cost(keras.Model(image, Gate(name="gate")(image))).uncounted == (
        "gate (Gate)",
    )
    netzoo.cost_rule(Ruled)(lambda layer, inputs, outputs: inputs[0][-1] * outputs[0][-1])
    for layer in (Ruled(), Own()):
        cost = netzoo.count_cost(keras.Model(image, layer(image)))
        assert (cost.macs, cost.uncounted) == (15, ())
        assert cost.training_flops == 2 * 15 * 2


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_a_users_method_stands_for_the_inside_of_a_layer_that_has_one(kind):
    class Own(kind):
        def count_macs(self, input_shapes, output_shapes):
            return 5

    image = keras.Input((10, 3))
    functional = keras.Model(image, Own(4)(image))
    sequential = keras.Sequential([image, Own(4)])
    for model in (functional, sequential):
        cost = netzoo.count_cost(model)
        assert (cost.macs, cost.uncounted, cost.layers[-1].layers) == (5, (), ())


def test_a_users_method_stands_for_the_inside_of_attention():
    class Own(layers.MultiHeadAttention):
        def count_macs(self, input_shapes, output_shapes):
            return 5

    image = keras.Input((10, 4))
    assert netzoo.count_cost(keras.Model(image, Own(2, 2)(image, image))).macs == 5


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (layers.Dense, "Dense has a cost rule already"),
        (layers.Dropout, "Dropout has a cost rule already"),
        (str, "takes a class of layers"),
        (3, "received 3"),
    ],
)
def test_a_rule_for_what_has_one_or_is_no_layer_is_refused(kind, words):
    with pytest.raises(netzoo.NetzooError, match=words):
        netzoo.cost_rule(kind)
