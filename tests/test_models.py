import threading

import numpy as np
import pytest
from keras import ops
from reference import COUNTS, MACS, PARAMS, SHAPES
from reference_families import COUNTS as COUNTS_OF_FAMILIES
from study_records import trial_of

import netzoo
from netzoo.cost.by_name import summary
from netzoo.runs.answers import Worker

MODELS = netzoo.list_models()
BY_HAND = COUNTS | COUNTS_OF_FAMILIES
# What the default suite builds with weights, and counts on each backend; the rest is built by its
# slow part, and counted on one backend.
ONE_BACKEND = pytest.mark.backend_independent
FIRST = ("alexnet", "lenet", "lenet5", "mlp", "nin", "resnet20", "alexnet2012")


def first(names, mark):
    """Return the names, marked if they are of no family above."""
    old = {name for name in MODELS if netzoo.model_info(name).family in ("lenet", "alexnet")}
    kept = {*FIRST, *COUNTS} | (old - {"lenet-batchnorm", "alexnet-batchnorm"})
    return [name if name in kept else pytest.param(name, marks=mark) for name in names]


def shapes(model):
    return {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}


@pytest.mark.parametrize("name", first(MODELS, pytest.mark.slow))
def test_every_model_builds_counts_and_runs(name):
    info = netzoo.model_info(name)
    height, _, _ = info.input_shape
    side = min(height, 96)
    model = netzoo.create_model(name, input_shape=(side, side, 3), num_classes=7)
    logits = ops.convert_to_numpy(model(np.ones((2, side, side, 3), "float32")))
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()
    cost = netzoo.count_cost(model)
    assert cost.params == model.count_params()
    assert cost.uncounted == ()


@pytest.mark.parametrize("name", first(sorted({*MODELS, *BY_HAND}), ONE_BACKEND))
def test_parameters_and_macs_are_those_worked_out_by_hand(name):
    cost = summary(name)
    assert (cost.params, cost.macs) == BY_HAND[name]


def test_what_was_worked_out_by_hand_meets_the_count_from_outside():
    assert {name: COUNTS[name] for name in PARAMS} == {
        name: (PARAMS[name], MACS[name]) for name in MACS
    }


@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_the_shapes_are_the_lessons(name):
    found = shapes(netzoo.create_model(name))
    assert {layer: found[layer] for layer in SHAPES[name]} == SHAPES[name]


@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_the_output_is_logits(name):
    assert netzoo.create_model(name).layers[-1].activation.__name__ == "linear"


@pytest.mark.parametrize(
    ("name", "activation", "pooling", "dropout", "dense"),
    [
        ("alexnet", "relu", "MaxPooling2D", 0.5, 2),
        ("alexnet-sigmoid", "sigmoid", "MaxPooling2D", 0.5, 2),
        ("alexnet-avgpool", "relu", "AveragePooling2D", 0.5, 2),
        ("alexnet-nodropout", "relu", "MaxPooling2D", None, 2),
        ("alexnet-reverted", "sigmoid", "AveragePooling2D", None, 2),
        ("alexnet-onefc", "relu", "MaxPooling2D", 0.5, 1),
        ("lenet", "sigmoid", "AveragePooling2D", None, 2),
        ("lenet-relu", "relu", "AveragePooling2D", None, 2),
        ("lenet-maxpool", "sigmoid", "MaxPooling2D", None, 2),
        ("lenet-dropout", "sigmoid", "AveragePooling2D", 0.5, 2),
        ("lenet-relu-maxpool", "relu", "MaxPooling2D", None, 2),
        ("lenet-modern", "relu", "MaxPooling2D", 0.5, 2),
        ("lenet-modern-wide", "relu", "MaxPooling2D", 0.5, 2),
        ("lenet-modern-wide-deep", "relu", "MaxPooling2D", 0.5, 2),
        ("alexnet:activation=tanh,dropout=0.2,fc_layers=0", "tanh", "MaxPooling2D", None, 0),
    ],
)
def test_a_variant_makes_its_change_and_no_other(name, activation, pooling, dropout, dense):
    layers = {layer.name: layer for layer in netzoo.create_model(name).layers}
    assert {
        layer.activation.__name__ for key, layer in layers.items() if key.startswith(("conv", "fc"))
    } == {activation}
    assert {type(layer).__name__ for key, layer in layers.items() if "pool" in key} == {pooling}
    rates = [layer.rate for key, layer in layers.items() if "dropout" in key]
    assert rates == ([] if dropout is None else [dropout] * dense)
    assert sum(key.startswith("fc") for key in layers) == dense


@pytest.mark.parametrize(
    ("name", "side"),
    [("alexnet", 65), ("lenet", 12)],
)
def test_the_smallest_input_leaves_one_pixel_and_one_less_none(name, side):
    model = netzoo.create_model(name, input_shape=(side, side, 1))
    last_pool = "pool3" if name == "alexnet" else "pool2"
    assert shapes(model)[last_pool][:2] == (1, 1)
    with pytest.raises(netzoo.NetzooError, match=f"at least {side}"):
        netzoo.create_model(name, input_shape=(side - 1, side, 1))


@pytest.mark.parametrize("name", ["elu", "gelu", "leaky_relu", "silu", "tanh"])
def test_every_allowed_activation_builds(name):
    model = netzoo.create_model("lenet", activation=name)
    assert model.get_layer("conv1").activation.__name__ == name


def test_the_seed_draws_the_weights():
    worker = Worker(None, threading.Event())
    first, again, other = (
        worker._build(trial_of("lenet", seed)).get_weights() for seed in (5, 5, 6)
    )
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])
