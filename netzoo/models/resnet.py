"""ResNet for large images: four stages of residual units, of two or of three convolutions.

Source: He et al. 2016, "Deep residual learning for image recognition", sections 3 and 4.1, table 1.
preactivation: He et al. 2016, "Identity mappings in deep residual networks".
Differs from the paper: 1 channel and 10 classes by default. The stride of a unit of three is in its
first convolution, as in the paper; PyTorch's ResNet50 has it in the second.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows
from netzoo.models.residual import Convolution, unit

LEAST_SIZE_PX = 32

UNITS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # of each stage
CHANNELS = 64, 128, 256, 512  # of each stage; units of three end in four times as many


@register_model("resnet18")
@register_model("resnet18-plain", shortcut=False)
@register_model("resnet18-preactivation", preactivation=True)
@register_model("resnet34", depth=34)
@register_model("resnet34-plain", depth=34, shortcut=False)
@register_model("resnet50", depth=50)
@follows(
    "vgg11-batchnorm",
    reaching="resnet18-plain",
    change="17 narrower convolutions, which halve the size by their strides; one dense layer",
)
def resnet(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    shortcut: bool = True,
    preactivation: bool = False,
    depth: Literal[18, 34, 50] = 18,
) -> Any:
    """Build ResNet for large images: four stages of residual units; the output is logits.

    input_shape: height, width, channels; at least 32 px a side, so that the last stage, on a 32nd
    of it, has a pixel.
    shortcut: without it nothing is added: the paper's plain network.
    preactivation: normalisation and ReLU before each convolution of a unit, not after it.
    depth: layers with weights; 50 has units of three convolutions, 18 and 34 of two.
    """
    import keras

    blocks.check_size(f"resnet{depth}", input_shape, LEAST_SIZE_PX)
    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = stem(image)  # 56 × 56 × 64
    # 56 × 56 × 64, 28 × 28 × 128, 14 × 14 × 256, 7 × 7 × 512; of depth 50 four times the channels
    for stage, (channels, count) in enumerate(zip(CHANNELS, UNITS[depth], strict=True), 2):
        for number in range(1, count + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            x = unit(
                x,
                f"stage{stage}_unit{number}",
                _chain(channels, strides, three=depth == 50),
                shortcut=shortcut,
                preactivation=preactivation,
            )
    x = blocks.normalise(x, "last", "relu") if preactivation else x
    return keras.Model(image, blocks.logits(blocks.mean(x), num_classes), name=f"resnet{depth}")


def stem(image: Any) -> Any:
    """Return a quarter of the image's height and width, with 64 channels."""
    x = blocks.conv(
        image, "conv1", 64, 7, "relu", strides=2, batchnorm=True, initializer=blocks.HE_NORMAL
    )
    return blocks.pool(x, "pool1", 3, padding="same")


def _chain(channels: int, strides: int, *, three: bool) -> list[Convolution]:
    """Return the convolutions of a unit; three: the bottleneck of figure 5."""
    if three:
        first = Convolution(channels, 1, strides)
        return [first, Convolution(channels, 3), Convolution(4 * channels, 1)]
    return [Convolution(channels, 3, strides), Convolution(channels, 3)]
