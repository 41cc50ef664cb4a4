"""Network in network: convolutions that are each a small perceptron, and no dense layer.

Source: Lin, Chen and Yan 2014, "Network in network", sections 3 and 4.1; the widths, which the
paper leaves out, are those of the authors' network for CIFAR-10.
Differs from the paper: 28 px and 1 channel by default; no ReLU after the last convolution, whose
outputs are the maps of logits; weights drawn as He et al. 2015 do.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 4

# Of each block: the size of its first convolution, and the channels of its three.
BLOCKS = (5, (192, 160, 96)), (5, (192, 192, 192)), (3, (192, 192))


@register_model("nin")
@register_model("nin-dense", head="dense")
@register_model("nin-nodropout", dropout=0.0)
@follows("alexnet", reaching="nin-dense", change="three blocks of a convolution and two of 1×1")
def nin(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    head: Literal["pooling", "dense"] = "pooling",
    dropout: float = 0.5,
) -> Any:
    """Build a network in network: 1×1 convolutions after each; the output is logits.

    input_shape: height, width, channels; at least 4 px a side, so that the last block, on a quarter
    of it, has a pixel.
    head: pooling: the logit of a class is the mean of its map. dense: a dense layer of logits sees
    all pixels of these maps (section 4.6).
    dropout: share of the outputs of the first two blocks set to zero in training.
    """
    import keras
    from keras import layers

    blocks.check_size("nin", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)
    image = x = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    for stage, (size, channels) in enumerate(BLOCKS, 1):  # 28 × 28, 14 × 14, 7 × 7
        for number, count in enumerate(channels, 1):
            name, side = f"conv{stage}_{number}", size if number == 1 else 1
            x = blocks.conv(x, name, count, side, "relu", initializer=blocks.HE_NORMAL)
        if stage < len(BLOCKS):
            # 14 × 14 × 96, 7 × 7 × 192
            x = blocks.pool(x, f"pool{stage}", 3, padding="same")
            x = layers.Dropout(dropout, name=f"dropout{stage}")(x) if dropout else x
    x = blocks.conv(x, "maps", num_classes, 1, None)  # 7 × 7 × 10
    if head == "dense":
        return keras.Model(image, blocks.logits(blocks.flatten(x), num_classes), name="nin")
    return keras.Model(image, blocks.mean(x, "logits", dtype="float32"), name="nin")  # 10
