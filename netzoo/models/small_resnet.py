"""ResNet for small images: three stages of residual units, 16 to 64 channels.

Source: He et al. 2016, "Deep residual learning for image recognition", section 4.2.
preactivation: He et al. 2016, "Identity mappings in deep residual networks".
Differs from the paper: 28 px and 1 channel by default, where the paper has 32 px and 3 channels;
projections where a shortcut changes the number of channels (option B), where the paper pads with
zeros (option A).
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows
from netzoo.models.residual import Convolution, unit

LEAST_SIZE_PX = 4

CHANNELS = 16, 32, 64  # of each stage


@register_model("resnet20")
@register_model("resnet20-plain", shortcut=False)
@register_model("resnet20-preactivation", preactivation=True)
@register_model("resnet56", depth=56)
@register_model("resnet56-plain", depth=56, shortcut=False)
@follows(
    "vgg11-batchnorm",
    reaching="resnet20-plain",
    change="19 narrow convolutions on small images; one dense layer",
)
def small_resnet(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    shortcut: bool = True,
    preactivation: bool = False,
    depth: Literal[20, 32, 44, 56] = 20,
) -> Any:
    """Build ResNet for small images: three stages of residual units; the output is logits.

    input_shape: height, width, channels; at least 4 px a side, so that the last stage, on a quarter
    of it, has a pixel.
    shortcut: without it nothing is added: the paper's plain network.
    preactivation: normalisation and ReLU before each convolution of a unit, not after it.
    depth: layers with weights: 6 n + 2, for n units in each stage.
    """
    import keras

    blocks.check_size(f"resnet{depth}", input_shape, LEAST_SIZE_PX)
    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = blocks.conv(image, "conv1", 16, 3, "relu", batchnorm=True, initializer=blocks.HE_NORMAL)
    for stage, channels in enumerate(CHANNELS, 1):  # 28 × 28 × 16, 14 × 14 × 32, 7 × 7 × 64
        for number in range(1, (depth - 2) // 6 + 1):
            strides = 2 if stage > 1 and number == 1 else 1
            x = unit(
                x,
                f"stage{stage}_unit{number}",
                [Convolution(channels, 3, strides), Convolution(channels, 3)],
                shortcut=shortcut,
                preactivation=preactivation,
            )
    x = blocks.normalise(x, "last", "relu") if preactivation else x
    return keras.Model(image, blocks.logits(blocks.mean(x), num_classes), name=f"resnet{depth}")
