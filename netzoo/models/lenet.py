"""LeNet as the lesson builds it: two convolutions, three dense layers, sigmoid and average pooling.

Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.B;
Zhang et al., "Dive into Deep Learning", section LeNet.
Differs from the paper: 28 px input padded by 2; plain average pooling without trained factors;
every map of conv2 sees every map of pool1; sigmoid, not a scaled tanh; a dense layer of logits in
place of radial basis functions. Biases start at 0 (PyTorch, in the lesson, draws them).
"""

from typing import Any

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 12


@register_model("lenet")
@register_model("lenet-relu", activation="relu")
@register_model("lenet-maxpool", pooling="max")
@register_model("lenet-dropout", dropout=0.5)
@register_model("lenet-batchnorm", batchnorm=True)
@register_model("lenet-relu-maxpool", activation="relu", pooling="max")
@register_model("lenet-modern", activation="relu", pooling="max", dropout=0.5)
@register_model("lenet-modern-wide", activation="relu", pooling="max", dropout=0.5, wide=True)
@register_model(
    "lenet-modern-wide-deep", activation="relu", pooling="max", dropout=0.5, wide=True, deep=True
)
@follows("mlp-sigmoid", reaching="lenet", change="two convolutions and poolings first")
def lenet(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    activation: blocks.Activation = "sigmoid",
    pooling: blocks.Pooling = "average",
    dropout: float = 0.0,
    wide: bool = False,
    deep: bool = False,
    batchnorm: bool = False,
) -> Any:
    """Build LeNet: two convolutions, three dense layers; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 12 px a side, or pool2 has no pixel left.
    dropout: share of the fc1 and fc2 outputs set to zero in training.
    batchnorm: normalise before each activation (Ioffe and Szegedy 2015, section 3.2).
    wide: AlexNet's channels and units. deep: AlexNet's three 3×3 convolutions after pool2. With
    both, flatten gives 6400, as AlexNet's does.
    """
    import keras

    blocks.check_size("lenet", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)
    channels, units = blocks.WIDE if wide else blocks.NARROW
    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = blocks.conv(image, "conv1", channels[0], 5, activation, batchnorm=batchnorm)  # 28 × 28 × 6
    x = blocks.pool(x, "pool1", 2, pooling)  # 14 × 14 × 6
    x = blocks.conv(x, "conv2", channels[1], 5, activation, padding="valid", batchnorm=batchnorm)
    x = blocks.pool(x, "pool2", 2, pooling)  # 10 × 10 × 16 -> 5 × 5 × 16
    if deep:
        x = blocks.three_convs(x, channels[2:], activation, batchnorm)
    x = blocks.flatten(x)  # 400
    for number, count in enumerate(units, 1):  # 120, 84
        x = blocks.hidden(x, count, number, activation, dropout, batchnorm)
    return keras.Model(image, blocks.logits(x, num_classes), name="lenet")
