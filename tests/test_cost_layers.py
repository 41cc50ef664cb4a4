"""Every layer of Keras, and the operations of a graph or a call, against formulas by hand."""

import keras
import pytest
from keras import layers, ops

import netzoo


def model_of(layer, *shapes, dtype="float32"):
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    return keras.Model(inputs, layer(*inputs))


def macs(layer, *shapes, **options):
    cost = netzoo.count_cost(model_of(layer, *shapes, **options))
    assert cost.uncounted == ()
    return cost.macs


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
    (layers.Pipeline([layers.Rescaling(2.0), layers.Dense(4)]), [(7, 3)], 7 * 3 * 4),
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
    scored = type(layer) is layers.Attention and layer.score_mode == "dot"
    products = 2 if scored else 1
    assert (cost.macs, cost.uncounted) == (products * 6 * 6 * 8, ())


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


def test_an_operation_that_shapes_do_not_tell_is_named():
    image = keras.Input((4, 4))
    cost = netzoo.count_cost(keras.Model(image, ops.linalg.inv(image)))
    assert len(cost.uncounted) == 1
    assert "Inv" in cost.uncounted[0]
