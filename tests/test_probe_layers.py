"""What a probe says of each layer, against the same network in numpy, and against its words."""

import keras
import numpy as np
import pytest
from keras import layers

from netzoo.errors import BadInput
from netzoo.models.find import find_model
from netzoo.training.probe import layer_probes

IMAGES = 5
LABELS = np.array([0, 3, 1, 3, 2])
EPSILON = 1e-5


def images(shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (IMAGES, *shape)).astype("float32")


def array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def by_name(probes):
    return {probe.name: probe for probe in probes}


def smooth(dtype="float32"):
    """Build a network without a kink, whose gradients differences can follow."""
    keras.utils.set_random_seed(1)
    image = keras.Input((6, 6, 2), name="image")
    x = layers.Rescaling(2.0, name="scale", dtype=dtype)(image)
    x = layers.Conv2D(3, 3, activation="tanh", name="conv", dtype=dtype)(x)
    x = layers.AveragePooling2D(2, name="pool", dtype=dtype)(x)
    x = layers.Flatten(name="flatten", dtype=dtype)(x)
    x = layers.Dense(6, activation="sigmoid", name="fc", dtype=dtype)(x)
    return keras.Model(image, layers.Dense(4, name="logits", dtype=dtype)(x), name="smooth")


def stages(kernels, biases):
    """Return `smooth` layer by layer in numpy, (batch, …) -> (batch, …)."""

    def conv(x):
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        return np.tanh(np.einsum("nhwcij,ijco->nhwo", windows, kernels["conv"]) + biases["conv"])

    return {
        "scale": lambda x: 2 * x,
        "conv": conv,
        "pool": lambda x: x.reshape(len(x), 2, 2, 2, 2, 3).mean(axis=(2, 4)),
        "flatten": lambda x: x.reshape(len(x), -1),
        "fc": lambda x: 1 / (1 + np.exp(-x @ kernels["fc"] - biases["fc"])),
        "logits": lambda x: x @ kernels["logits"] + biases["logits"],
    }


def losses(x, labels, functions):
    """Return the cross-entropy of each image, from the input of the first function on."""
    for function in functions:
        x = function(x)
    return np.log(np.exp(x).sum(axis=1)) - x[np.arange(len(x)), labels]


def output_gradient(output, label, functions):
    """Return the gradient of one image's loss by central differences in each element."""
    steps = EPSILON * np.eye(output.size).reshape(-1, *output.shape)
    labels = np.full(output.size, label)
    up, down = (losses(output + sign * steps, labels, functions) for sign in (1, -1))
    return (up - down) / (2 * EPSILON)


def weight_gradient(name, kernels, biases, x):
    """Return the gradient of the mean loss by central differences in each weight."""
    found = []
    for place in np.ndindex(kernels[name].shape):
        change = np.zeros_like(kernels[name])
        change[place] = EPSILON
        up, down = (
            losses(
                x,
                LABELS,
                stages(kernels | {name: kernels[name] + sign * change}, biases).values(),
            ).mean()
            for sign in (1, -1)
        )
        found.append((up - down) / (2 * EPSILON))
    return np.array(found)


def test_gradients_are_those_of_finite_differences():
    model, x = smooth(), images((6, 6, 2))
    trained = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    kernels, biases = (
        {name: found[number].astype("float64") for name, found in trained.items()}
        for number in (0, 1)
    )
    probes = by_name(layer_probes(model, x, LABELS))
    functions = stages(kernels, biases)
    assert list(probes) == list(functions)
    output = x.astype("float64")
    for number, (name, function) in enumerate(functions.items()):
        output = function(output)
        later = list(functions.values())[number + 1 :]
        own = [output_gradient(o, label, later) for o, label in zip(output, LABELS, strict=True)]
        norms = np.linalg.norm(own, axis=1)
        probe = probes[name]
        # The images differ: the root mean square of their norms is larger by 0.3 % and more.
        close = {"rel": 1e-4}
        assert probe.activation_gradient_norm == pytest.approx(norms.mean(), **close)
        assert probe.activation_gradient_rms == pytest.approx(
            np.sqrt(np.square(own).mean()), **close
        )
        assert probe.activation_mean == pytest.approx(output.mean(), **close, abs=1e-6)
        assert probe.activation_sd == pytest.approx(output.std(), **close)
        if name in kernels:
            found = np.linalg.norm(weight_gradient(name, kernels, biases, x.astype("float64")))
            assert probe.weight_gradient_norm == pytest.approx(found, **close)
            assert probe.weight_norm == pytest.approx(np.linalg.norm(kernels[name]), **close)
        else:
            assert probe.weight_gradient_norm is probe.weight_norm is None


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


def test_a_layer_that_hands_its_input_on_has_a_gradient_of_its_own():
    """Two branches of one tensor add up: each branch's output gets half of what the tensor gets."""
    image = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 3, name="conv")(image)
    branch = layers.Dropout(0.5, name="branch")(x)
    x = layers.Add(name="sum")([x, branch])
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    probes = by_name(layer_probes(model, images((4, 4, 1)), LABELS))
    half = probes["sum"].activation_gradient_norm
    assert probes["branch"].activation_gradient_norm == pytest.approx(half, rel=1e-6)
    assert probes["conv"].activation_gradient_norm == pytest.approx(2 * half, rel=1e-6)


def test_a_sequential_model_and_one_inside_another():
    x = images((6, 6, 2))
    model = smooth()
    expected = layer_probes(model, x, LABELS)
    assert layer_probes(keras.Sequential(model.layers), x, LABELS) == expected
    image = keras.Input((6, 6, 2))
    outer = keras.Model(image, layers.Activation("linear", name="last")(model(image)))
    inside, last = layer_probes(outer, x, LABELS)
    assert (inside.name, inside.type) == ("smooth", "Functional")
    assert last.activation_gradient_norm == pytest.approx(expected[-1].activation_gradient_norm)
    parts = [probe.weight_gradient_norm or 0 for probe in expected]
    assert inside.weight_gradient_norm == pytest.approx(np.linalg.norm(parts), rel=1e-5)


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


def test_a_frozen_layer_has_no_weight_gradient_and_hands_the_others_on():
    model, x = smooth(), images((6, 6, 2))
    expected = by_name(layer_probes(model, x, LABELS))
    model.get_layer("fc").trainable = False
    probes = by_name(layer_probes(model, x, LABELS))
    assert probes["fc"].weight_norm is probes["fc"].weight_gradient_norm is None
    trained = expected["conv"].weight_gradient_norm
    assert probes["conv"].weight_gradient_norm == pytest.approx(trained, rel=1e-5)


def test_mixed_precision_gives_nearly_the_same():
    x = images((6, 6, 2))
    full, half = (layer_probes(smooth(dtype), x, LABELS) for dtype in ("float32", "mixed_bfloat16"))
    for wide, narrow in zip(full, half, strict=True):
        for field in ("activation_sd", "activation_gradient_norm", "weight_gradient_norm"):
            value = getattr(wide, field)
            expected = None if value is None else pytest.approx(value, rel=0.05)
            assert getattr(narrow, field) == expected
    assert full != half


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


def test_the_lessons_networks_are_named_in_order_and_sigmoid_gradients_vanish():
    keras.utils.set_random_seed(0)
    x = images((65, 65, 1))
    relu, sigmoid = (
        layer_probes(find_model(name, (65, 65, 1), 10), x, LABELS)
        for name in ("alexnet", "alexnet-sigmoid")
    )
    names = ["pad1", "conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool3"]
    names += ["flatten", "fc1", "dropout1", "fc2", "dropout2", "logits"]
    assert [probe.name for probe in relu] == [probe.name for probe in sigmoid] == names
    convs = [name for name in names if name.startswith("conv")]
    assert all(by_name(relu)[name].dead is not None for name in convs)
    assert all(by_name(sigmoid)[name].saturated is not None for name in convs)
    for field in ("activation_gradient_rms", "weight_gradient_norm"):
        kept, vanished = (getattr(by_name(probes)["conv1"], field) for probes in (relu, sigmoid))
        assert 0 < vanished < kept / 100
