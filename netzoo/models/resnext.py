"""ResNeXt: residual units whose 3×3 convolution has many groups of channels.

Source: Xie et al. 2017, "Aggregated residual transformations for deep neural networks", section 3,
tables 1 and 2: 50 layers. The widths of table 2 keep the cost while the number of groups changes.
Differs from the paper: 1 channel and 10 classes by default.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows
from netzoo.models.residual import Convolution, unit
from netzoo.models.resnet import stem

LEAST_SIZE_PX = 32

UNITS = 3, 4, 6, 3  # of each stage
GROUP_WIDTHS = {1: 64, 2: 40, 4: 24, 8: 14, 32: 4}  # channels of a group in the first stage


@register_model("resnext")
@register_model("resnext-onegroup", cardinality=1)
@follows(
    "resnet50",
    reaching="resnext-onegroup",
    change="the stride in the second convolution of a unit",
)
def resnext(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    cardinality: Literal[1, 2, 4, 8, 32] = 32,
) -> Any:
    """Build ResNeXt of 50 layers: residual units of many groups; the output is logits.

    input_shape: height, width, channels; at least 32 px a side, so that the last stage, on a 32nd
    of it, has a pixel.
    cardinality: groups of each 3×3 convolution: 32 of 4 channels in the first stage, 8 of 14, 4 of
    24, 2 of 40, or 1 of 64, which is ResNet50.
    """
    import keras

    blocks.check_size("resnext", input_shape, LEAST_SIZE_PX)
    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = stem(image)  # 56 × 56 × 64
    for stage, count in enumerate(UNITS, 2):  # 56 × 56 × 256 … 7 × 7 × 2048
        width, channels = cardinality * GROUP_WIDTHS[cardinality] << stage - 2, 256 << stage - 2
        for number in range(1, count + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            chain = [
                Convolution(width, 1),
                Convolution(width, 3, strides, cardinality),
                Convolution(channels, 1),
            ]
            x = unit(x, f"stage{stage}_unit{number}", chain)
    return keras.Model(image, blocks.logits(blocks.mean(x), num_classes), name="resnext")
