"""The errors of counting; see error_cases.py."""

import keras
from keras import layers, ops

import netzoo
from netzoo.cost.graph import NotSeen
from netzoo.errors import BadInput, UnknownName


def network(layer, shape=(None,), batch=None):
    x = keras.Input(shape, batch_size=batch, name="x")
    return keras.Model(x, layer(x), name="mine")


def two_inputs():
    a, b = keras.Input((None,), name="a"), keras.Input((None,), name="b")
    return keras.Model([a, b], layers.Add()([a, b]), name="mine")


class Net(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.out = layers.Dense(2)

    def call(self, a, b):
        return self.out(a) + b


def called_on_two():
    model = Net()
    model(ops.ones((3, 8)), ops.ones((3, 2)))
    return model


class Open(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.out = layers.Conv2D(2, 3)

    def build(self, shape):
        self.out.build(shape)

    def call(self, x):
        return self.out(x)


def open_subclass():
    model = Open()
    model.build((None, None, None, 3))
    return model


class OpenOutput(layers.Layer):
    def call(self, x):
        raise RuntimeError("needs values")

    def compute_output_shape(self, shape):
        return (shape[0], None)


def taken_apart():
    x = keras.Input((4,), batch_size=2)
    return keras.Model(
        x, sum(layers.Dense(2)(ops.expand_dims(y, 0)) for y in ops.unstack(x, axis=0))
    )


CASES = [
    ("cost on a shape of no size", BadInput,
     lambda: netzoo.count_cost(network(layers.Dense(2), (4,)), (0,)),
     "an input shape is whole numbers above 0, without the batch; received (0,)."),
    ("cost of images taken apart", NotSeen, lambda: netzoo.count_cost(taken_apart(), (4,)),
     "<any> takes the images of its batch apart."),
    ("cost of what is not built", BadInput,
     lambda: netzoo.count_cost(keras.Sequential([layers.Dense(2)], name="mine")),
     "Sequential 'mine' is not built; give an input shape to count it."),
    ("cost of an open size", BadInput,
     lambda: netzoo.count_cost(network(layers.Conv2D(2, 3, name="conv"), (None, None, 1))),
     "'mine' has an open dimension (None, None, None, 1); give the model a full input shape to "
     "count it."),
    ("cost of a subclass of an open size", BadInput, lambda: netzoo.count_cost(open_subclass()),
     "the model is built on (None, None, None, 3); give a full input shape to count it."),
    ("cost of an open output", BadInput,
     lambda: netzoo.count_cost(
         network(lambda x: layers.Activation("relu", name="after")(OpenOutput()(x)), (4,))
     ),
     "'after' has an open dimension (1, None); give the model a full input shape to count it."),
    ("cost on another rank", BadInput,
     lambda: netzoo.count_cost(network(layers.Embedding(5, 2)), (3, 4)),
     "the model takes inputs of shape (None,); received (3, 4)."),
    ("cost on other inputs", UnknownName,
     lambda: netzoo.count_cost(two_inputs(), {"a": (3,), "c": (3,)}),
     "no input 'c'. Known: a, b."),
    ("cost on too few inputs", BadInput, lambda: netzoo.count_cost(two_inputs(), [(3,)]),
     "the model has 2 inputs, a, b; received 1 shapes, (3,)."),
    ("cost on one of two arguments", BadInput, lambda: netzoo.count_cost(called_on_two()),
     "Net 'mine' is called on a, b; give the shape of each as the input shape, by its name."),
    ("cost on other channels", NotSeen,
     lambda: netzoo.count_cost(network(layers.Conv2D(2, 3, name="conv"), (8, 8, 1)), (8, 8, 3)),
     "'conv' (Conv2D) cannot be called on (1, 8, 8, 3), as one image gives it: <any>"),
]  # fmt: skip
