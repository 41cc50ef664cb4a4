"""Clipped gradients: before the decay of the weights, of a whole batch, on every backend."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from netzoo.data import pipeline, sample
from netzoo.recipes import Recipe
from netzoo.training import fit
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

RATE, DECAY, NORM = 0.5, 0.1, 0.05
RECIPE = Recipe("test", epochs=1, batch_size=30, learning_rate=RATE)


def array(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


@pytest.mark.parametrize("parts", [1, 2])
def test_a_step_is_that_of_the_formula(parts):
    """Clip, decay, update: the norm is of all gradients together, the decay is not clipped."""
    images = sample.sample().limited(30, 10)
    recipe = replace(RECIPE, optimizer_options={"global_clipnorm": NORM, "weight_decay": DECAY})
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(image)))
    fit.compile_model(model, images, recipe, parts)
    inputs = Inputs(images.train, recipe, (28, 28))
    kernel, bias = map(array, model.trainable_variables)
    x = array(inputs(keras.ops.convert_to_tensor(images.train.images[:]))).reshape(30, -1)
    logits = x @ kernel + bias
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    slope = (shares - np.eye(10)[images.train.labels]) / 30
    gradients = x.T @ slope, slope.sum(0)
    norm = np.sqrt(sum((each**2).sum() for each in gradients))
    assert norm > 2 * NORM

    step = step_of(model, inputs)
    for batch in pipeline.train_batches(images, recipe, 0, 0, parts):
        step.train(*batch)
    step.sync_variables()
    found = map(array, model.trainable_variables)
    clipped = [RATE * NORM / norm * each for each in gradients]
    np.testing.assert_allclose(next(found), kernel * (1 - RATE * DECAY) - clipped[0], atol=1e-6)
    np.testing.assert_allclose(next(found), bias - clipped[1], atol=1e-6)
    if keras.backend.backend() == "torch":
        assert (step._traced is None) == (parts > 1)
