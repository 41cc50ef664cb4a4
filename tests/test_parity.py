"""The same steps on a backend and in float64: within rounding, and what is wrong is found."""

import json
from functools import cache

import keras
import numpy as np
import pytest

import netzoo
from netzoo.data import open_images
from netzoo.errors import BadInput
from netzoo.models.catalog import list_models, model_spec
from netzoo.provenance import Device
from netzoo.results.parity import TOLERANCES, judged
from netzoo.runs import checkpoint, messages
from netzoo.runs.process import Process
from netzoo.runs.request import planned_trials, recipe_of
from netzoo.training import differences, parity, prepared

DATA = open_images("fashion_mnist_sample")

# The smallest images, in px, of the families that cannot take the data's 28. MobileNet's could be
# half as large, but batch normalisation of four single pixels is all rounding.
SIZES = {
    **dict.fromkeys(("vgg", "resnet", "resnext", "densenet121", "googlenet"), 32),
    **{"mobilenet": 64, "alexnet": 65, "alexnet2012": 72},
}
# Those whose weights or layers take seconds, on each of two sides: each family but these stands in
# the default suite as a whole, and these by a smaller member that has the same layers.
HEAVY = {
    *("alexnet", "alexnet2012", "densenet", "densenet121", "googlenet", "mobilenet", "nin"),
    *("resnet", "resnext", "small_resnet", "vgg", "vit"),
}
WIDE = {"lenet-modern-wide", "lenet-modern-wide-deep"}
SMALLER = (
    "alexnet:wide=False,batchnorm=True@image_size=65",
    "densenet:depth=10",
    "nin-dense",
    "vit-tiny:depth=1",
)
MIXED = "lenet-batchnorm@precision=mixed_bfloat16"
QUICK = {"steps": 2, "batch_size": 4}


def is_heavy(name):
    return name in WIDE or netzoo.model_info(name).family in HEAVY


def spec_of(name):
    """Return a registered model with its smallest images."""
    size = SIZES.get(netzoo.model_info(name).family)
    return f"{name}@image_size={size}" if size else name


@cache
def compared(*specs):
    """Return the runs of models on the suite's backend, by model."""
    found = netzoo.parity(specs, backends=keras.backend.backend(), **QUICK)
    return {run.model: run for run in found.runs}


LIGHT = (*(name for name in list_models() if not is_heavy(name)), *SMALLER, MIXED)


@pytest.mark.parametrize("spec", LIGHT)
def test_a_model_is_within_rounding_of_float64(spec):
    check(compared(*LIGHT)[spec])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in list_models() if is_heavy(name)])
def test_a_large_model_is_within_rounding_of_float64(name):
    (run,) = compared(spec_of(name)).values()
    check(run)


def check(run):
    assert run.status == "within", run
    assert run.recipe.precision in run.model or run.recipe.precision == "float32"
    assert run.layers
    assert run.loss <= run.tolerances.loss


WRONG = """
import keras

def build(input_shape, num_classes, *, size: int = 3):
    in_float64 = keras.config.floatx() == "float64"
    image = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, size, strides=2, name="conv")(image)
    # What a backend does in another way than it should.
    x = keras.layers.BatchNormalization(epsilon=1e-5 if in_float64 else 1e-3, name="norm")(x)
    x = keras.layers.Conv2D(4, 3, strides=2, name="after")(x)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, keras.layers.Dense(num_classes, name="logits")(x))

def other(input_shape, num_classes):
    side = 3 if keras.config.floatx() == "float64" else 2
    image = keras.Input(input_shape)
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(side)(image))
    return keras.Model(image, keras.layers.Dense(num_classes, name="logits")(x))
"""


def test_a_wrong_layer_is_named_and_the_exit_code_is_1(netzoo, tmp_path, backend_name):
    (tmp_path / "wrong.py").write_text(WRONG)
    words = f"--backends {backend_name} --steps 1 --batch-size 4 --image-size 16 --format json"
    done = netzoo("parity", "wrong.py:build", "wrong.py:other", "vgg11", *words.split())
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    wrong, other, too_large = told["runs"]
    assert wrong["status"] == "beyond"
    assert "loss" in wrong["beyond"]
    assert wrong["cause"] == "norm"
    assert {layer["name"] for layer in wrong["layers"]} == {"conv", "norm", "after", "logits"}
    assert other["status"] == "failed"
    assert "the model has other weights than on the reference's backend: " in other["error"]
    assert too_large["status"] == "failed"
    assert "vgg11 needs an image of at least 32 × 32 px" in too_large["error"]
    assert told["command"].startswith("netzoo parity wrong.py:build wrong.py:other vgg11 --back")
    assert f"wrong.py:build on {backend_name}: beyond (loss" in done.stderr


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Return the trial of a network with batch normalisation, and the reference's arrays."""
    folder = tmp_path_factory.mktemp("reference")
    return trial_of("lenet-batchnorm"), *reference_of(folder, trial_of("lenet-batchnorm"))


def trial_of(text):
    spec = model_spec(text)
    device = Device("cpu", "CPU")
    settings = {"batch_size": 4, "validation": 0.0, "precision": "float32"}
    recipes = {spec: recipe_of(spec, "quick", settings, device)}
    (trial,) = planned_trials(recipes, DATA.record(None), [0], "tensorflow", "cpu")
    return trial


def reference_of(folder, trial):
    """Return the arrays of two steps, and those of the layers' outputs."""
    found = []
    with Process(folder / "log", "tensorflow") as process:
        process.ask(messages.Start("cpu", None), messages.Started)
        for outputs in (False, True):
            path = str(folder / f"{outputs}.npz")
            process.ask(messages.Reference(trial, 2, path, outputs), messages.Referenced)
            found.append(checkpoint.read(folder / f"{outputs}.npz", trial.model)[1])
    return found


def on_this_backend(trial):
    model = prepared.build(trial)
    _, size = prepared.ready(trial, 1, DATA, model)
    parity.be_calm(model)
    return model, DATA, trial.recipe, size, 2


def break_a_kernel(monkeypatch, backend_name):
    """Let this backend's own way to compute a layer be a little wrong; return the layer."""
    if backend_name == "torch":
        import torch

        norm = torch.native_batch_norm
        monkeypatch.setattr(torch, "native_batch_norm", lambda *a: norm(*a[:-1], 1e-3))
        return "conv1_norm"
    if backend_name == "tensorflow":
        import tensorflow as tf

        norm = tf.raw_ops.FusedBatchNormV3
        monkeypatch.setattr(
            tf.raw_ops, "FusedBatchNormV3", lambda **named: norm(**named | {"epsilon": 1e-3})
        )
        return "conv1_norm"
    from netzoo.training import kernels_jax

    banded = kernels_jax._banded
    monkeypatch.setattr(
        kernels_jax, "_banded", lambda x, w, *, same: banded(x, 1.001 * w, same=same)
    )
    return "conv1"


def test_a_kernel_that_is_a_little_wrong_is_found_and_its_layer_named(
    given, monkeypatch, backend_name
):
    trial, arrays, of_layers = given
    allowed = TOLERANCES["float32"]

    def first_other():
        found = parity.outputs_of_step(*on_this_backend(trial), of_layers)
        return differences.first_other(found, of_layers, allowed.logits)

    def run():
        found = differences.differences(parity.steps_taken(*on_this_backend(trial), arrays), arrays)
        return judged({"model": trial.model, "backend": backend_name}, found, allowed)

    right = run()
    assert right.status == "within", right
    assert max(right.loss, right.logits) < 5e-6
    assert first_other() is None
    layer = break_a_kernel(monkeypatch, backend_name)
    wrong = run()
    assert wrong.status == "beyond"
    assert "loss" in wrong.beyond
    assert first_other() == layer


def test_another_learning_rate_or_a_changed_weight_is_found(given):
    trial, arrays, _ = given
    model, *about = on_this_backend(trial)
    model.optimizer._learning_rate.schedule.initial_learning_rate *= 1.5
    model.optimizer._learning_rate.schedule.warmup_target *= 1.5
    found = differences.differences(parity.steps_taken(model, *about, arrays), arrays)
    assert found.loss < 1e-5
    run = judged({"model": "", "backend": ""}, found, TOLERANCES["float32"])
    assert run.beyond == ("weights",)
    start = {key: value for key, value in arrays.items() if key.startswith("start ")}
    kernel = next(key for key in start if key.endswith("conv2/kernel"))
    changed = arrays | {kernel: arrays[kernel] + 0.01}
    found = differences.differences(parity.steps_taken(*on_this_backend(trial), changed), changed)
    run = judged({"model": "", "backend": ""}, found, TOLERANCES["float32"])
    assert {"loss", "gradient"} <= set(run.beyond)


def test_the_gradients_are_those_of_the_loss(given):
    """By differences of the loss, in the direction of the gradient of one layer."""
    trial, arrays, _ = given
    name = next(key.partition(" ")[2] for key in arrays if key.endswith("logits/kernel"))
    gradient = arrays[f"gradient {name}"].astype(float)
    step = 1e-2 / np.abs(gradient).max()
    losses = []
    for sign in (1, -1):
        moved = arrays[f"start {name}"] + sign * step * gradient
        changed = arrays | {f"start {name}": moved.astype(np.float32)}
        losses.append(parity.steps_taken(*on_this_backend(trial), changed)["loss"][0])
    slope = (losses[0] - losses[1]) / (2 * step)
    assert slope == pytest.approx((gradient**2).sum(), rel=1e-2)


def test_dropout_is_off_and_what_else_draws_numbers_is_refused():
    layers = keras.layers
    inside = keras.Sequential([layers.Dropout(0.5), layers.GaussianNoise(1.0)])
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.SpatialDropout2D(0.9), inside])
    parity.be_calm(model)
    x = np.ones((2, 4, 4, 1), "float32")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(x, training=True)), x)
    turning = keras.Sequential([keras.Input((4, 4, 1)), layers.RandomRotation(0.1, name="turn")])
    with pytest.raises(BadInput, match=r"its layer turn \(RandomRotation\) draws random numbers"):
        parity.be_calm(turning)


@pytest.mark.backend_independent
def test_batches_are_the_first_images_of_each_class_and_come_again_if_they_are_few():
    recipe = recipe_of(model_spec("lenet"), "quick", {"batch_size": 10}, Device("cpu", "CPU"))
    taken = parity.batches(DATA, recipe, 2)
    assert [pixels.shape for pixels, _ in taken] == [(10, 28, 28, 1)] * 2
    both = np.concatenate([labels for _, labels in taken])
    assert sorted(both) == sorted([*range(10)] * 2)
    few = DATA.limited(10, 10)
    (first, _), (second, _) = parity.batches(few, recipe, 2)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))
