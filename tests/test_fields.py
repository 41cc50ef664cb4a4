"""Receptive fields: none is told where a layer sees more than a window."""

import keras
import pytest
from keras import layers, ops

import netzoo


def last(function, shape=(16, 16, 3)):
    x = keras.Input(shape)
    return netzoo.count_cost(keras.Model(x, function(x))).layers[-1].receptive_field


def conv(x, **options):
    return layers.Conv2D(4, 3, **options)(x)


class Scale(layers.Layer):
    def build(self, shape):
        self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")

    def call(self, x):
        return ops.multiply(x, self.gamma)


SEES_A_WINDOW = {
    "normalised over channels": lambda x: layers.LayerNormalization()(conv(x)),
    "root mean square over channels": lambda x: layers.RMSNormalization()(conv(x)),
    "softmax over channels": lambda x: layers.Softmax()(conv(x)),
    "an activation of channels": lambda x: layers.Activation("softmax")(conv(x)),
    "dense on channels": lambda x: layers.Dense(5)(conv(x)),
    "put together by channels": lambda x: layers.Concatenate()([conv(x), conv(x)]),
    "operations on single elements": lambda x: ops.relu(conv(x)) + 1,
    "a layer of single elements": lambda x: Scale()(conv(x)),
    "batch statistics": lambda x: layers.BatchNormalization()(conv(x)),
}
SEES_MORE = {
    "normalised over all": lambda x: layers.LayerNormalization(axis=[1, 2, 3])(conv(x)),
    "normalised over rows": lambda x: layers.LayerNormalization(axis=1)(conv(x)),
    "root mean square over rows": lambda x: layers.RMSNormalization(axis=2)(conv(x)),
    "softmax over rows": lambda x: layers.Softmax(axis=1)(conv(x)),
    "softmax over places": lambda x: layers.Softmax(axis=(1, 2))(conv(x)),
    "an operation over rows": lambda x: ops.softmax(conv(x), axis=1),
    "dense on columns": lambda x: layers.Dense(5)(conv(x, data_format="channels_first")),
    "an activation of columns": lambda x: layers.Activation("softmax")(
        conv(x, data_format="channels_first")
    ),
    "put together by rows": lambda x: layers.Concatenate(axis=1)([conv(x), conv(x)]),
    "groups": lambda x: layers.GroupNormalization(2)(conv(x)),
    "unit norm of rows": lambda x: layers.UnitNormalization(axis=1)(conv(x)),
    "a nested model behind it": lambda x: nested(layers.Softmax(axis=1)(x)),
}


def nested(x):
    image = keras.Input(x.shape[1:])
    return keras.Model(image, conv(image))(x)


@pytest.mark.parametrize("name", SEES_A_WINDOW)
def test_a_layer_that_goes_point_by_point_keeps_the_field(name):
    assert last(SEES_A_WINDOW[name]) == (3, 3)


@pytest.mark.parametrize("name", SEES_MORE)
def test_no_field_is_told_where_places_are_mixed(name):
    assert last(SEES_MORE[name]) is None
