"""What of a network is trained: its logits, whatever it ends in."""

import keras
import numpy as np
import pytest
from hooks import Hooks
from keras import layers, ops

from netzoo.cost.count import count_cost
from netzoo.data import sample
from netzoo.errors import BadInput
from netzoo.recipes import Recipe
from netzoo.training import fit, state
from netzoo.training.head import OFF_SIGMOID, OFF_SOFTMAX, Head, make_ready

SHAPE, CLASSES = (28, 28, 1), 10
RECIPE = Recipe("test", epochs=1, batch_size=50, learning_rate=0.1)
BF16 = "mixed_bfloat16"


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(150, 100)


@pytest.fixture(autouse=True)
def default_policy():
    yield
    keras.config.set_dtype_policy("float32")


def network(end, policy="float32"):
    """Return a functional network whose end a function makes, its weights always drawn alike."""
    keras.utils.set_random_seed(4)
    keras.config.set_dtype_policy(policy)
    image = keras.Input(SHAPE)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(image))
    return keras.Model(image, end(layers.Dropout(0.2, seed=1)(x)))


def dense(x, activation=None):
    return layers.Dense(CLASSES, activation=activation)(x)


def nested(x):
    inside = keras.Input((16,))
    return keras.Model(inside, dense(inside, "softmax"))(x)


class Row(layers.Layer):
    """A layer made of layers, or of a layer and a function."""

    def __init__(self, function=None):
        super().__init__()
        self.dense, self.softmax = layers.Dense(CLASSES), function or layers.Softmax()

    def call(self, x):
        return self.softmax(self.dense(x))


class Net(keras.Model):
    """A network by subclassing, whose end is a layer or a function."""

    def __init__(self, end):
        super().__init__()
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(16, activation="relu")
        self.drop, self.out = layers.Dropout(0.2, seed=1), layers.Dense(CLASSES)
        self.end = end

    def call(self, x, training=False):
        return self.end(self.out(self.drop(self.hidden(self.flatten(x)), training=training)))


def subclassed(end):
    keras.utils.set_random_seed(4)
    model = Net(end)
    model(np.zeros((1, *SHAPE)))
    return model


def again(x):
    """Call the layer of the end before: there it must stay as it is."""
    softmax = layers.Softmax()
    return softmax(layers.Dense(CLASSES)(layers.Multiply()([x, softmax(x)])))


def again_on_logits(x):
    return layers.Dense(CLASSES)(layers.Multiply()([x, layers.Softmax()(x)]))


def convolution(x, activation=None):
    x = layers.Conv2D(CLASSES, 1, activation=activation)(layers.Reshape((1, 1, 16))(x))
    return layers.Flatten()(x)


def over_three_axes(x):
    x = layers.Conv2D(CLASSES, 1)(layers.Reshape((1, 1, 16))(x))
    return layers.Reshape((CLASSES,))(layers.Softmax(axis=(1, 2, 3))(x))


# fmt: off
ENDS = {
    "activation": (dense, lambda x: dense(x, "softmax")),
    "activation layer": (dense, lambda x: layers.Activation("softmax")(dense(x))),
    "softmax layer": (dense, lambda x: layers.Softmax()(dense(x))),
    "layer as activation": (dense, lambda x: dense(x, layers.Softmax())),
    "operation": (dense, lambda x: ops.softmax(dense(x))),
    "function": (dense, lambda x: keras.activations.softmax(dense(x))),
    "own function": (dense, lambda x: dense(x, lambda z: keras.activations.softmax(z))),
    "linear after it": (dense, lambda x: layers.Activation("linear")(ops.softmax(dense(x)))),
    "cast after it": (dense, lambda x: layers.Identity()(ops.cast(nested(x), "float32"))),
    "nested": (dense, nested),
    "sequential": (
        dense, lambda x: keras.Sequential([layers.Dense(CLASSES), layers.Softmax()])(x),
    ),
    "layer of layers": (dense, lambda x: Row()(x)),
    "layer with a function": (dense, lambda x: Row(ops.softmax)(x)),
    "another axis": (dense, lambda x: layers.Softmax(axis=1)(dense(x))),
    "convolution": (convolution, lambda x: convolution(x, "softmax")),
    "three axes": (convolution, over_three_axes),
    "shared": (again_on_logits, again),
}
SUBCLASSED = {
    "layer": layers.Softmax,
    "function": lambda: ops.softmax,
    "made in the call": lambda: lambda x: layers.Softmax()(x),
    "cast after it": lambda: lambda x: ops.cast(keras.activations.softmax(x), "float32"),
}
# fmt: on


def assert_same_calls(ours, theirs, images):
    x = images.test.images[:20] / np.float32(255)
    for training in (False, True):
        given = (ops.convert_to_numpy(model(x, training=training)) for model in (ours, theirs))
        np.testing.assert_array_equal(*given)


@pytest.mark.parametrize("end", ENDS)
def test_a_softmax_is_taken_off(images, end):
    on_logits, with_softmax = ENDS[end]
    ours, theirs = network(with_softmax), network(on_logits)
    macs = count_cost(ours).macs
    assert make_ready(ours, SHAPE, CLASSES) == Head((28, 28), OFF_SOFTMAX)
    assert make_ready(theirs, SHAPE, CLASSES) == Head((28, 28), None)
    assert_same_calls(ours, theirs, images)
    assert count_cost(ours).macs == count_cost(theirs).macs == macs


@pytest.mark.parametrize("end", SUBCLASSED)
def test_a_softmax_of_a_subclassed_network_is_taken_off(images, end):
    ours, theirs = subclassed(SUBCLASSED[end]()), subclassed(lambda x: x)
    assert make_ready(ours, SHAPE, CLASSES) == Head((28, 28), OFF_SOFTMAX)
    assert make_ready(theirs, SHAPE, CLASSES) == Head((28, 28), None)
    assert_same_calls(ours, theirs, images)


def numbers(model, images):
    """Train a model; return every number that it gives, and its weights."""
    head = make_ready(model, SHAPE, CLASSES)
    fit.compile_model(model, images, RECIPE)
    fitted = fit.fit(model, images, RECIPE, 5, Hooks(), size=head.size)
    told = [(epoch.train_loss, epoch.train_accuracy) for epoch in fitted.history]
    told += [fitted.test_loss, fitted.final_train_loss, fitted.predictions]
    return told, [array.tobytes() for array in state.gather(model).values()]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: network(ENDS["activation"][1]), lambda: network(dense)),
        (lambda: network(ENDS["operation"][1], BF16), lambda: network(dense, BF16)),
        (lambda: subclassed(ops.softmax), lambda: subclassed(lambda x: x)),
    ],
    ids=["activation", "operation in bfloat16", "in a call"],
)
def test_a_training_gives_the_numbers_of_the_network_on_logits(images, ours, theirs):
    assert numbers(ours(), images) == numbers(theirs(), images)


def test_log_probabilities_are_logits_as_they_are(images):
    ours, theirs = network(lambda x: ops.log_softmax(dense(x))), network(dense)
    assert make_ready(ours, SHAPE, CLASSES) == Head((28, 28), None)
    (loss, *_), _ = numbers(ours, images)
    (same, *_), _ = numbers(theirs, images)
    assert loss == pytest.approx(same, rel=1e-5)


def test_one_sigmoid_for_two_classes_is_two_logits(images):
    def unit(x):
        return layers.Dense(1, activation="sigmoid")(x)

    ours, theirs = network(unit), network(unit)
    assert make_ready(ours, SHAPE, 2).note == OFF_SIGMOID
    x = images.test.images[:20] / np.float32(255)
    logits, p = ours(x), ops.convert_to_numpy(theirs(x))
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.softmax(logits)), np.concatenate([1 - p, p], 1), atol=1e-6
    )


def gap(x, activation=None):
    x = layers.Conv2D(CLASSES, 1, activation=activation)(layers.Reshape((2, 2, 4))(x))
    return layers.GlobalAveragePooling2D()(x)


# fmt: off
REFUSED = {
    "sigmoid": (lambda x: dense(x, "sigmoid"), "ends in the activation sigmoid; expected logits"),
    "relu layer": (lambda x: layers.ReLU()(dense(x)), "ends in the activation relu;"),
    "tanh operation": (lambda x: ops.tanh(dense(x)), "ends in the activation tanh;"),
    "hard sigmoid inside": (
        lambda x: keras.Sequential([layers.Dense(CLASSES, activation="hard_sigmoid")])(x),
        "ends in the activation hard_sigmoid;",
    ),
    "over the batch": (
        lambda x: layers.Softmax(axis=0)(dense(x)),
        r"a softmax over axis 0 of \(batch, 10\); expected it over the 10 classes.",
    ),
    "over one pixel": (
        lambda x: layers.Flatten()(layers.Softmax(axis=1)(
            layers.Conv2D(CLASSES, 1)(layers.Reshape((1, 1, 16))(x)))),
        r"a softmax over axis 1 of \(batch, 1, 1, 10\); expected it over",
    ),
    "mean of softmaxes": (lambda x: gap(x, "softmax"), "gives probabilities without a softmax"),
    "ensemble": (
        lambda x: layers.Average()([dense(x, "softmax"), dense(x, "softmax")]),
        "gives probabilities without a softmax at its end; expected logits, ",
    ),
    "few outputs": (
        lambda x: layers.Dense(9)(x), "has 9 outputs for 10 classes; expected",
    ),
    "one sigmoid": (
        lambda x: layers.Dense(1, activation="sigmoid")(x), "has 1 output for 10",
    ),
    "many outputs": (
        lambda x: layers.Dense(1000, activation="softmax")(x), "has 1000 outputs for 10 classes",
    ),
    "a map of logits": (
        lambda x: layers.Conv2D(CLASSES, 1)(layers.Reshape((4, 4, 1))(x)),
        r"gives \(batch, 4, 4, 10\); expected logits, \(batch, 10\).",
    ),
    "classes": (lambda x: ops.argmax(dense(x), axis=-1, keepdims=True), "1 output for"),
    "whole numbers": (lambda x: ops.cast(dense(x), "int32"), "gives int32; expected logits,"),
    "two heads": (
        lambda x: [dense(x), dense(x)], "gives a list of 2 outputs; expected one tensor of logits",
    ),
    "names": (
        lambda x: {"main": dense(x), "side": dense(x)},
        r"gives a dict of 2 outputs \(main, side\); expected one tensor",
    ),
}
# fmt: on


@pytest.mark.backend_independent
@pytest.mark.parametrize("end", REFUSED)
def test_what_gives_no_logit_for_each_class_is_refused(end):
    make, words = REFUSED[end]
    with pytest.raises(BadInput, match=words) as caught:
        make_ready(network(make), SHAPE, CLASSES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", [lambda z: 30 * ops.tanh(z / 30), lambda z: z / 2])
def test_logits_that_are_only_scaled_stay(function):
    model = network(lambda x: dense(x, function))
    assert make_ready(model, SHAPE, CLASSES) == Head((28, 28), None)


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([keras.Input(SHAPE), keras.Input(SHAPE)], "its inputs are .* 28, 28, 1.*, .*28, 28, 1"),
        ([keras.Input((784,))], r"of one input, images .*; its input is \(batch, 784\)."),
        (
            [keras.Input((28, 28, 3))],
            "takes images of 28 × 28 × 3; those of the data have 1 channel.",
        ),
    ],
)
def test_what_takes_no_such_images_is_refused(inputs, words):
    flat = [layers.Flatten()(each) for each in inputs]
    x = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    with pytest.raises(BadInput, match=words):
        make_ready(keras.Model(inputs, dense(x)), SHAPE, CLASSES)
