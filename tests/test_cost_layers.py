"""Every layer of Keras and whole models, against formulas by hand."""

import inspect

import keras
import pytest
from keras import layers, ops

import netzoo
from netzoo.cost import layers as tables
from netzoo.cost import operations

# Counted through what their call is made of.
SEEN_THROUGH = {
    "Bidirectional", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
    "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "GRUCell", "LSTMCell", "Lambda",
    "ReversibleEmbedding", "STFTSpectrogram", "SeparableConv1D", "SeparableConv2D",
    "SimpleRNNCell", "SpectralNormalization", "StackedRNNCells",
}  # fmt: skip
# Nothing can be seen in them: another library's code, or an FFT. Named in `uncounted`.
NOT_SEEN = {"FlaxLayer", "JaxLayer", "MelSpectrogram", "TFSMLayer", "TorchModuleWrapper"}
# Not layers that do anything by themselves.
ABSTRACT = {"Layer", "Wrapper", "Pipeline"}


def model_of(layer, *shapes, dtype="float32"):
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    return keras.Model(inputs, layer(*inputs))


def macs(layer, *shapes, **options):
    cost = netzoo.count_cost(model_of(layer, *shapes, **options))
    assert cost.uncounted == ()
    return cost.macs


def test_every_layer_of_keras_has_a_rule_is_free_is_seen_through_or_is_named():
    for name, kind in inspect.getmembers(layers, inspect.isclass):
        if not issubclass(kind, layers.Layer):
            continue
        places = [
            kind in tables.RULES,
            kind in tables.STEPWISE,
            kind in tables.FREE,
            kind.__name__ in SEEN_THROUGH or name in SEEN_THROUGH,
            name in NOT_SEEN,
            name in ABSTRACT,
        ]
        assert sum(places) == 1, f"{name} is in {sum(places)} places"


def test_every_name_in_the_tables_exists():
    assert len(tables.FREE) == len(tables._FREE_NAMES.split())
    known = {kind.__name__ for kind in _subclasses(keras.Operation)}
    assert set(operations.RULES) <= known
    assert known >= operations.UNKNOWN


def _subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


LAYERS = [
    # convolutions: output places × filters × window × channels of a group
    (layers.Conv1D(4, 3), [(8, 3)], 6 * 4 * 3 * 3),
    (layers.Conv1D(4, 3, padding="causal"), [(8, 3)], 8 * 4 * 3 * 3),
    (layers.Conv1D(4, 3, dilation_rate=2), [(8, 3)], 4 * 4 * 3 * 3),
    (layers.Conv2D(4, 3, strides=2, padding="same"), [(9, 9, 3)], 25 * 4 * 9 * 3),
    (layers.Conv2D(6, 3, groups=3), [(8, 8, 3)], 36 * 6 * 9),
    (layers.Conv3D(4, (1, 2, 3)), [(4, 5, 6, 2)], 4 * 4 * 4 * 4 * 6 * 2),
    (layers.DepthwiseConv1D(3, depth_multiplier=2), [(8, 3)], 6 * 6 * 3),
    (layers.DepthwiseConv2D(3, depth_multiplier=2), [(8, 8, 3)], 36 * 6 * 9),
    (layers.SeparableConv1D(4, 3), [(8, 3)], 6 * 3 * 3 + 6 * 3 * 4),
    (layers.SeparableConv2D(4, 3, depth_multiplier=2), [(8, 8, 3)], 36 * 6 * 9 + 36 * 6 * 4),
    # transposed: input places × channels × window × filters
    (layers.Conv1DTranspose(4, 3, strides=2), [(8, 3)], 8 * 3 * 3 * 4),
    (layers.Conv2DTranspose(4, 3, strides=2, padding="same"), [(8, 8, 3)], 64 * 3 * 9 * 4),
    (layers.Conv3DTranspose(2, 2), [(3, 3, 3, 4)], 27 * 4 * 8 * 2),
    # matrix products
    (layers.Dense(5), [(7, 3)], 7 * 3 * 5),
    (layers.EinsumDense("abc,cd->abd", (6, 5)), [(6, 8)], 6 * 8 * 5),
    (layers.EinsumDense("...x,xy->...y", 5), [(2, 3, 4)], 2 * 3 * 4 * 5),
    (layers.ReversibleEmbedding(10, 4), [(6,)], 0),
    # recurrent: steps × gates × (features + units) × units
    (layers.SimpleRNN(6), [(7, 5)], 7 * 11 * 6),
    (layers.LSTM(6), [(7, 5)], 7 * 4 * 11 * 6),
    (layers.LSTM(6, return_sequences=True, unroll=True), [(7, 5)], 7 * 4 * 11 * 6),
    (layers.GRU(6), [(7, 5)], 7 * 3 * 11 * 6),
    (layers.GRU(6, reset_after=False), [(7, 5)], 7 * 3 * 11 * 6),
    (layers.RNN(layers.LSTMCell(6)), [(7, 5)], 7 * 4 * 11 * 6),
    (
        layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(4)])),
        [(7, 5)],
        7 * (4 * 8 * 3 + 3 * 7 * 4),
    ),
    (layers.Bidirectional(layers.LSTM(6)), [(7, 5)], 2 * 7 * 4 * 11 * 6),
    (
        layers.ConvLSTM2D(3, 3),
        [(4, 8, 8, 2)],
        4 * 4 * (36 * 3 * 9 * 2 + 36 * 3 * 9 * 3),
    ),
    (layers.ConvLSTM1D(3, 3, padding="same"), [(4, 8, 2)], 4 * 4 * 8 * 3 * 3 * (2 + 3)),
    (layers.TimeDistributed(layers.Dense(4)), [(7, 5)], 7 * 5 * 4),
    (layers.TimeDistributed(layers.Conv2D(4, 3)), [(7, 5, 5, 2)], 7 * 9 * 4 * 9 * 2),
    # attention: projections, scores, weighted values, output
    (
        layers.MultiHeadAttention(2, 4),
        [(6, 8), (9, 5)],
        8 * (6 * 8 + 9 * 5 + 9 * 5) + 2 * 6 * 9 * 8 + 6 * 8 * 8,
    ),
    (
        layers.MultiHeadAttention(2, 4, value_dim=3, output_shape=7),
        [(6, 8), (9, 5), (9, 11)],
        6 * 8 * 8 + 9 * 11 * 8 + 9 * 5 * 6 + 2 * 6 * 9 * (4 + 3) + 6 * 6 * 7,
    ),
    (
        layers.MultiHeadAttention(2, 4, attention_axes=2),
        [(3, 6, 8), (3, 6, 8)],
        3 * (8 * 6 * 8 * 3 + 2 * 6 * 6 * 8 + 6 * 8 * 8),
    ),
    (
        layers.GroupQueryAttention(4, 6, 3),
        [(5, 8), (7, 8)],
        5 * 8 * 24 + 2 * 7 * 8 * 12 + 2 * 6 * 5 * 7 * 4 + 5 * 24 * 8,
    ),
    (layers.SpectralNormalization(layers.Dense(4)), [(8,)], 32),
    (layers.Lambda(lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1)))), [(5, 3)], 75),
    (layers.BatchNormalization(), [(5, 3)], 0),
    (layers.RandomFlip(), [(8, 8, 3)], 0),
    (layers.Resizing(4, 4), [(8, 8, 3)], 0),
]


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    LAYERS,
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else None,
)
def test_layers_by_hand(layer, shapes, expected):
    assert macs(layer, *shapes) == expected


@pytest.mark.filterwarnings("ignore:NotImplemented should not be used:DeprecationWarning")
@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (ops.matmul, [(5, 3), (3, 4)], 60),
        (lambda a, b: ops.einsum("bij,bkj->bik", a, b), [(5, 3), (4, 3)], 60),
        (lambda a, b: ops.einsum("...j,...j->...j", a, b), [(5, 3), (5, 3)], 0),
        (lambda a: ops.tensordot(a, ops.ones((3, 4)), axes=1), [(5, 3)], 60),
        (lambda a: ops.tensordot(a, ops.ones((5, 3)), axes=((1, 2), (0, 1))), [(5, 3)], 15),
        (lambda a: ops.dot(a, ops.ones((3, 4))), [(5, 3)], 60),
        (lambda a: ops.conv(a, ops.ones((3, 3, 2, 4))), [(8, 8, 2)], 36 * 4 * 9 * 2),
        (lambda a: ops.relu(a) * 2 + ops.sum(a, keepdims=True), [(5, 3)], 0),
        (
            lambda a, b: ops.dot_product_attention(a, b, b),
            [(6, 2, 4), (9, 2, 4)],
            2 * 6 * 9 * 4 * 2,
        ),
    ],
)
def test_operations_in_a_functional_graph_by_hand(function, shapes, expected):
    inputs = [keras.Input(shape) for shape in shapes]
    cost = netzoo.count_cost(keras.Model(inputs, function(*inputs)))
    assert (cost.macs, cost.uncounted) == (expected, ())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Attention(), (6, 8)),
        (layers.Attention(score_mode="concat"), (6, 8)),
        (layers.AdditiveAttention(), (6, 8)),
        (layers.Dot((2, 2)), (6, 8)),
    ],
)
def test_layers_of_a_list_by_hand(layer, shape):
    query, value = keras.Input(shape), keras.Input(shape)
    cost = netzoo.count_cost(keras.Model([query, value], layer([query, value])))
    products = 2 if getattr(layer, "score_mode", "") == "dot" else 1
    assert (cost.macs, cost.uncounted) == (products * 6 * 6 * 8, ())


def test_an_operation_that_shapes_do_not_tell_is_named():
    image = keras.Input((4, 4))
    cost = netzoo.count_cost(keras.Model(image, ops.linalg.inv(image)))
    assert len(cost.uncounted) == 1
    assert "Inv" in cost.uncounted[0]


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


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(4)
        self.scale = self.add_weight(shape=(4, 6), name="scale")
        self.block = keras.Sequential([layers.Dense(6), layers.Dense(2)])

    def call(self, x, training=False):
        return self.block(ops.matmul(self.first(x), self.scale) + self.first(x)[:, :1])


def test_a_subclassed_model_is_traced_by_its_call():
    model = Subclassed()
    model(ops.ones((1, 5)))
    cost = netzoo.count_cost(model)
    assert (cost.macs, cost.uncounted) == (2 * 20 + 24 + 36 + 12, ())
    assert cost.params == model.count_params()
    assert netzoo.count_cost(model, (5,)).macs == cost.macs


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
