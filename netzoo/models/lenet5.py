"""LeNet-5 as LeCun et al. built it: trained subsampling, a connection table, a scaled tanh.

Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.B,
table I, appendix A.
Differs from the paper: 28 px input padded by 2 in place of 32 px; a dense layer of logits in place
of radial basis functions; Glorot-uniform weights. The subsampling multiplies the mean of four
pixels, not their sum, so that its trained factor is four times the paper's.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.layout import CHANNELS_LAST
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 28

# The maps of s2 that each map of c3 sees: table I.
TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)


@register_model("lenet5")
@register_model("lenet5-tanh", activation="tanh")
@register_model("lenet5-relu", activation="relu")
@register_model("lenet5-avgpool", subsampling="average")
@register_model("lenet5-maxpool", subsampling="max")
@register_model("lenet5-full", connections="full")
@follows("mlp", reaching="lenet5-tanh", change="convolutions and trained subsampling")
def lenet5(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    activation: Literal["scaled_tanh", "tanh", "sigmoid", "relu"] = "scaled_tanh",
    subsampling: Literal["trained", "average", "max"] = "trained",
    connections: Literal["table", "full"] = "table",
) -> Any:
    """Build LeNet-5 of 1998: seven layers, 60,850 weights; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 28 px a side, or c5 has no pixel left.
    activation: scaled_tanh is 1.7159 tanh(2/3 x).
    subsampling: trained: the mean of 2×2 pixels, times a factor of each map, plus a bias, then the
    activation. average, max: plain pooling.
    connections: table: each map of c3 sees three to six maps of s2. full: all of them.
    """
    import keras

    blocks.check_size("lenet5", input_shape, LEAST_SIZE_PX)
    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = blocks.conv(image, "c1", 6, 5, None)  # 28 × 28 × 6
    x = _subsample(_squash(x, "c1", activation), "s2", subsampling, activation)  # 14 × 14 × 6
    if connections == "table":
        x = _by_table(x)  # 10 × 10 × 16
    else:
        x = blocks.conv(x, "c3", 16, 5, None, padding="valid")  # 10 × 10 × 16
    x = _subsample(_squash(x, "c3", activation), "s4", subsampling, activation)  # 5 × 5 × 16
    x = blocks.conv(x, "c5", 120, 5, None, padding="valid")  # 1 × 1 × 120
    x = blocks.flatten(_squash(x, "c5", activation))  # 120
    x = _squash(keras.layers.Dense(84, name="f6")(x), "f6", activation)  # 84
    return keras.Model(image, blocks.logits(x, num_classes), name="lenet5")


def _squash(x: Any, name: str, activation: str) -> Any:
    """Apply the activation of a layer."""
    from keras import layers

    if activation != "scaled_tanh":
        return layers.Activation(activation, name=f"{name}_{activation}")(x)
    x = layers.Rescaling(2 / 3, name=f"{name}_slope")(x)
    x = layers.Activation("tanh", name=f"{name}_tanh")(x)
    return layers.Rescaling(1.7159, name=f"{name}_amplitude")(x)


def _subsample(x: Any, name: str, subsampling: str, activation: str) -> Any:
    """Halve height and width."""
    from keras import layers

    if subsampling != "trained":
        return blocks.pool(x, name, 2, "max" if subsampling == "max" else "average")
    x = blocks.pool(x, name, 2, "average")
    # A convolution of 1 × 1 by channel: a factor and a bias for each map.
    scale = layers.DepthwiseConv2D(
        1, depthwise_initializer="ones", data_format=CHANNELS_LAST, name=f"{name}_scale"
    )
    return _squash(scale(x), name, activation)


def _by_table(x: Any) -> Any:
    """Apply c3, a convolution of one map for each row of the table."""
    from keras import layers, ops

    given = ops.split(x, x.shape[-1], axis=-1)  # six of 14 × 14 × 1
    maps = []
    for number, seen in enumerate(TABLE):
        name = f"c3_{number}"
        chosen = layers.Concatenate(name=f"{name}_input")([given[place] for place in seen])
        maps.append(blocks.conv(chosen, name, 1, 5, None, padding="valid"))  # 10 × 10 × 1
    return layers.Concatenate(name="c3")(maps)  # 10 × 10 × 16
