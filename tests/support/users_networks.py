"""Networks as users register them, and of which each kind once did not train."""

import keras
from keras import layers

import netzoo
from netzoo.errors import BadInput

LONG = "net-" + "-".join(f"units{number}" for number in range(40))


class Net(keras.Model):
    """A network by subclassing, which its first call builds; its call takes no `training`."""

    def __init__(self, classes, activation):
        super().__init__()
        self.conv, self.flat = layers.Conv2D(4, 5, strides=3, activation="relu"), layers.Flatten()
        self.drop, self.out = layers.Dropout(0.2, seed=2), layers.Dense(classes, activation)

    def call(self, x):
        return self.out(self.drop(self.flat(self.conv(x))))


@netzoo.register_model(LONG, activation="softmax")
@netzoo.register_model("net-logits")
def net(input_shape, num_classes, *, activation=None):
    """Build by subclassing, from arguments without defaults."""
    return Net(num_classes, activation)


@netzoo.register_model("net-built")
def net_built(input_shape=(28, 28, 1), num_classes=10):
    """Build by a call on data."""
    model = Net(num_classes, None)
    model(keras.ops.zeros((3, *input_shape)))
    return model


@netzoo.register_model("net-plain")
def net_plain(input_shape=(28, 28, 1), num_classes=10):
    """Leave the input out."""
    return keras.Sequential([keras.Sequential([layers.Flatten()]), layers.Dense(num_classes)])


@netzoo.register_model("net-open")
def net_open(input_shape=(28, 28, 1), num_classes=10):
    """Take images of any size."""
    image = keras.Input((None, None, input_shape[2]))
    x = layers.Conv2D(num_classes, 3, strides=2, activation="relu")(image)
    x = layers.Conv2D(num_classes, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return keras.Model(image, layers.Softmax()(layers.Flatten()(x)))


@netzoo.register_model("net-nine")
def net_nine(input_shape=(28, 28, 1), num_classes=10):
    """Leave out a class."""
    return net_plain(input_shape, num_classes - 1)


@netzoo.register_model("net-text")
def net_text(input_shape=(28, 28, 1), num_classes=10):
    """Return no model."""
    return "a network"


@netzoo.register_model("net-small")
def net_small(input_shape=(28, 28, 1), num_classes=10):
    """Refuse."""
    raise BadInput("net-small needs an image of at least 32 px.")


@netzoo.register_model("net-fixed")
def net_fixed(input_shape=(28, 28, 1), num_classes=10):
    """Build a network of a size of its own."""
    image = keras.Input((20, 24, 1))
    return keras.Model(image, keras.layers.Dense(num_classes)(keras.layers.Flatten()(image)))
