import keras
import pytest
from keras import layers, ops

import netzoo


def elementwise(layer, *shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    cost = netzoo.count_cost(keras.Model(inputs, layer(*inputs)))
    return cost.elementwise


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.Dense(4, activation="relu"), (8,), 4 + 4),
        (layers.Dense(4, use_bias=False), (8,), 0),
        (layers.Conv2D(3, 3), (6, 6, 2), 16 * 3),
        (layers.EinsumDense("ab,bc->ac", 4, bias_axes="c"), (8,), 4),
        (layers.DepthwiseConv2D(3), (6, 6, 2), 16 * 2),
        (layers.MaxPooling2D(3, strides=2), (7, 7, 2), 9 * 2 * 9),
        (layers.GlobalAveragePooling2D(), (7, 7, 2), 98),
        (layers.BatchNormalization(), (5, 3), 2 * 15),
        (layers.ReLU(), (5, 3), 15),
        (layers.Flatten(), (5, 3), 0),
        (layers.Dropout(0.5), (5, 3), 0),
        (layers.ZeroPadding2D(1), (5, 5, 3), 0),
        (layers.SimpleRNN(4), (7, 5), 7 * (4 + 4 + 4)),  # bias, sum of two products, tanh
        (layers.TimeDistributed(layers.Dense(4)), (7, 5), 7 * 4),
        (layers.Lambda(lambda x: ops.sum(ops.exp(x), axis=-1) + 1.0), (5, 3), 15 + 15 + 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_by_hand(layer, shape, expected):
    assert elementwise(layer, shape) == expected


def test_merging_and_attention():
    image = keras.Input((5, 3))
    total = layers.Add()([image, image, image])
    assert netzoo.count_cost(keras.Model(image, total)).elementwise == 2 * 15
    attention = elementwise(layers.MultiHeadAttention(2, 4), (6, 8), (9, 8))
    biases = 6 * 8 + 9 * 8 + 9 * 8 + 6 * 8
    assert attention == 2 * 2 * 6 * 9 + biases


def test_it_is_never_part_of_the_flops():
    cost = netzoo.summary("alexnet")
    assert cost.elementwise > 0
    assert cost.flops == 2 * cost.macs == 1_876_292_352


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        # Computed by hand; AlexNet's 195 px is also what Araujo et al. 2019 give for its last pool.
        ("lenet", {"conv1": 5, "pool1": 6, "conv2": 14, "pool2": 16}),
        (
            "alexnet",
            {"conv1": 11, "pool1": 19, "conv2": 51, "pool2": 67, "conv5": 163, "pool3": 195},
        ),
        ("keras:ResNet50", {"conv1_conv": 7, "pool1_pool": 11, "conv2_block1_out": 19}),
    ],
)
def test_receptive_fields(name, fields):
    found = {layer.name: layer.receptive_field for layer in netzoo.summary(name).layers}
    assert {layer: found[layer] for layer in fields} == {
        layer: (field, field) for layer, field in fields.items()
    }


def test_the_field_ends_where_places_are_mixed_and_goes_through_nested_models():
    assert netzoo.summary("lenet").layers[-1].receptive_field is None
    inner_image = keras.Input((9, 8, 2))
    inner = keras.Model(inner_image, layers.Conv2D(2, (3, 1), dilation_rate=2)(inner_image))
    image = keras.Input((9, 8, 2))
    x = layers.MaxPooling2D(2, strides=1)(inner(image))
    assert netzoo.count_cost(keras.Model(image, x)).layers[-1].receptive_field == (6, 2)
    mixed = layers.MultiHeadAttention(2, 4)(image, image)
    cost = netzoo.count_cost(keras.Model(image, layers.Conv2D(2, 3)(mixed)))
    assert cost.layers[-1].receptive_field is None
