"""For which sizes of a batch a step is compiled: once, where a compilation takes seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from netzoo.data import pipeline, sample
from netzoo.recipes import Recipe
from netzoo.runs import process
from netzoo.training import fit
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

RECIPE = Recipe("test", epochs=2, batch_size=64, learning_rate=0.05)
BACKEND = keras.backend.backend()


@pytest.fixture(scope="module")
def images():
    return sample.sample().limited(150, 100)


def step(images, parts=1):
    """Return the step of a small network without a ReLU, which would make much of rounding."""
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 1))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, strides=2)(image))
    model = keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))
    fit.compile_model(model, images, RECIPE, parts)
    return step_of(model, Inputs(images.train, RECIPE, (28, 28)))


def trained(images, parts=1):
    """Return the metrics of two epochs' batches, 64, 64 and 22, and the logits of a test."""
    taken = step(images, parts)
    batches = pipeline.train_batches(images, RECIPE, 0, micro_batches=parts)
    metrics = [np.asarray(taken.train(*batch)) for batch in batches]
    return metrics, [
        taken.logits(images.test.images[place]) for place in (slice(64), slice(64, 100))
    ]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="XLA is a choice on TensorFlow alone")
@pytest.mark.parametrize(("parts", "sizes"), [(1, [64, 64, 22]), (2, [32, 32, 32, 32, 11, 11])])
def test_xla_compiles_the_step_for_the_size_of_a_whole_batch_alone(
    monkeypatch, images, parts, sizes
):
    from netzoo.training import on_tensorflow

    without = trained(images, parts)
    calls = []
    function = tf.function

    def recorded(*functions, **options):
        made = function(*functions, **options)
        if "input_signature" not in options:  # Keras's own
            return made

        def call(*batch):
            calls.append((options["jit_compile"], len(batch[0])))
            return made(*batch)

        return call

    monkeypatch.setattr(on_tensorflow.tf, "function", recorded)
    # What Keras asks before it chooses XLA.
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda *kind: [gpu])
    by_xla = trained(images, parts)
    assert calls == [*[(size == sizes[0], size) for size in sizes] * 2, (False, 64), (False, 36)]
    for mine, its in zip(without[0] + without[1], by_xla[0] + by_xla[1], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(BACKEND != "jax", reason="JAX alone compiles for each size")
def test_the_inference_is_compiled_once_and_the_filling_changes_no_logits(monkeypatch, images):
    taken, pixels = step(images), images.test.images
    traced = []
    call = keras.Model.stateless_call

    def stateless_call(self, *arguments, **options):
        traced.append(True)
        return call(self, *arguments, **options)

    monkeypatch.setattr(keras.Model, "stateless_call", stateless_call)
    whole = taken.logits(pixels[:64])
    assert (taken.logits(pixels[:36]) == whole[:36]).all()
    assert (taken.logits(pixels[20:64])[:1] == whole[20:21]).all()
    assert len(traced) == 1
    alone = step(images).logits(pixels[:36])
    np.testing.assert_allclose(alone, whole[:36], rtol=1e-5, atol=1e-5)


ON_GPU = """
import json
from netzoo import backend
backend.start("auto", data=True)
backend.require_gpu(backend.device())
import test_compiling
images = test_compiling.sample.sample().limited(150, 100)
metrics, _ = test_compiling.trained(images)
print(json.dumps([batch.tolist() for batch in metrics]))
print(test_compiling.gpu_memory()[0])
"""


def gpu_memory():
    """Return the used and the whole memory of the first GPU, in MiB."""
    asked = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return [int(number) for number in told.splitlines()[0].split(",")]


@pytest.mark.gpu
@pytest.mark.skipif(BACKEND == "torch", reason="torch takes memory as it is needed by itself")
def test_on_a_gpu_a_training_takes_little_memory_and_learns_what_it_learns_here(images):
    used, whole = gpu_memory()
    path = [*sys.path, str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", ON_GPU],
        env=process.environment(BACKEND, None) | {"PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    metrics, then_used = map(json.loads, done.stdout.splitlines())
    assert then_used - used < whole / 4
    np.testing.assert_allclose(metrics, trained(images)[0], rtol=0.05, atol=2)
