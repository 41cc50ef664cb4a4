"""Training images that the device holds: batches of places and windows, not of pixels."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks

from netzoo import create_model
from netzoo.data import augment, pipeline, sample
from netzoo.data.source import Split
from netzoo.recipes import AUGMENTATIONS, Recipe
from netzoo.training import fit, inputs, state
from netzoo.training.inputs import Inputs, is_held

RECIPE = Recipe("test", epochs=2, batch_size=16, learning_rate=0.05)
MOVES = [name for name in AUGMENTATIONS if "color" not in name]


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(40, 20)


@pytest.mark.parametrize("shape", [(28, 28, 1), (17, 40, 3)], ids=str)
@pytest.mark.parametrize("name", MOVES)
def test_the_device_cuts_the_pipelines_pixels_to_the_bit(images, name, shape):
    pixels = np.random.default_rng(0).integers(0, 256, (40, *shape), dtype=np.uint8)
    split = Split(pixels, images.train.labels)
    images = replace(images, train=split, test=split)
    recipe = replace(RECIPE, augment=name)
    held = Inputs(images.train, recipe, shape[:2], hold=True)
    ours = pipeline.train_batches(images, recipe, 3, pixels=False)
    theirs = pipeline.train_batches(images, recipe, 3)
    count = 0
    for (windows, labels), (pixels, same) in zip(ours, theirs, strict=True):
        assert windows.dtype == tf.int32
        cut = held.cut(keras.ops.convert_to_tensor(windows.numpy()), held.held)
        assert (keras.ops.convert_to_numpy(cut) == pixels.numpy()).all()
        assert (labels.numpy() == same.numpy()).all()
        count += len(labels)
    assert count == 80


@pytest.mark.parametrize(("name", "parts"), [("flip+crop+erase", 1), ("none", 3)])
def test_a_training_is_the_same_with_the_images_on_the_device(images, name, parts, monkeypatch):
    recipe = replace(RECIPE, augment=name)
    results = []
    for hold in (True, False):
        monkeypatch.setattr(inputs, "is_held", lambda train, recipe, hold=hold: hold)
        keras.utils.set_random_seed(1)
        model = create_model("lenet")
        fit.compile_model(model, images, recipe, parts)
        fitted = fit.fit(model, images, recipe, 3, Hooks(), micro_batches=parts)
        results.append((state.gather(model), fitted.history[-1].train_loss, fitted.test_loss))
    (ours, *losses), (theirs, *others) = results
    for value, other in zip(ours.values(), theirs.values(), strict=True):
        assert (value == other).all()
    assert losses == others


def test_what_a_gpu_holds(images, monkeypatch):
    backend_name = keras.backend.backend()
    assert not is_held(images.train, RECIPE)  # there is none
    monkeypatch.setattr(inputs.backend, "device", lambda: {"kind": "gpu"})
    fits = backend_name != "tensorflow"
    assert is_held(images.train, replace(RECIPE, augment="flip+crop")) == fits
    assert not is_held(images.train, replace(RECIPE, augment="flip+color"))
    monkeypatch.setattr(inputs, "MOST_HELD_BYTES", images.train.images.nbytes)
    assert is_held(images.train, RECIPE) == fits
    assert not is_held(images.train, replace(RECIPE, augment="crop"))  # its padding is too much


def test_windows_know_what_moves_images():
    with pytest.raises(KeyError):
        augment.windows("flip+color", 3, (28, 28), [0, 0])
