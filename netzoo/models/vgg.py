"""VGG: stages of 3×3 convolutions, each ended by a pooling, then AlexNet's dense layers.

Source: Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image
recognition", section 2, table 1: columns A, B, D and E. batchnorm: Ioffe and Szegedy 2015.
Differs from the paper: 1 channel and 10 classes by default; weights drawn as He et al. 2015 do,
where the paper starts the deep networks from a trained shallow one.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 32

CHANNELS = 64, 128, 256, 512, 512  # of each stage
CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


@register_model("vgg11")
@register_model("vgg11-batchnorm", batchnorm=True)
@register_model("vgg11-nodropout", dropout=0.0)
@register_model("vgg13", depth=13)
@register_model("vgg16", depth=16)
@register_model("vgg16-batchnorm", depth=16, batchnorm=True)
@register_model("vgg19", depth=19)
@follows("alexnet", reaching="vgg11", change="eight 3×3 convolutions in stages")
def vgg(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    batchnorm: bool = False,
    depth: Literal[11, 13, 16, 19] = 11,
    dropout: float = 0.5,
) -> Any:
    """Build VGG: stages of 3×3 convolutions and poolings; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 32 px a side, or pool5 has no pixel left.
    batchnorm: normalise after each convolution.
    depth: layers with weights: 8, 10, 13 or 16 convolutions and three dense layers.
    dropout: share of the fc1 and fc2 outputs set to zero in training.
    """
    import keras

    blocks.check_size(f"vgg{depth}", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)
    image = x = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    # 112 × 112 × 64, 56 × 56 × 128, 28 × 28 × 256, 14 × 14 × 512, 7 × 7 × 512
    for stage, (channels, count) in enumerate(zip(CHANNELS, CONVOLUTIONS[depth], strict=True), 1):
        for number in range(1, count + 1):
            name = f"conv{stage}_{number}"
            x = blocks.conv(
                x, name, channels, 3, "relu", batchnorm=batchnorm, initializer=blocks.HE_NORMAL
            )
        x = blocks.pool(x, f"pool{stage}", 2)
    x = blocks.flatten(x)  # 25088
    for number in (1, 2):  # 4096, 4096
        x = blocks.hidden(x, 4096, number, "relu", dropout, initializer=blocks.HE_NORMAL)
    return keras.Model(image, blocks.logits(x, num_classes), name=f"vgg{depth}")
