"""A batch of few images and a network without a kink, to be probed layer by layer."""

import keras
import numpy as np
from keras import layers

IMAGES = 5
LABELS = np.array([0, 3, 1, 3, 2])


def images(shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (IMAGES, *shape)).astype("float32")


def smooth(dtype="float32"):
    """Build a network without a kink, whose gradients differences can follow."""
    keras.utils.set_random_seed(1)
    image = keras.Input((6, 6, 2), name="image")
    x = layers.Rescaling(2.0, name="scale", dtype=dtype)(image)
    x = layers.Conv2D(3, 3, activation="tanh", name="conv", dtype=dtype)(x)
    x = layers.AveragePooling2D(2, name="pool", dtype=dtype)(x)
    x = layers.Flatten(name="flatten", dtype=dtype)(x)
    x = layers.Dense(6, activation="sigmoid", name="fc", dtype=dtype)(x)
    return keras.Model(image, layers.Dense(4, name="logits", dtype=dtype)(x), name="smooth")


def by_name(probes):
    return {probe.name: probe for probe in probes}
