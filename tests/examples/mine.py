"""A model as a function: netzoo compare mine.py:build, netzoo ablate mine.py:build."""

from typing import Literal

import keras
from keras import layers


def build(
    input_shape=(28, 28, 1),
    num_classes=10,
    *,
    activation: Literal["relu", "tanh"] = "relu",
    filters: int = 4,
):
    return keras.Sequential(
        [
            keras.Input(input_shape, name="image"),
            layers.Conv2D(filters, 3, strides=2, activation=activation, name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(num_classes, activation="softmax", name="classes"),
        ]
    )
