"""The accuracy on training images after the last epoch: what a gap is measured by."""

import keras
import numpy as np
import pytest
from hooks import Hooks

import netzoo
from netzoo.data import augment, sample
from netzoo.recipes import Recipe
from netzoo.training import fit
from netzoo.training.inputs import Inputs


def test_the_final_training_accuracy_is_of_images_as_they_are_without_dropout():
    """On as many training images as there are test images, the first of each class."""
    images = sample.sample().limited(300, 100)
    recipe = Recipe(
        "test", epochs=8, batch_size=64, learning_rate=0.005, optimizer="adam",
        augment="flip+crop+color", scaling="standardise",
    )  # fmt: skip
    keras.utils.set_random_seed(0)
    model = netzoo.create_model("lenet-modern")
    fit.compile_model(model, images, recipe)
    fitted = fit.fit(model, images, recipe, 0, Hooks())

    labels = images.train.labels
    chosen = np.concatenate([np.flatnonzero(labels == label)[:10] for label in range(10)])
    inputs = Inputs(images.train, recipe, (28, 28))

    def measured(pixels, training=False):
        x = inputs(keras.ops.convert_to_tensor(np.asarray(pixels)))
        logits = keras.ops.convert_to_numpy(model(x, training=training))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        right = (logits.argmax(axis=1) == labels[chosen]).mean()
        return float(loss(labels[chosen], logits)), float(right)

    pixels = images.train.images[chosen]
    loss, accuracy = measured(pixels)
    assert fitted.final_train_accuracy == pytest.approx(accuracy)
    assert fitted.final_train_loss == pytest.approx(loss, rel=1e-4)
    # Far from what it would be with either: or this would show nothing.
    changed = augment.augmented(pixels, recipe.augment, [0, 0])
    for other_loss, _ in (measured(changed), measured(pixels, training=True)):
        assert other_loss > 1.05 * loss
    assert fitted.final_train_accuracy > fitted.history[-1].train_accuracy
    assert fitted.final_train_accuracy != fitted.test_accuracy
