"""A multilayer perceptron: dense layers alone, the network before convolutions.

Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", sections
III.C.3 and III.C.4: 28 × 28 - 300 - 100 - 10, and 28 × 28 - 300 - 10 with one hidden layer.
Differs from the paper: tanh without its factors, logits in place of distances to targets.
"""

from typing import Any

from netzoo.models import blocks
from netzoo.models.catalog import register_model

UNITS = 300, 100


@register_model("mlp")
@register_model("mlp-sigmoid", activation="sigmoid")
@register_model("mlp-relu", activation="relu")
@register_model("mlp-dropout", dropout=0.5)
@register_model("mlp-onehidden", hidden_layers=1)
@register_model("mlp-batchnorm", batchnorm=True)
def mlp(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    activation: blocks.Activation = "tanh",
    dropout: float = 0.0,
    hidden_layers: int = 2,
    batchnorm: bool = False,
) -> Any:
    """Build a multilayer perceptron: dense layers alone; the output is logits, (batch, classes).

    input_shape: height, width, channels; any size.
    dropout: share of each hidden layer's outputs set to zero in training.
    hidden_layers: 0 or more; the first has 300 units, every other one 100.
    batchnorm: normalise before each activation (Ioffe and Szegedy 2015, section 3.2).
    """
    import keras

    blocks.check_dropout(dropout)
    blocks.check_least("mlp", "hidden_layers", hidden_layers, 0)
    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = blocks.flatten(image)  # 784
    for number in range(1, hidden_layers + 1):  # 300, 100
        units = UNITS[min(number, len(UNITS)) - 1]
        x = blocks.hidden(x, units, number, activation, dropout, batchnorm)
    return keras.Model(image, blocks.logits(x, num_classes), name="mlp")
