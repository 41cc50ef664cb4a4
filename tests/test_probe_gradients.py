"""The gradients that a probe gives of each layer, against those of finite differences."""

import keras
import numpy as np
import pytest
from keras import layers
from small_probes import LABELS, by_name, images, smooth

from netzoo.models.find import find_model
from netzoo.training.layer_probes import layer_probes

EPSILON = 1e-5


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
