"""The same steps on a backend and in float64: within rounding, and what is wrong is found."""

import json

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
# half as large, but batch normalisation of a few single pixels is all rounding.
SIZES = {
    **dict.fromkeys(("vgg", "resnet", "resnext", "densenet121", "googlenet"), 32),
    **{"mobilenet": 64, "alexnet": 65, "alexnet2012": 72},
}
# Their many weights or layers take 3 to 60 seconds of a core in float64 and as long to compile.
HEAVY = {
    *("alexnet", "alexnet2012", "densenet", "densenet121", "googlenet", "mobilenet", "nin"),
    *("resnet", "resnext", "small_resnet", "vgg", "vit"),
}
HEAVY_MODELS = {
    *("lenet-modern-wide", "lenet-modern-wide-deep"),
    # As lenet5, with a layer for each map of c3 and s4.
    *("lenet5-avgpool", "lenet5-maxpool", "lenet5-relu", "lenet5-tanh"),
}
# Smaller members of such families, with the same layers.
SMALLER = (
    "alexnet:wide=False,batchnorm=True@image_size=65",
    "densenet:depth=7",
    "vit-tiny:depth=1",
)


def is_heavy(name):
    return name in HEAVY_MODELS or netzoo.model_info(name).family in HEAVY


def spec_of(name):
    """Return a registered model with its smallest images."""
    size = SIZES.get(netzoo.model_info(name).family)
    return f"{name}@image_size={size}" if size else name


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return a function from a trial to the reference's arrays of some steps, of a process."""
    folder = tmp_path_factory.mktemp("reference")
    with Process(folder / "log", "tensorflow") as process:
        process.ask(messages.Start("cpu", None), messages.Started)

        def arrays_of(trial, steps, *, outputs=False):
            path = folder / "arrays.npz"
            request = messages.Reference(trial, steps, str(path), outputs)
            process.ask(request, messages.Referenced)
            return checkpoint.read(path, trial.model)[1]

        yield arrays_of


@pytest.fixture(autouse=True)
def little_compiled():
    """Let JAX compile in a third of the time; the operations are the same."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def trial_of(text, **settings):
    spec = model_spec(text)
    device = Device("cpu", "CPU")
    settings = {"batch_size": 4, "validation": 0.0, "precision": "float32", **settings}
    recipes = {spec: recipe_of(spec, "quick", settings, device)}
    (trial,) = planned_trials(recipes, DATA.record(None), [0], "tensorflow", "cpu")
    return trial


def on_this_backend(trial, steps=2):
    model = prepared.build(trial)
    _, size = prepared.ready(trial, 1, DATA, model)
    parity.be_calm(model)
    return model, DATA, trial.recipe, size, steps


def run_of(trial, arrays, model=None, steps=2):
    """Return the run of a trial on this backend, perhaps of a model that is ready."""
    ready, *about = on_this_backend(trial, steps)
    found = parity.steps_taken(model or ready, *about, arrays)
    allowed = TOLERANCES[trial.recipe.precision]
    about = {"model": trial.model, "backend": keras.backend.backend()}
    return judged(about, differences.differences(found, arrays), allowed)


def check(spec, reference, **settings):
    trial = trial_of(spec, **settings)
    run = run_of(trial, reference(trial, 1), steps=1)
    assert run.status == "within", run
    assert run.layers
    return run


LIGHT = [name for name in list_models() if not is_heavy(name)]


@pytest.mark.parametrize("spec", [*LIGHT, *SMALLER])
def test_a_model_is_within_rounding_of_float64(spec, reference):
    run = check(spec, reference)
    assert run.loss < 1e-5  # no flip of a sign moves it


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_is_coarser_and_has_tolerances_of_its_own(precision, reference):
    run = check(f"mlp-batchnorm@precision={precision}", reference)
    assert run.tolerances.loss > run.logits > TOLERANCES["float32"].logits


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in list_models() if is_heavy(name)])
def test_a_large_model_is_within_rounding_of_float64(name, reference):
    check(spec_of(name), reference, batch_size=8)


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


@pytest.mark.backend_independent
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
def given(reference):
    """Return the trial of a network with batch normalisation, and the reference's arrays."""
    trial = trial_of("lenet-batchnorm")
    return trial, reference(trial, 2), reference(trial, 2, outputs=True)


def break_a_kernel(monkeypatch, backend_name):
    """Let this backend's own way to compute a layer be a little wrong; return the layer."""
    if backend_name == "torch":
        import torch

        norm = torch.native_batch_norm
        monkeypatch.setattr(torch, "native_batch_norm", lambda *a: norm(*a[:-1], 1e-3))
        return "conv1_norm"
    if backend_name == "tensorflow":
        import tensorflow as tf

        norm = tf.nn.batch_normalization  # FusedBatchNormV3 takes no epsilon as small as ours
        monkeypatch.setattr(
            tf.nn, "batch_normalization", lambda **named: norm(**named | {"variance_epsilon": 1e-3})
        )
        return "conv1_norm"
    from netzoo.training import kernels_jax

    banded = kernels_jax._banded  # whose kernel then lies upside down
    monkeypatch.setattr(kernels_jax, "_banded", lambda x, w, *, same: banded(x, w[::-1], same=same))
    return "conv1"


def test_a_kernel_that_is_a_little_wrong_is_found_and_its_layer_named(
    given, monkeypatch, backend_name
):
    trial, arrays, of_layers = given

    def first_other():
        found = parity.outputs_of_step(*on_this_backend(trial), of_layers)
        return differences.first_other(found, of_layers, TOLERANCES["float32"].loss)

    right = run_of(trial, arrays)
    assert right.status == "within", right
    assert max(right.loss, right.logits) < 5e-6
    assert first_other() is None
    layer = break_a_kernel(monkeypatch, backend_name)
    wrong = run_of(trial, arrays)
    assert wrong.status == "beyond"
    assert "loss" in wrong.beyond
    assert first_other() == layer


def test_another_learning_rate_or_a_changed_weight_is_found(given):
    trial, arrays, _ = given
    model, *_ = on_this_backend(trial)
    schedule = model.optimizer._learning_rate.schedule
    schedule.initial_learning_rate *= 2
    schedule.warmup_target *= 2
    run = run_of(trial, arrays, model)
    assert run.loss < 1e-5
    assert run.beyond == ("weights",)
    kernel = next(key for key in arrays if key.startswith("start ") and "conv2/kernel" in key)
    changed = arrays | {kernel: arrays[kernel] + np.float32(0.01)}
    assert {"loss", "gradient"} <= set(run_of(trial, changed).beyond)


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
