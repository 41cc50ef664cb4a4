"""Perceptrons of one hidden layer, registered as this module is imported."""

import keras

import netzoo


@netzoo.register_model("example")
@netzoo.register_model("example-wide", width=32)
def example(input_shape=(28, 28, 1), num_classes=10, *, width: int = 8):
    """Build one hidden layer; the output is logits."""
    image = keras.Input(input_shape, name="image")
    x = keras.layers.Flatten(name="flat")(image)
    x = keras.layers.Dense(width, activation="relu", name="hidden")(x)
    return keras.Model(image, keras.layers.Dense(num_classes, name="logits")(x))
