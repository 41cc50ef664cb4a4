"""What is put into the batch, and a batch of a fixed size: always the cost of one image."""

import keras
import pytest
from keras import layers, ops

import netzoo


def functional(function, *shapes, batch=None):
    inputs = [keras.Input(shape, batch_size=batch) for shape in shapes]
    return keras.Model(inputs, function(*inputs))


def windows_of_attention(image):
    rows = ops.reshape(image, (-1, 3, 2, 3, 2, 4))
    windows = ops.reshape(ops.transpose(rows, (0, 1, 3, 2, 4, 5)), (-1, 4, 4))  # nine of 2 × 2
    mixed = layers.MultiHeadAttention(2, 2)(windows, windows)
    return layers.Dense(5)(ops.reshape(mixed, (-1, 36, 4)))


def heads_in_the_batch(tokens):
    query = layers.Dense(8)(tokens)
    split = ops.transpose(ops.reshape(query, (-1, 6, 2, 4)), (0, 2, 1, 3))
    folded = ops.reshape(split, (-1, 6, 4))
    return ops.matmul(folded, ops.transpose(folded, (0, 2, 1)))


def frames(clip):
    each = layers.SeparableConv2D(2, 3)(ops.reshape(clip, (-1, 6, 6, 2)))
    return layers.LSTM(3)(ops.reshape(layers.GlobalMaxPooling2D()(each), (-1, 4, 2)))


class Fold(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(5)

    def call(self, x):
        batch, height, width, channels = ops.shape(x)
        return self.inner(ops.reshape(x, (batch * height * width // 8, 8, channels)))


def nested(x, y):
    image = keras.Input((6, 4))
    inner = keras.Model(image, layers.Dense(3)(ops.reshape(image, (-1, 4))))
    return ops.concatenate([inner(x), inner(y)], axis=0)


FOLDED = {
    "windows": (windows_of_attention, [(6, 6, 4)], 9 * (4 * 4 * 4 * 4 + 2 * 4 * 4 * 4) + 36 * 20),
    "heads": (heads_in_the_batch, [(6, 8)], 6 * 64 + 2 * 36 * 4),
    "frames": (frames, [(4, 6, 6, 2)], 4 * 16 * 2 * (9 + 2) + 4 * 4 * 5 * 3),
    "tokens": (lambda x: layers.Dense(5)(ops.reshape(x, (-1, 10))), [(6, 10)], 300),
    "views": (
        lambda a, b: layers.Dense(4)(layers.Concatenate(axis=0)([a, b])), [(8,), (8,)], 2 * 32,
    ),
    "views, from the end": (
        lambda a: layers.Dense(4)(layers.Concatenate(axis=-2)([a, a])), [(8,)], 2 * 32,
    ),
    "concatenate": (
        lambda a: layers.Dense(4)(ops.concatenate([a, a, a], axis=0)), [(8,)], 3 * 32,
    ),
    "repeat": (lambda x: layers.Dense(4)(ops.repeat(x, 5, axis=0)), [(8,)], 5 * 32),
    "tile": (lambda x: layers.Dense(4)(ops.tile(x, (3, 1))), [(8,)], 3 * 32),
    "stack": (
        lambda x: layers.Dense(4)(ops.reshape(ops.stack([x, x]), (-1, 8))), [(8,)], 2 * 32,
    ),
    "batch on the second axis": (
        lambda x: layers.Dense(3)(ops.transpose(x, (1, 0, 2))), [(7, 4)], 7 * 12,
    ),
    "a layer that folds": (lambda x: Fold()(x), [(4, 6, 3)], 24 * 15),
    "steps": (
        lambda x: layers.LSTM(3)(ops.reshape(x, (-1, 5, 4))), [(3, 5, 4)], 3 * 5 * 4 * 7 * 3,
    ),
    "both ways": (
        lambda x: layers.Bidirectional(layers.GRU(3))(ops.reshape(x, (-1, 5, 4))),
        [(3, 5, 4)], 2 * 3 * 5 * 3 * 7 * 3,
    ),
    "steps of convolutions": (
        lambda x: layers.ConvLSTM1D(2, 3)(ops.reshape(x, (-1, 2, 8, 1))),
        [(3, 2, 8, 1)], 3 * 2 * 4 * 6 * 2 * 3 * 3,
    ),
    "each step": (
        lambda x: layers.TimeDistributed(layers.Dense(3))(ops.reshape(x, (-1, 5, 4))),
        [(3, 5, 4)], 180,
    ),
    "steps in the batch": (
        lambda x: layers.LSTM(3)(ops.transpose(x, (1, 0, 2))), [(6, 4)], 6 * 4 * 7 * 3,
    ),
    "nested, called twice": (nested, [(6, 4), (6, 4)], 2 * 6 * 12),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDED)
def test_what_is_folded_into_the_batch_is_counted(name):
    function, shapes, expected = FOLDED[name]
    cost = netzoo.count_cost(functional(function, *shapes))
    assert (cost.macs, cost.uncounted) == (expected, ())
    assert sum(row.macs for row in cost.flat(depth=5)) == expected


def test_a_row_shows_how_many_are_in_the_batch():
    cost = netzoo.count_cost(functional(FOLDED["tokens"][0], (6, 10)))
    assert [row.output_shape for row in cost.layers] == [(6, 10), (6, 10), (6, 5)]
    assert cost.layers[1].activation_bytes == 4 * 60


def stateful(steps):
    return layers.Dense(3)(layers.LSTM(3, stateful=steps.shape[0] is not None)(steps))


FIXED = {
    "dense": (lambda x: layers.Dense(10)(layers.Flatten()(x)), [(6, 6, 1)], 360),
    "convolution": (lambda x: layers.Conv2D(4, 3)(x), [(6, 6, 2)], 16 * 4 * 18),
    "recurrent": (stateful, [(7, 4)], 7 * 4 * 7 * 3 + 9),
    "attention": (
        lambda x: layers.MultiHeadAttention(2, 4)(x, x), [(6, 8)], 4 * 6 * 64 + 2 * 36 * 8,
    ),
    "own layer": (lambda x: Fold()(x), [(2, 8, 3)], 16 * 15),
}  # fmt: skip


@pytest.mark.parametrize("batch", [None, 1, 8])
@pytest.mark.parametrize("name", FIXED)
def test_a_fixed_batch_is_counted_for_one_image(name, batch):
    function, shapes, expected = FIXED[name]
    cost = netzoo.count_cost(functional(function, *shapes, batch=batch))
    other = netzoo.count_cost(functional(function, *shapes))
    assert cost.macs == expected
    for field in ("training_flops", "elementwise", "activation_bytes", "peak_activation_bytes"):
        assert getattr(cost, field) == getattr(other, field)


def apart(x):
    return sum(layers.Dense(2)(ops.expand_dims(each, 0)) for each in ops.unstack(x, axis=0))


class Steps(keras.Model):
    """A loop over steps whose first state is a constant of the batch's size."""

    def __init__(self):
        super().__init__()
        self.cell = layers.GRUCell(3)

    def call(self, x):
        state = [ops.zeros((8, 3))]
        for step in range(5):
            output, state = self.cell(x[:, step], state)
        return output


def steps():
    model = Steps()
    model(ops.zeros((8, 5, 4)))
    return model


WRITTEN = {
    "a reshape": (
        lambda: functional(lambda x: layers.Dense(3)(ops.reshape(x, (8, 4))), (4,), batch=8), 12,
    ),
    "a constant": (
        lambda: functional(lambda x: layers.Dense(2)(x + ops.ones((8, 4))), (4,), batch=8), 8,
    ),
    "folded": (
        lambda: functional(lambda x: layers.Dense(3)(ops.reshape(x, (48, 4))), (6, 4), batch=8), 72,
    ),
    "taken apart": (lambda: functional(apart, (4,), batch=8), 8),
    "a state": (steps, 5 * 3 * 7 * 3),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_where_the_size_of_the_batch_is_written_down_one_image_has_its_part(name):
    make, expected = WRITTEN[name]
    cost = netzoo.count_cost(make())
    assert cost.macs == expected
    assert sum(row.macs for row in cost.flat(depth=4)) == expected


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4), layers.Dense(2)

    def call(self, x):
        return self.second(self.first(x))


def open_sequential():
    return keras.Sequential([layers.Dense(4), layers.Dense(2)])


@pytest.mark.parametrize("make", [open_sequential, Subclassed])
def test_a_model_that_was_called_on_data_forgets_how_many_they_were(make):
    model = make()
    model(ops.ones((32, 8)))
    assert netzoo.count_cost(model).macs == 40
    assert netzoo.count_cost(model, (8,)).macs == 40
    fitted = make()
    fitted.compile("sgd", "mse")
    fitted.fit(ops.ones((6, 8)), ops.ones((6, 2)), batch_size=3, verbose=0)
    assert netzoo.count_cost(fitted).macs == 40


def test_a_saved_model_that_was_fitted_is_counted_for_one_image(tmp_path):
    model = open_sequential()
    model(ops.ones((32, 8)))
    model.save(tmp_path / "trained.keras")
    assert netzoo.summary(str(tmp_path / "trained.keras")).macs == 40
