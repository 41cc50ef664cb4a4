"""AlexNet as the lesson builds it: five convolutions, three dense layers, ReLU and max pooling.

Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks",
section 3; Zhang et al., "Dive into Deep Learning", section AlexNet.
Differs from the paper: one tower in place of two, no local response normalisation, conv1 padded by
1, 1 channel and 10 classes by default, Glorot-uniform weights. Biases start at 0 (the paper starts
some at 1; PyTorch, in the lesson, draws them).
"""

from typing import Any

from netzoo.errors import BadInput
from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.layout import CHANNELS_LAST
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 65


@register_model("alexnet")
@register_model("alexnet-sigmoid", activation="sigmoid")
@register_model("alexnet-avgpool", pooling="average")
@register_model("alexnet-nodropout", dropout=0.0)
@register_model("alexnet-reverted", activation="sigmoid", pooling="average", dropout=0.0)
@register_model("alexnet-onefc", fc_layers=1)
@register_model("alexnet-batchnorm", batchnorm=True)
@follows("lenet")
def alexnet(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    activation: blocks.Activation = "relu",
    pooling: blocks.Pooling = "max",
    dropout: float = 0.5,
    fc_layers: int = 2,
    wide: bool = True,
    deep: bool = True,
    batchnorm: bool = False,
) -> Any:
    """Build AlexNet: five convolutions, three dense layers; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 65 px a side, or pool3 has no pixel left.
    dropout: share of each hidden dense layer's outputs set to zero in training.
    fc_layers: number of hidden dense layers of 4096 units, 0 to 4.
    wide: not LeNet's channels and units. deep: with conv3 to conv5.
    batchnorm: normalise before each activation (Ioffe and Szegedy 2015, section 3.2).
    """
    import keras
    from keras import layers

    blocks.check_size("alexnet", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)
    if not 0 <= fc_layers <= 4:
        raise BadInput(f"fc_layers of alexnet is 0 to 4; received {fc_layers}.")
    channels, units = blocks.WIDE if wide else blocks.NARROW
    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = layers.ZeroPadding2D(1, data_format=CHANNELS_LAST, name="pad1")(image)  # 226 × 226 × 1
    x = blocks.conv(
        x, "conv1", channels[0], 11, activation, strides=4, padding="valid", batchnorm=batchnorm
    )
    x = blocks.pool(x, "pool1", 3, pooling)  # 54 × 54 × 96 -> 26 × 26 × 96
    x = blocks.conv(x, "conv2", channels[1], 5, activation, batchnorm=batchnorm)  # 26 × 26 × 256
    x = blocks.pool(x, "pool2", 3, pooling)  # 12 × 12 × 256
    if deep:
        x = blocks.three_convs(x, channels[2:], activation, batchnorm)  # 12 × 12 × 384, 384, 256
    x = blocks.pool(x, "pool3", 3, pooling)  # 5 × 5 × 256
    x = blocks.flatten(x)  # 6400
    for number in range(1, fc_layers + 1):
        count = units[min(number, len(units)) - 1]
        x = blocks.hidden(x, count, number, activation, dropout, batchnorm)
    return keras.Model(image, blocks.logits(x, num_classes), name="alexnet")
