import itertools
from dataclasses import asdict

import keras
import numpy as np
import pytest
from keras import layers
from reference import ALEXNET_TRAINING_FLOPS, LAYER_MACS, MACS, PARAMS

import netzoo
from netzoo.cost import rules
from netzoo.cost.by_name import summary
from netzoo.errors import BadInput


@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_counts_meet_the_reference(name):
    cost = netzoo.count_cost(netzoo.create_model(name))
    assert cost.params == cost.trainable_params == PARAMS[name]
    assert cost.macs == MACS[name]
    assert cost.flops == 2 * MACS[name]
    assert {layer.name: layer.macs for layer in cost.layers if layer.macs} == LAYER_MACS[name]


def test_training_flops_leave_out_the_gradient_of_the_image():
    assert summary("alexnet").training_flops == ALEXNET_TRAINING_FLOPS


def test_frozen_layers_need_no_gradients():
    model = netzoo.create_model("lenet")
    for name in ("conv1", "conv2", "fc1"):
        model.get_layer(name).trainable = False
    cost = netzoo.count_cost(model)
    passes = {layer.name: layer.training_macs / layer.macs for layer in cost.layers if layer.macs}
    assert passes == {"conv1": 1, "conv2": 1, "fc1": 1, "fc2": 2, "logits": 3}
    assert cost.trainable_params == 84 * 121 + 10 * 85


def test_counting_by_name_equals_counting_a_built_model_and_allocates_nothing():
    built = netzoo.count_cost(netzoo.create_model("alexnet"))
    assert asdict(summary("alexnet")) == asdict(built)


@pytest.mark.parametrize(
    ("size", "kernel", "strides", "channels", "filters", "groups"),
    [((7, 6), (3, 2), 1, 4, 6, 1), ((9, 9), (5, 5), 2, 2, 4, 2), ((5, 4), (1, 1), 1, 3, 2, 1)],
)
def test_convolution_rule_equals_counting_each_multiplication(
    size, kernel, strides, channels, filters, groups
):
    image = keras.Input((*size, channels))
    layer = layers.Conv2D(filters, kernel, strides, groups=groups)
    output = layer(image).shape[1:]
    multiplications = 0
    for _row, _column, _filter in itertools.product(*map(range, output)):
        for _ in itertools.product(range(kernel[0]), range(kernel[1]), range(channels // groups)):
            multiplications += 1
    assert rules.conv_macs(output, (*kernel, channels // groups, filters)) == multiplications
    assert netzoo.count_cost(keras.Model(image, layer.output)).macs == multiplications


def test_dense_rule_equals_counting_each_multiplication():
    weights, x = np.ones((5, 3)), np.ones((4, 5))
    multiplications = sum(
        1 for row in x for column in weights.T for _ in zip(row, column, strict=True)
    )
    assert rules.dense_macs((4, 5), (4, 3)) == multiplications


def test_channels_first_counts_the_same():
    counts = []
    for order, shape in (("channels_last", (9, 8, 3)), ("channels_first", (3, 9, 8))):
        image = keras.Input(shape)
        x = layers.Conv2D(4, (3, 2), strides=2, data_format=order)(image)
        counts.append(netzoo.count_cost(keras.Model(image, x)).macs)
    assert counts[0] == counts[1] == 4 * 4 * 4 * 3 * 2 * 3


class Secret(layers.Layer):
    """Needs values: its shape alone does not tell what it computes."""

    def call(self, inputs):
        if keras.backend.backend() == "torch":
            return inputs.relu()
        return inputs + np.float32(bool(inputs.numpy().sum()))

    def compute_output_shape(self, shape):
        return shape


def test_a_layer_that_nothing_can_be_seen_in_is_named():
    image = keras.Input((16,))
    x = Secret(name="secret")(layers.Dense(4)(image))
    cost = netzoo.count_cost(keras.Model(image, layers.Dense(2)(x)))
    assert cost.uncounted == ("secret (Secret)",)
    assert cost.macs == 16 * 4 + 4 * 2
    assert cost.training_flops == 2 * (64 * 2 + 8 * 3)
    again = Secret(name="again")
    assert netzoo.count_cost(keras.Model(image, again(again(image)))).uncounted == (
        "again (Secret, 2 calls)",
    )


def test_a_subclass_is_counted_by_what_it_does_not_by_its_parents_rule():
    class Twice(layers.Dense):
        def call(self, inputs):
            return super().call(super().call(inputs))

    image = keras.Input((4,))
    cost = netzoo.count_cost(keras.Model(image, Twice(4)(image)))
    assert (cost.macs, cost.uncounted) == (32, ())
    assert cost.training_flops == 2 * 16 * (2 + 3)


def test_what_cannot_be_counted_is_refused_in_words():
    class Subclassed(keras.Model):
        pass

    image, text = keras.Input((None, None, 3)), keras.Input((), dtype="string")
    for model, words in (
        (keras.Sequential([layers.Dense(2)]), "is not built"),
        (Subclassed(), "is not built"),
        (layers.Dense(2), "received Dense"),
        (keras.Model(image, layers.Conv2D(2, 3)(image)), "open dimension"),
        (keras.Model(text, layers.TextVectorization()(text)), "open dimension"),
    ):
        with pytest.raises(BadInput, match=words):
            netzoo.count_cost(model)


def test_a_shared_layer_has_its_weights_once_and_its_macs_at_each_call():
    image = keras.Input((8,))
    shared = layers.Dense(8)
    cost = netzoo.count_cost(keras.Model(image, shared(shared(shared(image)))))
    assert cost.params == 8 * 9
    assert cost.macs == 3 * 64
    assert cost.training_flops == 2 * 64 * (2 + 3 + 3)


def test_a_layer_that_another_model_uses_too_is_counted_once():
    base = netzoo.create_model("lenet")
    features = keras.Model(base.input, base.get_layer("pool2").output)
    netzoo.create_model("lenet")(features.input)
    assert netzoo.count_cost(features).macs == 117_600 + 240_000


def test_branches_sequential_models_and_operations():
    image = keras.Input((8,))
    left, right = layers.Dense(4)(image), layers.Dense(4)(image)
    joined = keras.Model(image, layers.Dense(2)(layers.Add()([left, right])))
    assert netzoo.count_cost(joined).macs == 32 + 32 + 8
    chain = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.Dense(2)])
    assert netzoo.count_cost(chain).macs == 32 + 8


TORCHS_COUNT = """
import json, sys
import netzoo.backend as backend
backend.start("cpu")
import torch
from torch.utils.flop_counter import FlopCounterMode
import netzoo
told = {}
for name in sys.argv[1:]:
    model = netzoo.create_model(name)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.ones((1, *model.input_shape[1:])))
    told[name] = [counter.get_total_flops(), netzoo.count_cost(model).flops]
print(json.dumps(told))
"""


@pytest.mark.slow  # test_training_flops.py counts a smaller one forward and backward
@pytest.mark.backend_independent
def test_torchs_own_counter_agrees(on_torch):
    told = on_torch(TORCHS_COUNT, "lenet", "alexnet")
    assert told == {name: [2 * MACS[name]] * 2 for name in ("lenet", "alexnet")}
