import keras
import pytest
from keras import layers

import netzoo
from netzoo.cost.memory import item_bytes


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float32", 4), ("bfloat16", 2), ("float16", 2), ("int64", 8), ("uint8", 1), ("bool", 1),
     ("int4", 0.5), ("float8_e4m3fn", 1)],
)  # fmt: skip
def test_bytes_of_one_value(dtype, size):
    assert item_bytes(dtype) == size


def test_a_chain_holds_two_neighbours_at_most():
    image = keras.Input((10,))
    x = layers.Dense(30)(image)
    x = layers.Dense(20)(x)
    cost = netzoo.count_cost(keras.Model(image, layers.Dense(1)(x)))
    assert cost.activation_bytes == 4 * (10 + 30 + 20 + 1)
    assert cost.peak_activation_bytes == 4 * (30 + 20)


def test_a_skip_connection_keeps_its_start():
    image = keras.Input((10,))
    x = layers.Dense(30)(image)
    x = layers.Dense(10)(x)
    cost = netzoo.count_cost(keras.Model(image, layers.Add()([x, image])))
    assert cost.peak_activation_bytes == 4 * (10 + 30 + 10)


def test_a_reshape_makes_nothing():
    image = keras.Input((2, 5))
    x = layers.Dropout(0.5)(layers.Flatten()(layers.Dense(5)(image)))
    cost = netzoo.count_cost(keras.Model(image, layers.Reshape((5, 2))(x)))
    assert cost.activation_bytes == cost.peak_activation_bytes == 4 * (10 + 10)


def test_nested_models_and_half_precision():
    inner_image = keras.Input((10,))
    inner = keras.Model(inner_image, layers.Dense(30, dtype="float16")(inner_image))
    image = keras.Input((10,))
    cost = netzoo.count_cost(keras.Model(image, layers.Dense(5)(inner(image))))
    assert cost.activation_bytes == 4 * 10 + 2 * 30 + 4 * 5
    assert cost.peak_activation_bytes == 4 * 10 + 2 * 30


def test_a_nested_model_that_is_called_again_holds_no_more_than_once():
    inner_image = keras.Input((10,))
    inner = keras.Model(inner_image, layers.Dense(10)(layers.Dense(50)(inner_image)))
    image = keras.Input((10,))
    cost = netzoo.count_cost(keras.Model(image, inner(inner(image))))
    assert cost.activation_bytes == 4 * (10 + 50 + 10 + 50 + 10)
    assert cost.peak_activation_bytes == 4 * (50 + 10)


def test_every_result_lives_to_the_end():
    image = keras.Input((10,))
    first, second = layers.Dense(30)(image), layers.Dense(20)(image)
    cost = netzoo.count_cost(keras.Model(image, [first, second]))
    assert cost.peak_activation_bytes == 4 * (10 + 30 + 20)


def test_weight_bytes_and_intensity_by_layer():
    image = keras.Input((10,))
    dense = layers.Dense(30, dtype="bfloat16")
    cost = netzoo.count_cost(keras.Model(image, layers.Dense(1)(dense(image))))
    rows = {row.name: row for row in cost.layers}
    row = rows[dense.name]
    assert row.weight_bytes == 2 * (10 * 30 + 30)
    assert row.arithmetic_intensity == 2 * 300 / (row.weight_bytes + 2 * 30)
    assert row.to_dict()["arithmetic_intensity"] == row.arithmetic_intensity
    assert sum(row.weight_bytes for row in cost.layers) == cost.weight_bytes
