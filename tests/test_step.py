"""What the device does with a batch: the images that it sees, and the step that it takes."""

from contextlib import nullcontext
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks
from keras import layers

import netzoo
from netzoo.data import pipeline, sample
from netzoo.data.source import Split
from netzoo.errors import BadInput
from netzoo.recipes import OPTIMIZERS, Recipe
from netzoo.training import fit, state
from netzoo.training.class_weights import balanced
from netzoo.training.inputs import Inputs, resize
from netzoo.training.step import step_of

RECIPE = Recipe("test", epochs=2, batch_size=64, learning_rate=0.05)
TOLERANCE = {"float32": 1e-5, "mixed_float16": 5e-3}


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(300, 100)


def array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def network(dtype="float32"):
    """Build a network that has what a step must mind: random and moving state, a loss of layers."""
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, strides=2, kernel_regularizer="l2", dtype=dtype)(image)
    x = layers.BatchNormalization(dtype=dtype)(x)
    x = layers.Dropout(0.3, seed=1, dtype=dtype)(layers.ReLU(dtype=dtype)(x))
    x = layers.MaxPooling2D(2, dtype=dtype)(x)
    return keras.Model(image, layers.Dense(10, dtype=dtype)(layers.Flatten(dtype=dtype)(x)))


def bilinear(image, height, width):
    """Resize one channel the slow way: half-pixel centres, edges repeated."""
    rows = np.clip((np.arange(height) + 0.5) * image.shape[0] / height - 0.5, 0, None)
    columns = np.clip((np.arange(width) + 0.5) * image.shape[1] / width - 0.5, 0, None)
    result = np.empty((height, width))
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            top, left = int(r), int(c)
            below, right = min(top + 1, image.shape[0] - 1), min(left + 1, image.shape[1] - 1)
            upper = image[top, left] * (1 - c + left) + image[top, right] * (c - left)
            lower = image[below, left] * (1 - c + left) + image[below, right] * (c - left)
            result[i, j] = upper * (1 - r + top) + lower * (r - top)
    return result


@pytest.mark.parametrize("size", [(96, 96), (224, 224), (32, 40), (14, 14), (28, 28)])
def test_resizing_is_bilinear_and_tensorflows_own_to_the_bit(images, size):
    pixels = images.train.images[:8]
    resized = array(resize(keras.ops.convert_to_tensor(pixels), *size))
    assert resized.shape == (8, *size, 1)
    expected = bilinear(pixels[0, :, :, 0], *size)
    np.testing.assert_allclose(resized[0, :, :, 0], expected, atol=1e-3)
    assert (resized == tf.image.resize(pixels, size).numpy()).all()


def test_standardising_uses_the_training_images_alone(images):
    pixels = images.train.images
    inputs = Inputs(images.train, replace(RECIPE, scaling="standardise"), (28, 28))
    seen = array(inputs(keras.ops.convert_to_tensor(pixels)))
    assert abs(seen.mean()) < 1e-5
    assert abs(seen.std() - 1) < 1e-5
    expected = (images.test.images - pixels.mean()) / pixels.std()
    seen = array(inputs(keras.ops.convert_to_tensor(images.test.images)))
    np.testing.assert_allclose(seen, expected, atol=1e-4)


def uneven(images):
    """Leave out half of the training images of every other class, and most of one."""
    labels = images.train.labels
    place = np.arange(len(labels))
    kept = ((labels % 2 == 1) | (place % 2 == 0)) & ((labels != 4) | (place < 60))
    return replace(images, train=Split(images.train.images[kept], labels[kept]))


def weights_of(labels, recipe, all_labels):
    """Return the weights of labels as scikit-learn defines "balanced", one by one."""
    if recipe.class_weight == "none":
        return np.ones(len(labels), "float32")
    of_class = {c: len(all_labels) / (10 * (all_labels == c).sum()) for c in range(10)}
    return np.array([of_class[label] for label in labels], "float32")


def kerass_own(model, images, recipe, parts):
    """Train by Keras's own step on the same batches."""
    inputs = Inputs(images.train, recipe, (28, 28))
    batches = [
        tuple(map(array, (inputs(keras.ops.convert_to_tensor(batch[0].numpy())), *batch[1:])))
        for batch in pipeline.train_batches(images, recipe, 3, micro_batches=parts)
    ]
    with random_numbers_of_netzoo():
        for number, batch in enumerate(batches):
            epoch, step = divmod(number, len(batches) // recipe.epochs)
            if step == 0:
                state.reseed(3, epoch)
            seen, labels, *weights = batch
            by_class = weights_of(labels, recipe, images.train.labels)
            model.train_on_batch(seen, labels, by_class * (weights[0] if weights else 1))


def random_numbers_of_netzoo():
    """On PyTorch they come from its own generator, whatever the seed of a layer."""
    if keras.backend.backend() != "torch":
        return nullcontext()
    from keras.src.backend.torch import random

    from netzoo.training.replaced import replaced

    return replaced(random, "torch_seed_generator", lambda seed: None)


@pytest.mark.parametrize(
    ("dtype", "parts", "class_weight"),
    [
        ("float32", 1, "none"),
        ("float32", 3, "none"),
        ("mixed_float16", 1, "none"),
        ("float32", 1, "balanced"),
        pytest.param("float32", 3, "balanced", marks=pytest.mark.slow),
    ],
)
def test_a_training_is_kerass_own(images, dtype, parts, class_weight):
    recipe = replace(RECIPE, batch_size=60, augment="flip+crop", schedule="one-cycle")
    recipe = replace(recipe, class_weight=class_weight)
    if class_weight == "balanced":
        images = uneven(images)
        recipe = replace(recipe, batch_size=len(images.train) // 4)
    ours, theirs = network(dtype), network(dtype)
    for model in (ours, theirs):
        fit.compile_model(model, images, recipe, parts)
    hooks = Hooks()
    fitted = fit.fit(ours, images, recipe, 3, hooks, micro_batches=parts)
    kerass_own(theirs, images, recipe, parts)
    for mine, its in zip(state.gather(ours).values(), state.gather(theirs).values(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-2, atol=TOLERANCE[dtype])
    assert len(hooks.kept) == len(fitted.history) == 2

    seen = Inputs(images.train, recipe, (28, 28))(keras.ops.convert_to_tensor(images.test.images))
    logits = array(theirs(seen, training=False)).astype("float32")
    correct = (logits.argmax(1) == images.test.labels).tolist()
    assert fitted.predictions.correct() == correct
    assert fitted.test_accuracy == pytest.approx(np.mean(correct))


@pytest.mark.backend_independent
def test_balanced_weights_are_inverse_to_the_images_of_a_class():
    weights = balanced(np.array([0, 0, 0, 2]))
    assert weights.tolist() == pytest.approx([4 / (2 * 3), 0, 4 / (2 * 1)])


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="it is PyTorch that is seen into")
@pytest.mark.parametrize("pool", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_what_a_convolution_gives_is_kept_once(images, pool):
    """By its activation, and by the pool or the convolution that reads it, as it lies."""
    import torch

    image = keras.Input((28, 28, 1))
    x = pool(2)(layers.Conv2D(8, 3, activation="relu")(image))
    x = layers.Conv2D(6, 3, activation="relu")(layers.Conv2D(12, 3, activation="relu")(x))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))
    fit.compile_model(model, images, RECIPE)
    step = step_of(model, Inputs(images.train, RECIPE, (28, 28)))
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    batch = tf.constant(images.train.images[:4]), tf.constant(images.train.labels[:4])
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step.train(*batch)
    sizes = [tensor.numel() for tensor in kept.values() if tensor.dtype == torch.float32]
    for values in (4 * 26 * 26 * 8, 4 * 13 * 13 * 8, 4 * 11 * 11 * 12, 4 * 9 * 9 * 6):
        assert sizes.count(values) == 1


@pytest.mark.parametrize(("count", "parts"), [(300, 1), (300, 3), (257, 3)])
def test_an_epoch_is_the_mean_over_its_images(images, count, parts):
    """Whatever the parts of its batches: without learning, loss and accuracy are known.

    257 images end in a batch of one: a part of one, and two without images.
    """
    few = images.limited(count, 10)
    recipe = replace(RECIPE, epochs=1, learning_rate=1e-12)
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(image)))
    fit.compile_model(model, few, recipe, parts)
    hooks = Hooks()
    fit.fit(model, few, recipe, 0, hooks, micro_batches=parts)
    (epoch,) = hooks.kept[0].history
    logits = array(model(few.train.images / np.float32(255)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert epoch.train_loss == pytest.approx(float(loss(few.train.labels, logits)), rel=1e-5)
    right = (logits.argmax(1) == few.train.labels).mean()
    assert epoch.train_accuracy == pytest.approx(right)


@pytest.mark.parametrize("taking", [False, True])
def test_layers_hear_of_training_whether_their_models_call_takes_it_or_not(images, taking):
    """Without learning: the loss of a training differs from that of a test by the dropout alone."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat, self.drop = layers.Flatten(), layers.Dropout(0.9, seed=3)
            self.out = layers.Dense(10, kernel_regularizer=keras.regularizers.L2(0.1))

        if taking:

            def call(self, x, training=None):
                return self.out(self.drop(self.flat(x), training=training))

        else:

            def call(self, x):
                return self.out(self.drop(self.flat(x)))

    keras.utils.set_random_seed(1)
    model = Net()
    model(np.zeros((1, 28, 28, 1)))
    recipe = replace(RECIPE, epochs=1, learning_rate=1e-12)
    fit.compile_model(model, images, recipe)
    seen = Inputs(images.train, recipe, (28, 28))(keras.ops.convert_to_tensor(images.train.images))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    calm = float(array(loss(images.train.labels, array(model(seen, training=False)))))
    penalty = float(array(model.losses[0]))
    hooks = Hooks()
    fitted = fit.fit(model, images, recipe, 1, hooks, size=(28, 28))
    assert hooks.kept[0].history[0].train_loss > calm + penalty + 0.5
    assert fitted.test_loss == pytest.approx(calm, abs=0.2)


def test_a_model_with_a_step_of_its_own_is_refused(images):
    class Own(keras.Model):
        def train_step(self, *data):
            return {}

    image = keras.Input((28, 28, 1))
    model = Own(image, layers.Dense(10)(layers.Flatten()(image)), name="own")
    fit.compile_model(model, images, RECIPE)
    with pytest.raises(BadInput, match="own has a train_step of its own; netzoo trains all"):
        step_of(model, Inputs(images.train, RECIPE, (28, 28)))


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("sgd", "adamw", "muon") else pytest.param(name, marks=pytest.mark.slow)
        for name in OPTIMIZERS
    ],
)
def test_every_optimizer_trains_and_only_matrices_and_kernels_decay(images, name):
    def trained(options):
        keras.utils.set_random_seed(0)
        recipe = replace(RECIPE, optimizer=name, learning_rate=0.01, optimizer_options=options)
        model = netzoo.create_model("lenet")
        before = [array(variable) for variable in model.trainable_variables]
        fit.compile_model(model, images, recipe)
        step = step_of(model, Inputs(images.train, recipe, (28, 28)))
        step.train(*next(iter(pipeline.train_batches(images, recipe, 0))))
        step.sync_variables()
        return before, [array(variable) for variable in model.trainable_variables]

    decay = "adam_weight_decay" if name == "muon" else "weight_decay"  # of what is no matrix
    before, plain = trained({"weight_decay": 0.0, decay: 0.0})
    _, decayed = trained({"weight_decay": 0.5, decay: 0.5})
    for old, free, spared in zip(before, plain, decayed, strict=True):
        assert np.abs(free - old).max() > 0
        changed = np.abs(spared - free).max() > 0
        assert changed == (old.ndim > 1)


def test_options_that_an_optimizer_does_not_take_are_said_in_a_line(images):
    wrong = replace(RECIPE, optimizer_options={"momentun": 0.9})
    with pytest.raises(BadInput, match=r"optimizer sgd with momentun=0\.9: "):
        fit.compile_model(netzoo.create_model("lenet"), images, wrong)
