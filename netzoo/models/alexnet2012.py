"""AlexNet as Krizhevsky et al. built it: two groups, local response normalisation, 227 px.

Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks",
section 3. With 1000 classes it has the paper's 60 million parameters.
Differs from the paper: 227 px, not 224, which do not give its 55 × 55 outputs of conv1; both groups
on one device; 10 classes by default; Glorot-uniform weights and biases of 0, where the paper draws
from a Gaussian and starts some biases at 1.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 67


@register_model("alexnet2012")
@register_model("alexnet2012-tanh", activation="tanh")
@register_model("alexnet2012-nolrn", response_norm=False)
@register_model("alexnet2012-nooverlap", overlap=False)
@register_model("alexnet2012-onegroup", groups=1)
@register_model("alexnet2012-nodropout", dropout=0.0)
@follows(
    "lenet5-tanh",
    reaching="alexnet2012:activation=tanh,response_norm=False,overlap=False,groups=1,dropout=0.0",
    change="five wide convolutions and two dense layers of 4096 on large images",
)
def alexnet2012(
    input_shape: tuple[int, int, int] = (227, 227, 3),
    num_classes: int = 10,
    *,
    activation: blocks.Activation = "relu",
    response_norm: bool = True,
    overlap: bool = True,
    groups: Literal[1, 2] = 2,
    dropout: float = 0.5,
) -> Any:
    """Build AlexNet of 2012: two groups of channels, local response normalisation.

    The output is logits, (batch, classes).

    input_shape: height, width, channels; at least 67 px a side, or pool5 has no pixel left.
    response_norm: after conv1 and conv2, before the pooling (section 3.3).
    overlap: pooling windows of 3×3, not 2×2, at stride 2 (section 3.4).
    groups: 2: conv2, conv4 and conv5 see half of the channels each (section 3.5).
    dropout: share of the fc6 and fc7 outputs set to zero in training.
    """
    import keras

    blocks.check_size("alexnet2012", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)
    window = 3 if overlap else 2
    image = keras.Input(input_shape, name="image")  # 227 × 227 × 3
    x = blocks.conv(image, "conv1", 96, 11, activation, strides=4, padding="valid")  # 55 × 55 × 96
    x = blocks.response_norm(x, "norm1") if response_norm else x
    x = blocks.pool(x, "pool1", window)  # 27 × 27 × 96
    x = blocks.conv(x, "conv2", 256, 5, activation, groups=groups)  # 27 × 27 × 256
    x = blocks.response_norm(x, "norm2") if response_norm else x
    x = blocks.pool(x, "pool2", window)  # 13 × 13 × 256
    x = blocks.conv(x, "conv3", 384, 3, activation)  # 13 × 13 × 384
    x = blocks.conv(x, "conv4", 384, 3, activation, groups=groups)  # 13 × 13 × 384
    x = blocks.conv(x, "conv5", 256, 3, activation, groups=groups)  # 13 × 13 × 256
    x = blocks.flatten(blocks.pool(x, "pool5", window))  # 6 × 6 × 256 -> 9216
    for number in (6, 7):  # 4096, 4096
        x = blocks.hidden(x, 4096, number, activation, dropout)
    return keras.Model(image, blocks.logits(x, num_classes), name="alexnet2012")
