"""Errors about what a registered builder returns, and how its network ends; see error_cases.py."""

import keras
from keras import layers

import netzoo
from netzoo.errors import BadInput
from netzoo.models.catalog import register_model
from netzoo.training.head import make_ready


def made(builder):
    """Register a builder, and call it."""
    register_model("mine")(builder)
    netzoo.create_model("mine")


def ready(*parts, inputs=((4, 4, 1),), channels=1):
    """Prepare a network of layers for three classes of images of 4 × 4."""
    images = [keras.Input(shape) for shape in inputs]
    x = images[0]
    for part in parts:
        x = part(x)
    make_ready(keras.Model(images, x), (4, 4, channels), 3)


class Unfit(keras.Model):
    """A network that is built, and raises when it is called."""

    built = True

    def call(self, x):
        raise RuntimeError("no such layer\nsecond line")


def flat(*parts, **options):
    ready(layers.Flatten(), *parts, **options)


# fmt: off
CASES = [
    ("builder of something else", BadInput,
     lambda: made(lambda input_shape, num_classes: 3),
     "the builder of 'mine' returns int; expected a keras.Model."),
    ("model that cannot be built", BadInput,
     lambda: made(lambda input_shape, num_classes:
         keras.Sequential([layers.Conv2D(2, 40)])),
     "the model of 'mine' cannot be built on images of 28 × 28 × 1: <any>"),
    ("model of two inputs", BadInput,
     lambda: flat(layers.Dense(3), inputs=[(4, 4, 1), (4, 4, 1)]),
     "expected a model of one input, images (batch, height, width, channels); its inputs are "
     "(batch, 4, 4, 1), (batch, 4, 4, 1)."),
    ("model of vectors", BadInput, lambda: ready(layers.Dense(3), inputs=[(16,)]),
     "expected a model of one input, images (batch, height, width, channels); its input is "
     "(batch, 16)."),
    ("channels", BadInput, lambda: flat(layers.Dense(3), channels=3),
     "the model takes images of 4 × 4 × 1; those of the data have 3 channels."),
    ("model that cannot be called", BadInput, lambda: make_ready(Unfit(), (4, 4, 1), 3),
     "the model cannot be called on images of 4 × 4 × 1: no such layer"),
    ("two heads", BadInput, lambda: flat(lambda x: [layers.Dense(3)(x), layers.Dense(3)(x)]),
     "the model gives a list of 2 outputs; expected one tensor of logits, (batch, 3)."),
    ("map of logits", BadInput, lambda: ready(layers.Conv2D(3, 1)),
     "the model gives (batch, 4, 4, 3); expected logits, (batch, 3)."),
    ("number of outputs", BadInput, lambda: flat(layers.Dense(2)),
     "the model has 2 outputs for 3 classes; expected logits, (batch, 3)."),
    ("whole numbers for logits", BadInput,
     lambda: flat(layers.Dense(3), lambda x: keras.ops.cast(x, "int32")),
     "the model gives int32; expected logits, (batch, 3)."),
    ("activation at the end", BadInput, lambda: flat(layers.Dense(3, activation="sigmoid")),
     "the model ends in the activation sigmoid; expected logits, (batch, 3): a last layer "
     "without an activation, or with a softmax."),
    ("softmax over the batch", BadInput, lambda: flat(layers.Dense(3), layers.Softmax(axis=0)),
     "the model ends in a softmax over axis 0 of (batch, 3); expected it over the 3 classes."),
    ("probabilities", BadInput,
     lambda: ready(layers.Conv2D(3, 1, activation="softmax"), layers.GlobalAveragePooling2D()),
     "the model gives probabilities without a softmax at its end; expected logits, (batch, 3)."),
]
# fmt: on
