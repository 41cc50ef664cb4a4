"""Training FLOPs against PyTorch's own counter over a forward and a backward pass.

In a process on the torch backend, whichever backend runs this suite.
"""

import pytest

CODE = """
import json, sys
import netzoo.backend as backend
backend.start("cpu")
import keras, torch
from keras import layers
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
import netzoo

def transformer():
    tokens = keras.Input((12,), dtype="int32")
    x = layers.Embedding(50, 16)(tokens)
    for _ in range(2):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
        y = layers.Dense(16)(layers.Dense(32, activation="gelu")(x))
        x = layers.LayerNormalization()(x + y)
    return keras.Model(tokens, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))

def sequence(layer):
    steps = keras.Input((7, 5))
    return keras.Model(steps, layers.Dense(3)(layer(steps)))

def frozen():
    model = netzoo.create_model("lenet")
    model.get_layer("conv1").trainable = False
    model.get_layer("conv2").trainable = False
    return model

MODELS = {
    "lenet": lambda: netzoo.create_model("lenet"),
    "lenet, its convolutions frozen": frozen,
    "alexnet": lambda: netzoo.create_model("alexnet"),
    "resnet50": lambda: keras.applications.ResNet50(weights=None),
    "transformer": transformer,
    "lstm": lambda: sequence(layers.LSTM(6)),
    "bidirectional gru": lambda: sequence(layers.Bidirectional(layers.GRU(6))),
    "attention of lists": lambda: (lambda x: keras.Model(x, layers.Attention()(
        [layers.Dense(8)(x), layers.Dense(8)(x)])))(keras.Input((6, 8))),
    "transposed convolution": lambda: (lambda x: keras.Model(x, layers.Conv2DTranspose(
        4, 3, strides=2)(layers.Conv2D(3, 3)(x))))(keras.Input((8, 8, 2))),
}
told = {}
for name in sys.argv[1:]:
    model = MODELS[name]()
    (spec,) = model.inputs
    x = torch.ones((1, *spec.shape[1:]), dtype=getattr(torch, spec.dtype))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(x, training=True).sum().backward()
    told[name] = (netzoo.count_cost(model).training_flops, counter.get_total_flops())
print(json.dumps(told))
"""


SMALL = (
    "lenet", "lenet, its convolutions frozen", "transformer", "lstm", "bidirectional gru",
    "attention of lists", "transposed convolution",
)  # fmt: skip


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    "names", [SMALL, pytest.param(("alexnet", "resnet50"), marks=pytest.mark.slow)], ids=len
)
def test_training_flops_are_those_of_a_forward_and_a_backward_pass(names, on_torch):
    told = on_torch(CODE, *names)
    assert told.keys() == set(names)
    assert {name: ours for name, (ours, _) in told.items()} == {
        name: theirs for name, (_, theirs) in told.items()
    }
