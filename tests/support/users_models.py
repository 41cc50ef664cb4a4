"""Models as a user registers them, good ones and bad ones; imported by test_compare.py."""

import os

import keras
from keras.src.backend.common.symbolic_scope import in_symbolic_scope

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


class FitsOnly(keras.layers.Layer):
    """Raise as a backend does whose device has no memory left, for more images than `most`."""

    def __init__(self, most, **options):
        super().__init__(**options)
        self.most = most

    def call(self, x):
        # Not while a backend learns shapes, by sizes of its own: nothing is allocated then.
        size = x.shape[0]
        if not in_symbolic_scope() and isinstance(size, int) and size > self.most:
            raise MemoryError(f"no room for {size} images")
        if keras.backend.backend() == "tensorflow" and not isinstance(x, keras.KerasTensor):
            import tensorflow as tf

            room = tf.debugging.assert_less_equal(tf.shape(x)[0], self.most, "RESOURCE_EXHAUSTED")
            with tf.control_dependencies([room]):
                return tf.identity(x)
        return x


@netzoo.register_model("users-large", most=40)
@netzoo.register_model("users-plain", most=1000)
@netzoo.register_model("users-endless", most=0)
def users_large(input_shape=(28, 28, 1), num_classes=10, *, most: int):
    """Build one hidden layer behind a memory that holds only so many images."""
    image = keras.Input(input_shape)
    x = keras.layers.Flatten()(FitsOnly(most)(image))
    x = keras.layers.Dense(8, activation="relu")(x)
    return keras.Model(image, keras.layers.Dense(num_classes)(x))
