"""The traced training step of PyTorch: the values of Keras's own, and what cannot be traced."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks
from keras import layers, ops

from netzoo import create_model, list_models, model_info
from netzoo.data import sample
from netzoo.recipe_options import LOSSES
from netzoo.recipes import Recipe
from netzoo.training import fit, state
from netzoo.training.inputs import Inputs

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="only PyTorch's step is traced by netzoo"
)

BATCH = 4
SGD = Recipe("test", epochs=1, batch_size=BATCH, learning_rate=0.05)
ADAM = replace(SGD, optimizer="adam", schedule="one-cycle", learning_rate=0.002)
SMALLEST = {"alexnet": 65, "vgg11": 32}  # of the others 28 px
# Of the newer families one model each, as their layers are those of all.
OTHERS = ("lenet5", "mlp", "nin", "vgg11", "vit-tiny")
QUICK = (
    ("lenet", "float32", SGD),
    ("lenet", "mixed_bfloat16", ADAM),
    ("lenet-dropout", "float32", ADAM),
    ("lenet-maxpool", "mixed_bfloat16", SGD),
    ("alexnet", "float32", SGD),
    ("alexnet", "mixed_bfloat16", SGD),
)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(40, 20)


@pytest.fixture(autouse=True)
def float32_again():
    yield
    keras.config.set_dtype_policy("float32")


def step_of(model, images, recipe, size):
    from netzoo.training.on_torch import Step

    fit.compile_model(model, images, recipe)
    return Step(model, Inputs(images.train, recipe, (size, size)))


def batches(images, count, size=BATCH):
    split = images.train
    return [
        (
            tf.constant(split.images[start : start + size]),
            tf.constant(split.labels[start : start + size]),
        )
        for start in range(0, count * size, size)
    ]


def trained(step, model, some, traced=True):
    """Train on some batches and return all variables, with the metrics of each batch."""
    if not traced:
        step._length = -1  # no batch is as long: each runs through Keras
    state.reseed(7, 0)
    metrics = step.fetch([step.train(*batch) for batch in some])
    assert (step._traced is not None) == traced
    return {**state.gather(model), "metrics": metrics}


def both_ways(build, images, recipe, size=28, steps=3):
    """Return the variables after some steps, traced and through Keras."""
    results = []
    for traced in (True, False):
        keras.utils.set_random_seed(5)
        model = build()
        step = step_of(model, images, recipe, size)
        results.append(trained(step, model, batches(images, steps), traced))
    return results


def check_equal(ours, theirs):
    """Compare in order: Keras numbers the names of optimizers."""
    for (name, value), other in zip(ours.items(), theirs.values(), strict=True):
        assert (value == other).all(), name


def cases():
    """Return models in each precision, by each optimizer; most of them are slow.

    Batch normalisation is another one while a step is traced, and so has a test of its own.
    """
    old = [name for name in list_models() if model_info(name).family in ("lenet", "alexnet")]
    return [
        pytest.param(
            *(name, precision, recipe),
            id=f"{name}-{precision}-{recipe.optimizer}",
            marks=() if (name, precision, recipe) in QUICK else pytest.mark.slow,
        )
        for name in [*old, *OTHERS]
        if not model_info(name).options.get("batchnorm")
        for precision in ("float32", "mixed_bfloat16")
        for recipe in (SGD, ADAM)
    ]


@pytest.mark.parametrize(("name", "precision", "recipe"), cases())
def test_the_weights_are_kerass_to_the_bit(images, name, precision, recipe):
    size = SMALLEST.get(name.partition("-")[0], 28)
    keras.config.set_dtype_policy(precision)
    check_equal(
        *both_ways(lambda: create_model(name, input_shape=(size, size, 1)), images, recipe, size)
    )


class Twice(layers.Layer):
    """A layer with a loss and a metric-like state of its own."""

    def build(self, shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.add_loss(1e-3 * ops.mean(ops.square(x)))
        self.calls.assign(self.calls + 1.0)
        return 2.0 * x


def of(*chain):
    """Return the builder of a network whose layers are made by functions."""

    def build():
        x = image = keras.Input((28, 28, 1))
        for make in chain:
            x = make()(x)
        return keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))

    return build


NETWORKS = {
    "l2": of(lambda: layers.Conv2D(4, 3, kernel_regularizer="l2", padding="same")),
    "moving averages": of(lambda: layers.Conv2D(4, 3), layers.BatchNormalization),
    "norms": of(
        lambda: layers.Conv2D(8, 5, strides=2),
        lambda: layers.GroupNormalization(4),
        layers.LayerNormalization,
    ),
    "seeded": of(
        lambda: layers.RandomFlip("horizontal", seed=1),
        lambda: layers.GaussianNoise(0.1, seed=2),
        lambda: layers.Conv2D(4, 3),
        lambda: layers.SpatialDropout2D(0.3, seed=3),
        lambda: layers.Dropout(0.3, seed=4),
    ),
    "depthwise": of(
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
        lambda: layers.SeparableConv2D(4, 3, strides=2),
        layers.MaxPooling2D,
        layers.PReLU,
    ),
    "own": of(lambda: layers.Conv2D(4, 3, strides=3), Twice, lambda: layers.Activation("gelu")),
    "recurrent": of(lambda: layers.Reshape((28, 28)), lambda: layers.GRU(5)),
}


@pytest.mark.parametrize("network", NETWORKS)
def test_other_networks_are_kerass_to_the_bit(images, network):
    check_equal(*both_ways(NETWORKS[network], images, ADAM))


def test_averaged_weights_and_clipped_gradients_are_kerass_to_the_bit(images):
    recipe = replace(ADAM, ema=0.5, optimizer="adamw", optimizer_options={"global_clipnorm": 0.1})
    check_equal(*both_ways(NETWORKS["l2"], images, recipe, steps=4))


def test_frozen_weights_and_weights_without_a_gradient_stay(images):
    def build():
        image = keras.Input((28, 28, 1))
        x = layers.Flatten()(image)
        frozen = layers.Dense(6, trainable=False)
        return keras.Model(image, layers.Dense(10)(frozen(x)))

    check_equal(*both_ways(build, images, SGD))


def test_a_shorter_batch_and_micro_batches_run_through_keras(images):
    """Between traced steps, on the same variables."""
    some = [*batches(images, 2), *batches(images, 1, size=3), *batches(images, 1)]
    results = []
    for traced in (True, False):
        keras.utils.set_random_seed(5)
        model = create_model("lenet")
        results.append(trained(step_of(model, images, ADAM, 28), model, some, traced))
    check_equal(*results)

    step = step_of(create_model("lenet"), images, SGD, 28)
    weights = tf.ones(BATCH)
    step.train(*batches(images, 1)[0], weights)
    assert step._traced is None


class Choosing(layers.Layer):
    def call(self, x):
        return x if ops.mean(x) > 0 else -x


class Reading(layers.Layer):
    def call(self, x):
        return x * ops.max(x).item()


@pytest.mark.parametrize("layer", [Choosing, Reading])
def test_a_model_that_reads_values_trains_through_keras(images, layer, capfd):
    model = of(lambda: layers.Conv2D(4, 3), layer)()
    step = step_of(model, images, SGD, 28)
    before = state.gather(model)
    step.fetch([step.train(*batch) for batch in batches(images, 2)])
    assert step._traced is None
    assert f"{model.name} runs through Keras at every step" in capfd.readouterr().err
    assert any((state.gather(model)[name] != value).any() for name, value in before.items())
    assert step.logits(images.test.images).shape == (20, 10)


@pytest.mark.parametrize(
    "gone",
    [
        "torch.fx.experimental.proxy_tensor:make_fx",
        "keras.src.backend.torch.core",
        "keras.src.backend.torch.random",
        "keras.src.backend.torch.nn",
        "keras.src.backend.torch.optimizers.torch_sgd:SGD",
    ],
)
def test_without_an_internal_name_of_keras_or_torch_a_model_still_trains(images, gone, monkeypatch):
    from netzoo.training import kernels_torch, traced_torch

    def find(name):
        return None if name == gone else kept(name)

    kept = kernels_torch.found
    monkeypatch.setattr(kernels_torch, "found", find)
    monkeypatch.setattr(traced_torch, "found", find)
    recipe = SGD if gone.endswith(":SGD") else ADAM
    step = step_of(create_model("lenet"), images, recipe, 28)
    metrics = step.fetch([step.train(*batch) for batch in batches(images, 2)])
    assert np.isfinite(metrics).all()


@pytest.fixture
def grouped(monkeypatch):
    """Group casts as for a GPU."""
    from netzoo.training import traced_torch

    def simplify(module, *, group):
        return kept(module, group=True)

    kept = traced_torch.simplify
    monkeypatch.setattr(traced_torch, "simplify", simplify)


@pytest.mark.usefixtures("grouped")
@pytest.mark.parametrize("recipe", [SGD, ADAM], ids=lambda recipe: recipe.optimizer)
def test_casts_of_all_weights_and_gradients_in_one_operation_change_no_bit(images, recipe):
    keras.config.set_dtype_policy("mixed_bfloat16")
    check_equal(*both_ways(lambda: create_model("lenet-dropout"), images, recipe))


LAUNCHING_LIMIT = 110  # of AlexNet's step; Keras's own has 165
FREE = {
    *("view", "_unsafe_view", "permute", "t", "transpose", "squeeze", "unsqueeze", "expand"),
    *("slice", "detach"),
}


def launching_operations(graph):
    """Return the names of the operations of a graph that start a computation on a device."""
    names = [
        node.target.overloadpacket.__name__
        for node in graph.nodes
        if isinstance(node.target, torch._ops.OpOverload)
    ]
    return [name for name in names if name not in FREE and not name.startswith("empty")]


@pytest.mark.usefixtures("grouped")
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_traced_step_has_few_operations_and_no_copy_from_the_host(images, precision):
    keras.config.set_dtype_policy(precision)
    step = step_of(create_model("alexnet", input_shape=(65, 65, 1)), images, SGD, 65)
    step.train(*batches(images, 1)[0])
    graph = step._traced._graph.module.graph
    names = launching_operations(graph)
    assert len(names) <= LAUNCHING_LIMIT, names
    assert not {"lift_fresh_copy", "_local_scalar_dense"} & set(names)
    devices = {node.meta["val"].device.type for node in graph.nodes if _is_tensor(node)}
    assert devices == {DEVICE}


@pytest.mark.usefixtures("grouped")
@pytest.mark.parametrize("loss", [name for name in LOSSES if name != SGD.loss])
def test_no_loss_copies_from_the_host(images, loss):
    options = {"label_smoothing": 0.1} if "label_smoothing" in LOSSES[loss] else None
    recipe = replace(SGD, loss=loss, loss_options=options)
    step = step_of(create_model("mlp"), images, recipe, 28)
    step.train(*batches(images, 1)[0])
    names = launching_operations(step._traced._graph.module.graph)
    assert not {"lift_fresh_copy", "_local_scalar_dense"} & set(names)


def _is_tensor(node):
    return isinstance(node.meta.get("val"), torch.Tensor)


def test_a_training_of_many_epochs_is_the_same_with_and_without_the_trace(images, monkeypatch):
    """With the last, shorter batch, the evaluation, and the schedule to its end."""
    recipe = replace(ADAM, epochs=3, batch_size=16, validation=0.0)
    results = []
    for traced in (True, False):
        if not traced:
            from netzoo.training.on_torch import Step

            monkeypatch.setattr(Step, "_trace", lambda *about: None)
        keras.utils.set_random_seed(5)
        model = create_model("lenet-dropout")
        fit.compile_model(model, images, recipe)
        hooks = Hooks()
        fitted = fit.fit(model, images, recipe, 3, hooks)
        results.append((fitted, state.gather(model)))
    (ours, weights), (theirs, others) = results
    check_equal(weights, others)
    assert [e.train_loss for e in ours.history] == [e.train_loss for e in theirs.history]
    assert ours.predictions == theirs.predictions


@pytest.mark.gpu
@pytest.mark.parametrize("recipe", [SGD, ADAM])
@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_twenty_replays_of_a_cuda_graph_are_kerass_steps(name, recipe):
    images = sample.sample().limited(100, 20)
    size = SMALLEST[name]
    ours, theirs = both_ways(
        lambda: create_model(name, input_shape=(size, size, 1)), images, recipe, size, steps=20
    )
    np.testing.assert_allclose(ours["metrics"], theirs["metrics"], rtol=2e-3)


def test_traced_logits_are_kerass_to_the_bit(images):
    from netzoo.training.traced_torch import TracedLogits

    step = step_of(create_model("lenet-dropout"), images, SGD, 28)
    pixels = images.test.images[:6]
    traced = TracedLogits(step._model, step._inputs, 6)
    assert (traced(pixels).numpy() == step.logits(pixels)).all()
    assert (traced(pixels[::-1]).numpy() == step.logits(pixels[::-1])).all()
