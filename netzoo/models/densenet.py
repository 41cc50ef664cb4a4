"""DenseNet: each layer sees the outputs of all earlier ones of its block.

Source: Huang et al. 2017, "Densely connected convolutional networks", section 3: the network of
growth 12 for small images, and DenseNet-121 of table 1.
Differs from the paper: 1 channel and 10 classes by default; no dropout; the small one has 28 px and
22 layers by default, where the paper has 32 px and 40 layers, which densenet40 has.
"""

from typing import Any, Literal

from netzoo.errors import BadInput
from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows
from netzoo.models.resnet import stem

Join = Literal["concatenate", "add"]

SMALL_LEAST_SIZE_PX = 4
LEAST_SIZE_PX = 32


@register_model("densenet")
@register_model("densenet-add", join="add")
@register_model("densenet40", depth=40)
@follows(
    "resnet20-preactivation",
    reaching="densenet-add",
    change="18 units of one convolution, and transitions between three blocks",
)
def densenet(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    join: Join = "concatenate",
    growth: int = 12,
    depth: int = 22,
) -> Any:
    """Build DenseNet for small images: three blocks of layers; the output is logits.

    input_shape: height, width, channels; at least 4 px a side, so that the last block, on a quarter
    of it, has a pixel.
    join: concatenate: a layer's channels are put beside its input. add: they are added to it, as in
    ResNet; a layer then has the channels of its input, and each transition doubles them.
    growth: channels of a layer that concatenates.
    depth: layers with weights: 3 n + 4, for n layers in each block.
    """
    import keras

    blocks.check_size("densenet", input_shape, SMALL_LEAST_SIZE_PX)
    blocks.check_least("densenet", "growth", growth, 1)
    blocks.check_least("densenet", "depth", depth, 7)
    if depth % 3 != 1:
        raise BadInput(
            f"depth of densenet is 4 and a multiple of 3; received {depth}, the nearest is "
            f"{round((depth - 4) / 3) * 3 + 4}."
        )
    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = _conv(image, "conv1", 16, 3)  # 28 × 28 × 16
    for block in (1, 2, 3):  # 28 × 28 × 88, 14 × 14 × 160, 7 × 7 × 232
        for number in range(1, (depth - 4) // 3 + 1):
            x = _layer(x, f"block{block}_layer{number}", growth, join, bottleneck=False)
        if block < 3:
            x = _transition(x, f"transition{block}", join, kept=1.0)
    x = blocks.mean(blocks.normalise(x, "last", "relu"))  # 232
    return keras.Model(image, blocks.logits(x, num_classes), name="densenet")


@register_model("densenet121")
@register_model("densenet121-add", join="add")
@follows(
    "resnet50",
    reaching="densenet121-add",
    change="58 units of two convolutions, and transitions between four blocks",
)
def densenet121(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    join: Join = "concatenate",
    growth: int = 32,
) -> Any:
    """Build DenseNet-121 for large images: four blocks; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 32 px a side, so that the last block, on a 32nd
    of it, has a pixel.
    join, growth: as in densenet; each layer first has a 1×1 convolution to four times the growth,
    and a transition keeps half of the channels that were put together.
    """
    import keras

    blocks.check_size("densenet121", input_shape, LEAST_SIZE_PX)
    blocks.check_least("densenet121", "growth", growth, 1)
    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = stem(image)  # 56 × 56 × 64
    for block, count in enumerate((6, 12, 24, 16), 1):
        # 56 × 56 × 256, 28 × 28 × 512, 14 × 14 × 1024, 7 × 7 × 1024
        for number in range(1, count + 1):
            x = _layer(x, f"block{block}_layer{number}", growth, join, bottleneck=True)
        if block < 4:
            x = _transition(x, f"transition{block}", join, kept=0.5)
    x = blocks.mean(blocks.normalise(x, "last", "relu"))  # 1024
    return keras.Model(image, blocks.logits(x, num_classes), name="densenet121")


def _layer(x: Any, name: str, growth: int, join: Join, *, bottleneck: bool) -> Any:
    """Apply one layer of a block and join its output to its input."""
    from keras import layers

    channels = growth if join == "concatenate" else x.shape[-1]
    new = x
    if bottleneck:
        new = _conv(blocks.normalise(new, f"{name}_conv1", "relu"), f"{name}_conv1", 4 * growth, 1)
    last = f"{name}_conv2" if bottleneck else f"{name}_conv"
    new = _conv(blocks.normalise(new, last, "relu"), last, channels, 3)
    if join == "concatenate":
        return layers.Concatenate(name=name)([x, new])
    return layers.Add(name=name)([x, new])


def _transition(x: Any, name: str, join: Join, *, kept: float) -> Any:
    """Halve height and width; kept: the share of the channels that a concatenation keeps."""
    channels = int(x.shape[-1] * kept) if join == "concatenate" else 2 * x.shape[-1]
    conv = f"{name}_conv"
    x = _conv(blocks.normalise(x, conv, "relu"), conv, channels, 1)
    return blocks.pool(x, f"{name}_pool", 2, "average")


def _conv(x: Any, name: str, channels: int, size: int) -> Any:
    """Apply a convolution without a bias; the next normalisation has one."""
    return blocks.conv(x, name, channels, size, None, bias=False, initializer=blocks.HE_NORMAL)
