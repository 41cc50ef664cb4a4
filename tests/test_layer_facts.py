"""The tables of facts against Keras: its own lists, the settings of its layers, what they do."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers
from test_cost_sweep import FREE, MERGING, NOT_IN_A_MODEL, NOT_OF_IMAGES, free_layer

from netzoo.cost import elementwise
from netzoo.cost.facts import Facts, Field
from netzoo.cost.layer_facts import LAYERS, OF_CLASS
from netzoo.cost.operation_facts import OPERATIONS, ROWS
from netzoo.cost.operations import free, untold

# Layers are derived from them; by themselves they do nothing.
BASES = {layers.Layer, layers.Wrapper}


def test_every_layer_of_keras_has_one_row():
    members = inspect.getmembers(layers, inspect.isclass)
    # Aliases (Convolution2D, AvgPool2D) are other names of the same classes.
    known = {kind for _, kind in members if issubclass(kind, layers.Layer)}
    assert known - BASES == set(OF_CLASS)
    assert len(OF_CLASS) == len(LAYERS)


def test_every_operation_of_keras_is_in_one_row():
    known = {kind.__name__ for kind in subclasses(keras.Operation) if is_operation(kind)}
    assert known == set(OPERATIONS)
    assert len(OPERATIONS) == sum(len(names.split()) for _, names in ROWS)


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def is_operation(kind):
    return kind.__module__.startswith(("keras.src.ops", "keras.src.activations"))


@pytest.mark.parametrize("table", [LAYERS, OPERATIONS], ids=["layers", "operations"])
def test_the_facts_of_a_row_agree(table):
    for name, facts in table.items():
        if facts.macs in (None, untold):
            assert facts == Facts(facts.macs), f"{name}: what it does is not known"
        if facts.inside is not None:
            alone = Facts(facts.macs, inside=facts.inside)
            assert facts == alone, f"{name}: the calls inside tell the rest"
        if facts.view:
            assert facts.macs is free, f"{name} is a view and multiplies"
            assert facts.elementwise is elementwise.nothing, f"{name} is a view and computes"
            assert facts.field in (Field.POINT, Field.NONE), f"{name} is a view and mixes"
            assert facts.differentiable, f"{name} is a view and stops gradients"
        if not facts.differentiable:
            assert facts.macs is free, f"{name} has products that no gradient passes"


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_the_settings_that_its_facts_read(name):
    facts, settings = LAYERS[name], set(inspect.signature(getattr(layers, name)).parameters)
    if facts.macs is None or facts.inside is not None:
        return
    biased = bool(settings & {"use_bias", "bias_axes"})
    assert (facts.elementwise is elementwise.bias_and_activation) == biased
    assert (facts.elementwise is elementwise.window) == ("pool_size" in settings)
    enlarged = name.startswith("UpSampling") and "interpolation" in settings
    assert (facts.elementwise is elementwise.enlarged) == enlarged
    if facts.field is Field.WINDOW:
        assert "strides" in settings
        assert settings & {"kernel_size", "pool_size"}
    if facts.field is Field.AXIS:
        assert "axis" in settings


RUN = sorted(FREE - NOT_OF_IMAGES - NOT_IN_A_MODEL)


@pytest.mark.parametrize("name", RUN)
def test_a_layer_does_what_its_facts_say(name):
    facts, (layer, shape) = LAYERS[name], free_layer(name)
    image = np.random.default_rng(5).uniform(0.1, 0.9, (1, *shape)).astype("float32")

    def outputs(image):
        given = keras.ops.convert_to_tensor(image)
        given = [given, given / 2] if name in MERGING else given
        # In the layers that prepare images, training is the default.
        mode = {"training": False} if layer._call_has_training_arg else {}
        return keras.ops.convert_to_numpy(layer(given, **mode))

    before = outputs(image)
    if facts.view:
        assert np.array_equal(before.ravel(), image.ravel())
    moves = facts.elementwise is elementwise.nothing and facts.differentiable
    if moves and name not in MERGING:
        assert set(before.ravel()) <= {0, *image.ravel()}
    if facts.field in (Field.POINT, Field.AXIS):
        middle = (0, *(size // 2 for size in shape[:-1]))
        image[middle] = 0.05
        changed = np.argwhere((outputs(image) != before).any(-1))
        assert len(changed) == 1
        if not name.startswith(("Cropping", "ZeroPadding")):  # they count from another corner
            assert tuple(changed[0]) == middle
