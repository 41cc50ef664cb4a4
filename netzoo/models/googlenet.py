"""GoogLeNet: nine Inception modules, each of four branches beside one another.

Source: Szegedy et al. 2015, "Going deeper with convolutions", sections 4 and 5, table 1.
batchnorm: Ioffe and Szegedy 2015.
Differs from the paper: no local response normalisation, no auxiliary classifiers; 1 channel and 10
classes by default; weights drawn as He et al. 2015 do.
"""

from typing import Any, Literal

from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 32

# Channels: 1×1; 3×3 and the 1×1 before it; 5×5 and the 1×1 before it; 1×1 after the pooling.
Widths = tuple[int, tuple[int, int], tuple[int, int], int]
MODULES: dict[str, Widths] = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}
BEFORE_POOLING = "3b", "4e"


@register_model("googlenet")
@register_model("googlenet-onebranch", branches=1)
@register_model("googlenet-nodropout", dropout=0.0)
@register_model("googlenet-batchnorm", batchnorm=True)
@follows("nin", reaching="googlenet-onebranch", change="twenty layers on large images")
def googlenet(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    branches: Literal[1, 4] = 4,
    dropout: float = 0.4,
    batchnorm: bool = False,
) -> Any:
    """Build GoogLeNet: nine Inception modules of four branches; the output is logits.

    input_shape: height, width, channels; at least 32 px a side, so that the last modules, on a
    32nd of it, have a pixel.
    branches: 4, or 1: the 3×3 branch alone, which then has the channels of all four.
    dropout: share of the mean channels set to zero in training.
    batchnorm: normalise after each convolution.
    """
    import keras
    from keras import layers

    blocks.check_size("googlenet", input_shape, LEAST_SIZE_PX)
    blocks.check_dropout(dropout)

    def conv(x: Any, name: str, channels: int, size: int, strides: int = 1) -> Any:
        return blocks.conv(
            *(x, name, channels, size, "relu"),
            strides=strides,
            batchnorm=batchnorm,
            initializer=blocks.HE_NORMAL,
        )

    def pool(x: Any, name: str, strides: int = 2) -> Any:
        return blocks.pool(x, name, 3, strides=strides, padding="same")

    def module(x: Any, name: str, widths: Widths) -> Any:
        one, (before_three, three), (before_five, five), pooled = widths
        if branches == 1:
            x = conv(x, f"{name}_3x3_reduce", before_three, 1)
            return conv(x, f"{name}_3x3", one + three + five + pooled, 3)
        ends = [
            conv(x, f"{name}_1x1", one, 1),
            conv(conv(x, f"{name}_3x3_reduce", before_three, 1), f"{name}_3x3", three, 3),
            conv(conv(x, f"{name}_5x5_reduce", before_five, 1), f"{name}_5x5", five, 5),
            conv(pool(x, f"{name}_pool", 1), f"{name}_pool_project", pooled, 1),
        ]
        return layers.Concatenate(name=name)(ends)

    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = pool(conv(image, "conv1", 64, 7, strides=2), "pool1")  # 112 × 112 × 64 -> 56 × 56 × 64
    x = conv(conv(x, "conv2_reduce", 64, 1), "conv2", 192, 3)  # 56 × 56 × 192
    x = pool(x, "pool2")  # 28 × 28 × 192
    for name, widths in MODULES.items():
        x = module(x, f"inception{name}", widths)
        if name in BEFORE_POOLING:  # 14 × 14 × 480, 7 × 7 × 832
            x = pool(x, f"pool{name[0]}")
    x = blocks.mean(x)  # 7 × 7 × 1024 -> 1024
    x = layers.Dropout(dropout, name="dropout")(x) if dropout else x
    return keras.Model(image, blocks.logits(x, num_classes), name="googlenet")
