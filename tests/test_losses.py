"""Keras's losses by their names: value and gradient of each, worked out by hand."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks
from keras import layers

from netzoo.data import sample
from netzoo.recipe_options import LOSSES, NO_LOSSES
from netzoo.recipes import Recipe
from netzoo.training import fit, losses
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

RATE = 0.5
RECIPE = Recipe("test", epochs=1, batch_size=20, learning_rate=RATE)


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(40, 20)


def array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def cross_entropy(wanted, logits, label_smoothing=0.0):
    wanted = wanted * (1 - label_smoothing) + label_smoothing / 10
    return -(wanted * np.log(softmax(logits))).sum(-1)


def focal(wanted, logits, alpha=0.25, gamma=2.0, label_smoothing=0.0):
    wanted = wanted * (1 - label_smoothing) + label_smoothing / 10
    p = softmax(logits)
    return -(wanted * alpha * (1 - p) ** gamma * np.log(p)).sum(-1)


def hinge(wanted, logits):
    return np.maximum(((1 - wanted) * logits).max(-1) - (wanted * logits).sum(-1) + 1, 0)


def squares(wanted, logits):
    return ((softmax(logits) - wanted) ** 2).mean(-1)


CASES = [
    ("SparseCategoricalCrossentropy", {}, cross_entropy),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, cross_entropy),
    ("CategoricalFocalCrossentropy", {"gamma": 1.5, "label_smoothing": 0.1}, focal),
    ("CategoricalHinge", {}, hinge),
    ("MeanSquaredError", {}, squares),
]


def linear():
    keras.utils.set_random_seed(3)
    image = keras.Input((28, 28, 1))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(image)))


def slopes(loss, wanted, logits, options):
    """Return the derivatives of each image's loss with respect to its logits, by differences."""
    result = np.empty_like(logits)
    for place in range(logits.shape[1]):
        step = np.zeros_like(logits)
        step[:, place] = 1e-6
        high, low = (loss(wanted, logits + sign * step, **options) for sign in (1, -1))
        result[:, place] = (high - low) / 2e-6
    return result


WEIGHTED = [
    pytest.param(
        *(*case, weight),
        id=f"{case[0]}-{weight}",
        marks=pytest.mark.slow if weight == "balanced" and case[2] is not focal else (),
    )
    for case in CASES
    for weight in ("none", "balanced")
]


@pytest.mark.parametrize(("name", "options", "loss", "class_weight"), WEIGHTED)
def test_a_step_is_that_of_the_formula(images, name, options, loss, class_weight):
    """A step of SGD on a linear network, and its loss; with class weights in parts of a batch."""
    recipe = replace(RECIPE, loss=name, loss_options=options, class_weight=class_weight)
    train = replace(images.train, images=images.train.images[:37], labels=images.train.labels[:37])
    split = replace(images, train=train)
    model = linear()
    parts = 1 if class_weight == "none" else 2
    fit.compile_model(model, split, recipe, parts)
    inputs = Inputs(train, recipe, (28, 28))
    pixels, labels = train.images[:20], train.labels[:20]
    kernel, bias = map(array, model.trainable_variables)
    x = array(inputs(keras.ops.convert_to_tensor(pixels))).reshape(20, -1)
    logits, wanted = x @ kernel + bias, np.eye(10)[labels]

    weights = np.ones(20)
    if class_weight == "balanced":
        weights = (37 / (10 * np.bincount(train.labels)))[labels]
    by_image = loss(wanted, logits, **options)
    slope = weights[:, None] * slopes(loss, wanted, logits, options) / 20

    step = step_of(model, inputs)
    if parts == 1:
        metrics = [step.train(tf.constant(pixels), tf.constant(labels))]
    else:  # of 12 and 8 images, weighted as the pipeline does
        metrics = [
            step.train(
                tf.constant(pixels[part]),
                tf.constant(labels[part]),
                tf.fill(len(labels[part]), np.float32(2 * len(labels[part]) / 20)),
            )
            for part in (slice(0, 12), slice(12, 20))
        ]
    told = np.sum(step.fetch(metrics), axis=0) / 20
    step.sync_variables()
    assert told[0] == pytest.approx((weights * by_image).mean(), rel=1e-5)
    for variable, before, gradient in zip(
        model.trainable_variables, (kernel, bias), (x.T @ slope, slope.sum(0)), strict=True
    ):
        moved = (before - array(variable)) / RATE
        np.testing.assert_allclose(moved, gradient, atol=2e-6)
    if keras.backend.backend() == "torch":
        assert (step._traced is None) == (parts > 1)


@pytest.mark.parametrize(("name", "options", "loss"), CASES, ids=[case[0] for case in CASES])
def test_a_loss_is_kerass_own_of_one_hot_labels(name, options, loss):
    logits = np.random.default_rng(0).normal(0, 3, (6, 10)).astype("float32")
    labels = np.array([0, 3, 3, 9, 5, 1])
    ours = losses.training_loss(replace(RECIPE, loss=name, loss_options=options))
    told = float(array(ours(labels, logits)))
    assert told == pytest.approx(loss(np.eye(10)[labels], logits, **options).mean(), rel=1e-5)
    if name == "SparseCategoricalCrossentropy":
        return
    of_probabilities = name in losses.OF_PROBABILITIES
    extra = {"from_logits": True} if "Crossentropy" in name else {}
    theirs = getattr(keras.losses, name)(**options, **extra)
    seen = softmax(logits).astype("float32") if of_probabilities else logits
    assert told == pytest.approx(float(array(theirs(np.eye(10)[labels], seen))), rel=1e-6)


def test_only_the_loss_of_the_training_is_another(images):
    """That of test images stays the cross-entropy, as does what is measured at the end."""
    recipe = replace(RECIPE, learning_rate=1e-12, loss="CategoricalFocalCrossentropy")
    model = linear()
    fit.compile_model(model, images, recipe)
    hooks = Hooks()
    fitted = fit.fit(model, images, recipe, 0, hooks)

    def mean(loss, split):
        logits = array(model(split.images / np.float32(255)))
        return loss(np.eye(10)[split.labels], logits).mean()

    (epoch,) = hooks.kept[0].history
    assert epoch.train_loss == pytest.approx(mean(focal, images.train), rel=1e-5)
    assert fitted.test_loss == pytest.approx(mean(cross_entropy, images.test), rel=1e-5)
    assert fitted.final_train_loss > 4 * epoch.train_loss


@pytest.mark.backend_independent
def test_every_loss_of_keras_is_taken_or_refused_with_a_reason():
    kinds = (getattr(keras.losses, name) for name in dir(keras.losses))
    names = {kind.__name__ for kind in kinds if isinstance(kind, type)} - {"Loss"}
    assert names == set(LOSSES) | set(NO_LOSSES)
    assert {instead for _, instead in NO_LOSSES.values()} <= set(LOSSES)
