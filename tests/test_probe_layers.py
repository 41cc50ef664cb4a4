"""What a probe says of each layer but its gradients, and of which models it says nothing."""

import keras
import numpy as np
import pytest
from keras import layers
from small_probes import IMAGES, LABELS, by_name, images, smooth

from netzoo.errors import BadInput
from netzoo.training.layer_probes import layer_probes


def array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def test_dead_units_are_those_that_are_zero_for_every_image():
    image = keras.Input((4, 4, 1))
    conv = layers.Conv2D(3, 1, activation="relu", name="conv")
    relu = layers.ReLU(name="relu")
    x = relu(layers.Conv2D(3, 1, name="plain")(conv(image)))
    model = keras.Model(image, layers.Dense(4, name="logits")(layers.Flatten(name="flatten")(x)))
    conv.set_weights([np.array([[[[1.0, -1.0, 0.5]]]]), np.array([0.0, 0.0, 1.0])])
    model.get_layer("plain").set_weights([np.eye(3).reshape(1, 1, 3, 3), np.array([0, 0, -9.0])])
    x = images((4, 4, 1)) + np.float32(0.1)
    x[:, 1, 2] = 0  # dark in every image: dead in the first channel
    x[0, 0, 0] = 0  # dark in one
    probes = by_name(layer_probes(model, x, LABELS))
    expected = np.concatenate([x, np.zeros_like(x), 1 + x / 2], axis=-1)
    assert probes["conv"].dead == pytest.approx((1 + 16) / 48)
    assert probes["conv"].activation_mean == pytest.approx(expected.mean(), rel=1e-5)
    assert probes["conv"].activation_sd == pytest.approx(expected.std(), rel=1e-5)
    assert probes["relu"].dead == pytest.approx((1 + 16 + 16) / 48)
    assert probes["plain"].dead is probes["flatten"].dead is None
    names = {name: probe.activation for name, probe in probes.items()}
    assert names == {
        "conv": "relu",
        "plain": None,
        "relu": "relu",
        "flatten": None,
        "logits": None,
    }
    assert [probe.type for probe in probes.values()][:3] == ["Conv2D", "Conv2D", "ReLU"]


# The slope is a twentieth of its largest at 4.357 of a sigmoid and at 2.178 of a tanh.
@pytest.mark.parametrize(
    ("activation", "edge"), [("sigmoid", 4.357), ("tanh", 2.178), ("relu", None)]
)
def test_saturated_values_are_those_at_the_flat_ends(activation, edge):
    image = keras.Input((2, 2, 1))
    x = layers.Activation(activation, name="activation")(image)
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    x = np.zeros((IMAGES, 2, 2, 1), "float32")
    if edge is not None:
        x[0] = np.reshape([edge - 0.01, edge + 0.01, -edge + 0.01, -edge - 0.01], (2, 2, 1))
        x[1] = 1000
    probe = layer_probes(model, x, LABELS)[0]
    assert probe.activation == activation
    assert probe.saturated == (None if edge is None else pytest.approx(6 / 20))


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (layers.Dense(3, activation="gelu"), "gelu"),
        (layers.Dense(3, activation="linear"), None),
        (layers.Dense(3, activation=layers.ReLU()), "relu"),
        (layers.ReLU(negative_slope=0.1), "leaky_relu"),
        (layers.ELU(), "elu"),
        (layers.MaxPooling2D(), None),
    ],
)
def test_an_activation_is_named_whether_function_or_layer(layer, name):
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(layer(image))))
    probe = layer_probes(model, images((4, 4, 1)), LABELS)[0]
    assert probe.activation == name
    assert (probe.dead is None) == (name != "relu")


def mixed():
    """Build a network that has what a probe must mind: random and moving state, a penalty."""
    keras.utils.set_random_seed(2)
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, kernel_regularizer="l2", activity_regularizer="l2")(image)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dropout(0.5, seed=1, name="dropout")(layers.LeakyReLU(name="leaky")(x))
    x = layers.RandomFlip(seed=1, name="flip")(x)
    return keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))


def test_a_probe_changes_nothing_and_draws_nothing():
    model, x = mixed(), images((8, 8, 1))
    before = [array(variable.value).copy() for variable in model.variables]
    first, second = layer_probes(model, x, LABELS), layer_probes(model, x, LABELS)
    for old, variable in zip(before, model.variables, strict=True):
        assert (old == array(variable.value)).all(), variable.path
        assert getattr(variable.value, "grad", None) is None
    assert len(model.losses) == 1  # the kernel's, and none of the activities
    assert all(len(layer._inbound_nodes) == 1 for layer in model.layers)
    assert first == second
    probes = by_name(first)
    assert probes["dropout"].activation_mean == probes["leaky"].activation_mean
    assert probes["leaky"].activation == "leaky_relu"
    logits = array(model(x, training=False))  # not flipped, which no other layer would show
    assert first[-1].activation_sd == pytest.approx(logits.std(), rel=1e-4)
    assert probes["norm"].weight_norm is None  # it has trainable weights, and no kernel
    # Moving averages of 0 and 1, as at first, scale by the epsilon alone.
    conv = probes[model.layers[1].name]
    assert probes["norm"].activation_mean == pytest.approx(conv.activation_mean, rel=1e-3)


def test_a_kernel_is_what_multiplies():
    """The biases of an attention have rank 2: heads, and features of each."""
    image = keras.Input((4, 4, 1))
    x = layers.Reshape((4, 4))(image)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    model = keras.Model(image, layers.Dense(4, name="logits")(layers.Flatten()(x)))
    for weight in model.weights:
        weight.assign(keras.ops.ones(weight.shape))
    probes = by_name(layer_probes(model, images((4, 4, 1)), LABELS))
    assert probes["attention"].weight_norm == pytest.approx((4 * 4 * 2 * 3) ** 0.5)
    assert probes["logits"].weight_norm == pytest.approx((16 * 4) ** 0.5)


class Own(keras.Model):
    def call(self, image):
        return image


def repeated():
    image = keras.Input((4, 4, 1))
    conv = layers.Conv2D(1, 1, name="twice")
    return keras.Model(image, layers.Flatten()(conv(conv(image))), name="shared")


def several():
    image = keras.Input((4, 4, 1))
    row = layers.Reshape((4, 4))(image)
    output, _ = layers.GRU(4, return_state=True, name="gru")(row)
    return keras.Model(image, output, name="states")


def two_inputs():
    both = [keras.Input((4, 4, 1)), keras.Input((4, 4, 1))]
    return keras.Model(both, layers.Flatten()(layers.Add()(both)), name="pair")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Own(name="own"), r"the model own \(Own\) cannot be probed.*functional or a built"),
        (lambda: Own(*[keras.Input((4, 4, 1))] * 2, name="own"), r"the model own \(Own\) cannot"),
        (lambda: keras.Sequential([layers.Flatten()], name="open"), "open .*it is not built"),
        (lambda: "lenet", "expected a built keras.Model; received str"),
        (repeated, "model shared cannot be probed: its layer twice is called more than once"),
        (several, "model states cannot be probed: its layer gru has several outputs"),
        (two_inputs, r"pair cannot be probed: one input .* and one output \(batch, classes\)"),
    ],
)
def test_a_model_that_cannot_be_probed_is_refused(build, words):
    with pytest.raises(BadInput, match=words):
        layer_probes(build(), images((4, 4, 1)), LABELS)


@pytest.mark.parametrize(
    ("shape", "labels", "words"),
    [
        ((6, 5, 2), LABELS, r"smooth takes images \(None, 6, 6, 2\); received \(5, 6, 5, 2\)"),
        ((6, 6), LABELS, r"received \(5, 6, 6\)"),
        ((6, 6, 2), LABELS[:4], r"for each of the 5 images; received int64 \(4,\)"),
        ((6, 6, 2), LABELS / 2, r"whole number .* received float64 \(5,\)"),
        ((6, 6, 2), LABELS + 1, "labels are 0 to 3; received 4"),
        ((6, 6, 2), LABELS - 1, "labels are 0 to 3; received -1"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(shape, labels, words):
    with pytest.raises(BadInput, match=words):
        layer_probes(smooth(), images(shape), labels)
