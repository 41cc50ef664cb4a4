"""The moving average of the weights: its formula, what is evaluated with it, and what is kept."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks
from keras import layers

from netzoo.data import pipeline, sample
from netzoo.errors import BadInput
from netzoo.recipes import Recipe
from netzoo.training import fit, state
from netzoo.training.average import averages
from netzoo.training.evaluation import evaluate
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

RECIPE = Recipe("test", epochs=2, batch_size=30, learning_rate=0.1, ema=0.5, validation=0.1)


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(100, 40).with_validation(0.1)


def network():
    """Build a network with random and moving state."""
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(4, 5, strides=3)(image)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Dropout(0.2, seed=1)(layers.ReLU()(x))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))


def arrays(variables):
    return [np.array(keras.ops.convert_to_numpy(each)) for each in variables]


@pytest.mark.parametrize(
    ("parts", "optimizer", "precision"),
    [
        (3, "adam", "float32"),
        pytest.param(1, "sgd", "float32", marks=pytest.mark.slow),
        pytest.param(1, "adam", "mixed_float16", marks=pytest.mark.slow),
    ],
)
def test_the_average_is_that_of_the_formula(images, parts, optimizer, precision):
    """Over updates, not over the parts of a batch; by a decay that begins with 0."""
    keras.config.set_dtype_policy(precision)
    try:
        model = network()
    finally:
        keras.config.set_dtype_policy("float32")
    recipe = replace(RECIPE, epochs=5, optimizer=optimizer, learning_rate=0.01)
    fit.compile_model(model, images, recipe, parts)
    step = step_of(model, Inputs(images.train, recipe, (28, 28)))
    expected, updates = None, 0
    for number, batch in enumerate(pipeline.train_batches(images, recipe, 0, 0, parts)):
        before = arrays(model.trainable_variables)
        step.train(*batch)
        step.sync_variables()
        weights = arrays(model.trainable_variables)
        if (number + 1) % parts:
            assert all((a == b).all() for a, b in zip(before, weights, strict=True))
        elif precision == "float32" or not all(  # the scale of the loss may be too large at first
            (a == b).all() for a, b in zip(before, weights, strict=True)
        ):
            rate = max(0.5, 10 / (updates + 10))
            expected = expected or weights
            expected = [a + rate * (w - a) for a, w in zip(expected, weights, strict=True)]
            updates += 1
        found = arrays(averages(model.optimizer))
        for ours, theirs in zip(found, expected or found, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert updates > 12  # the decay has come to its own
    step.swap_averages()
    step.sync_variables()
    for ours, theirs in zip(arrays(model.trainable_variables), found, strict=True):
        assert (ours == theirs).all()
    for ours, theirs in zip(arrays(averages(model.optimizer)), weights, strict=True):
        assert (ours == theirs).all()


class Keeping(Hooks):
    """Keep the variables after each epoch."""

    def __init__(self, model):
        super().__init__()
        self.model, self.states, self.dones = model, [], []
        self.save_checkpoint = self.keep

    def keep(self, done):
        self.states.append({k: np.array(v) for k, v in state.gather(self.model).items()})
        self.dones.append(done)


def trained(images, recipe, parts, before=None):
    """Train, perhaps from what was kept after an epoch; return the result, the model, its hooks."""
    model = network()
    fit.compile_model(model, images, recipe, parts)
    hooks = Keeping(model)
    done = None
    if before is not None:
        arrays, done = before
        state.restore(model, dict(zip(state.gather(model), arrays.values(), strict=True)))
    return fit.fit(model, images, recipe, 3, hooks, micro_batches=parts, done=done), model, hooks


@pytest.mark.parametrize("parts", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_the_averages_are_evaluated_and_both_are_kept(images, parts):
    recipe = replace(RECIPE, augment="flip+crop+erase", test_flip=parts == 2)
    fitted, model, hooks = trained(images, recipe, parts)
    kept = hooks.states[-1]
    raw = [value for key, value in kept.items() if key.startswith("model ")]
    final = arrays(model.variables)
    of_averages = [value for key, value in kept.items() if key.endswith("_average")]
    places = [
        [v is each for each in model.variables].index(True) for v in model.trainable_variables
    ]
    assert all((final[n] == a).all() for n, a in zip(places, of_averages, strict=True))
    assert any((final[n] != raw[n]).any() for n in places)
    step = step_of(model, Inputs(images.train, recipe, (28, 28)))
    found = evaluate(step, images.validation, 30, flip=recipe.test_flip)
    assert found.loss == pytest.approx(fitted.history[-1].validation_loss, rel=1e-5)
    other = evaluate(step, images.validation, 30, flip=not recipe.test_flip)
    assert abs(other.loss - found.loss) > 1e-4

    again, model, _ = trained(images, recipe, parts, (hooks.states[0], hooks.dones[0]))
    losses = [(each.train_loss, each.validation_loss) for each in fitted.history]
    assert [(each.train_loss, each.validation_loss) for each in again.history] == losses
    assert (again.test_loss, again.predictions) == (fitted.test_loss, fitted.predictions)
    assert all((a == b).all() for a, b in zip(arrays(model.variables), final, strict=True))


def test_the_logits_of_mirror_images_are_averaged(images):
    model = network()
    fit.compile_model(model, images, RECIPE)
    step = step_of(model, Inputs(images.train, RECIPE, (28, 28)))
    pixels = images.test.images[:]
    both = step.logits(pixels), step.logits(tf.image.flip_left_right(pixels).numpy())
    found = evaluate(step, images.test, 16, flip=True)
    assert (found.predicted == (both[0] + both[1]).argmax(1)).mean() > 0.97
    assert (found.predicted != both[0].argmax(1)).any()


@pytest.mark.backend_independent
@pytest.mark.parametrize("name", ["use_ema", "ema_momentum", "ema_overwrite_frequency"])
def test_kerass_own_average_is_refused(images, name):
    recipe = replace(RECIPE, optimizer_options={name: 1})
    with pytest.raises(BadInput, match=f"is the recipe's field ema; received {name} in"):
        fit.compile_model(network(), images, recipe)
