"""Models as a user registers them, good ones and bad ones; imported by tests/test_compare.py."""

import os

import keras

import netzoo


@netzoo.register_model("users-tiny")
@netzoo.register_model("users-narrow", width=2)
def users_tiny(input_shape=(28, 28, 1), num_classes=10, *, width: int = 16):
    """Build one hidden layer."""
    image = keras.Input(input_shape)
    x = keras.layers.Flatten()(image)
    x = keras.layers.Dense(width, activation="relu")(x)
    return keras.Model(image, keras.layers.Dense(num_classes)(x))


@netzoo.register_model("users-broken")
def users_broken(input_shape=(28, 28, 1), num_classes=10):
    """Raise."""
    raise RuntimeError("no such layer\nsecond line")


@netzoo.register_model("users-fatal")
def users_fatal(input_shape=(28, 28, 1), num_classes=10):
    """End the process, as a crash in a backend's own code would."""
    os.write(2, b"fatal: the backend gave up\n")
    os._exit(3)
