"""Training FLOPs: where gradients flow, and what a layer does in training alone."""

import keras
import pytest
from keras import layers, ops

import netzoo


def chain(between, size=4, width=2):
    """Return x (8,) -> Dense(size) -> between -> Dense(width)."""
    x = keras.Input((8,))
    return keras.Model(x, layers.Dense(width)(between(layers.Dense(size)(x))))


def teacher():
    x = keras.Input((8,))
    target = ops.stop_gradient(layers.Dense(6)(layers.Dense(5)(x)))
    return keras.Model(x, layers.Dense(6)(x) - target)


def codebook():
    x = keras.Input((8,))
    places = ops.argmax(layers.Dense(5)(x), -1)
    return keras.Model(x, layers.Dense(2)(layers.Embedding(5, 3)(places)))


def second_output():
    x = keras.Input((8,))
    hidden = layers.Dense(4)(x)
    return keras.Model(x, [layers.Dense(3)(hidden), ops.stop_gradient(layers.Dense(6)(hidden))])


def nested_stop():
    image = keras.Input((4,))
    inner = keras.Model(image, ops.stop_gradient(layers.Dense(4)(image)))
    return chain(inner)


class StopInside(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4)

    def call(self, x):
        return x + ops.stop_gradient(self.inner(x))


class Straight(layers.Layer):
    """Rounded forward, as it is backward: the straight-through estimator."""

    def call(self, x):
        return x + ops.stop_gradient(ops.round(x) - x)


def integer_output():
    x = keras.Input((8,))
    return keras.Model(x, ops.argmax(layers.Dense(5)(x), -1))


def through(dtype):
    return lambda y: ops.cast(ops.cast(y, dtype), "float32")


FIRST, SECOND = 32, 8
STOPPED = FIRST + 2 * SECOND
CASES = {
    "nothing between": (lambda: chain(lambda y: y), 2 * FIRST + 3 * SECOND),
    "stop_gradient": (lambda: chain(ops.stop_gradient), STOPPED),
    "a cast to integers": (lambda: chain(through("int32")), STOPPED),
    "a cast to another float": (lambda: chain(through("float16")), 2 * FIRST + 3 * SECOND),
    "rounding": (lambda: chain(ops.round), STOPPED),
    "floor": (lambda: chain(ops.floor), STOPPED),
    "sign": (lambda: chain(ops.sign), STOPPED),
    "a comparison": (lambda: chain(lambda y: ops.cast(y > 0, "float32")), STOPPED),
    "one hot of argmax": (lambda: chain(lambda y: ops.one_hot(ops.argmax(y, -1), 4)), STOPPED),
    "zeros like it": (lambda: chain(ops.zeros_like), STOPPED),
    "a mask of it": (
        lambda: chain(lambda y: y * ops.cast(y > 0, "float32")), 2 * FIRST + 3 * SECOND,
    ),
    "straight through": (lambda: chain(Straight()), 2 * FIRST + 3 * SECOND),
    "discretised": (
        lambda: chain(layers.Discretization([0.0, 1.0], output_mode="multi_hot"), 3),
        24 + 2 * 6,
    ),
    "a nested model that stops": (nested_stop, FIRST + 16 + 2 * SECOND),
    "a layer that stops one branch": (lambda: chain(StopInside()), 2 * FIRST + 16 + 3 * SECOND),
    "a teacher": (teacher, 40 + 30 + 2 * 48),
    "a codebook": (codebook, 40 + 3 * 6),
    "a second output behind it": (second_output, 2 * 32 + 3 * 12 + 24),
    "an output of integers": (integer_output, 40),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_product_whose_gradient_is_not_asked_for_is_made_forward_alone(name):
    make, macs = CASES[name]
    assert netzoo.count_cost(make()).training_flops == 2 * macs


class Branch(layers.Layer):
    """Another network in training than outside of it, and one for both."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow, self.both = layers.Dense(6), layers.Dense(3), layers.Dense(2)

    def build(self, shape):
        for layer in (self.wide, self.narrow, self.both):
            layer.build(shape)

    def call(self, x, training=False):
        return self.both(x) + ops.sum((self.wide if training else self.narrow)(x))


class Below(layers.Layer):
    """A layer without the argument, around one with it."""

    def __init__(self):
        super().__init__()
        self.inner = Branch()

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x)


class Regularized(keras.Model):
    """Adds to its loss what it computes in training."""

    def __init__(self):
        super().__init__()
        self.out, self.critic = layers.Dense(2), layers.Dense(3)

    def call(self, x, training=False):
        if training:
            self.add_loss(ops.mean(self.critic(x)))
        return self.out(x)


def functional(layer, **options):
    x = keras.Input((8,))
    return keras.Model(x, layer(x, **options))


def regularized():
    model = Regularized()
    model(ops.zeros((1, 8)), training=True)
    return model


def spectral(layer, **options):
    return functional(layers.SpectralNormalization(layer), **options)


POWER = 3 * 8 * 4 + 4  # two products with the kernel and a third for its size
IN_TRAINING = {
    "branch": (lambda: functional(Branch()), 16 + 24, 2 * 16 + 2 * 48),
    "branch below": (lambda: functional(Below()), 16 + 24, 2 * 16 + 2 * 48),
    "branch, asked for": (
        lambda: functional(Branch(), training=True), 16 + 48, 2 * 16 + 2 * 48,
    ),
    "added loss": (regularized, 16, 2 * 16 + 2 * 24),
    "spectral": (lambda: spectral(layers.Dense(4)), 32, 2 * 32 + POWER),
    "spectral, asked for": (
        lambda: spectral(layers.Dense(4), training=True), 32 + POWER, 2 * 32 + POWER,
    ),
    "dropout alone": (lambda: functional(layers.Dropout(0.5)), 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_TRAINING)
def test_training_is_counted_by_what_a_layer_does_in_training(name):
    make, macs, training_macs = IN_TRAINING[name]
    cost = netzoo.count_cost(make())
    assert (cost.macs, cost.training_flops, cost.uncounted) == (macs, 2 * training_macs, ())
    rows = cost.flat(depth=4)
    assert sum(row.training_macs for row in rows) == training_macs
    assert sum(row.macs for row in rows) == macs


def test_what_is_called_in_training_alone_has_a_row_without_inference():
    rows = {row.name: row for row in netzoo.count_cost(functional(Branch())).flat(depth=2)}
    by_units = {row.output_shape[-1]: row for row in rows.values() if row.type == "Dense"}
    assert (by_units[6].macs, by_units[6].training_macs) == (0, 96)
    assert (by_units[3].macs, by_units[3].training_macs) == (24, 0)


def test_an_added_loss_is_seen_in_a_layer_and_in_a_model_and_none_is_left_behind():
    class Sampled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean, self.spread = layers.Dense(2), layers.Dense(2)
            self.seed = keras.random.SeedGenerator(0)

        def call(self, x):
            mean, spread = self.mean(x), self.spread(x)
            self.add_loss(-0.5 * ops.mean(1 + spread - ops.square(mean) - ops.exp(spread)))
            return mean + keras.random.normal(ops.shape(mean), seed=self.seed)

    layer = Sampled()
    model = functional(layer)
    losses = len(model.losses)
    cost = netzoo.count_cost(model)
    # the spread goes into the loss alone, and is made for it, too
    assert (cost.macs, cost.training_flops, cost.uncounted) == (32, 2 * 2 * 32, ())
    assert len(model.losses) == losses
