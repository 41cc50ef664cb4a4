"""MobileNet: each 3×3 convolution split into one of each channel alone and one of 1×1.

Source: Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision
applications", section 3, table 1; full convolutions: table 4; width: section 3.3.
Differs from the paper: 1 channel and 10 classes by default; ReLU without a limit.
"""

from typing import Any, Literal

from netzoo.errors import BadInput
from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.layout import CHANNELS_LAST
from netzoo.models.lineage import follows

LEAST_SIZE_PX = 32

# Channels and stride of each layer after the first convolution.
LAYERS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)


@register_model("mobilenet")
@register_model("mobilenet-full", convolutions="full")
@register_model("mobilenet-half", width=0.5)
@follows(
    "vgg11-batchnorm",
    reaching="mobilenet-full",
    change="14 convolutions, which halve the size by their strides; one dense layer",
)
def mobilenet(
    input_shape: tuple[int, int, int] = (224, 224, 1),
    num_classes: int = 10,
    *,
    convolutions: Literal["separable", "full"] = "separable",
    width: float = 1.0,
) -> Any:
    """Build MobileNet: depthwise separable convolutions; the output is logits, (batch, classes).

    input_shape: height, width, channels; at least 32 px a side, so that the last layers, on a 32nd
    of it, have a pixel.
    convolutions: separable: 3×3 of each channel alone, then 1×1 over the channels. full: one 3×3
    over all channels.
    width: the share of the channels of each layer, from 1/32, which leaves conv1 one, to 1.
    """
    import keras
    from keras import layers

    blocks.check_size("mobilenet", input_shape, LEAST_SIZE_PX)
    if not 1 / 32 <= width <= 1:
        raise BadInput(f"width of mobilenet is a share from 1/32 to 1; received {width}.")

    def conv(x: Any, name: str, channels: int, size: int, strides: int = 1) -> Any:
        return blocks.conv(
            *(x, name, int(channels * width), size, "relu"),
            strides=strides,
            batchnorm=True,
            initializer=blocks.HE_NORMAL,
        )

    image = keras.Input(input_shape, name="image")  # 224 × 224 × 1
    x = conv(image, "conv1", 32, 3, 2)  # 112 × 112 × 32
    # 112 × 112 × 64, 56 × 56 × 128, 28 × 28 × 256, 14 × 14 × 512, 7 × 7 × 1024
    for number, (channels, strides) in enumerate(LAYERS, 2):
        if convolutions == "full":
            x = conv(x, f"conv{number}", channels, 3, strides)
            continue
        depthwise = layers.DepthwiseConv2D(
            3,
            strides=strides,
            padding="same",
            use_bias=False,
            depthwise_initializer=blocks.HE_NORMAL,
            data_format=CHANNELS_LAST,
            name=f"depthwise{number}",
        )
        x = blocks.normalise(depthwise(x), f"depthwise{number}", "relu")
        x = conv(x, f"pointwise{number}", channels, 1)
    x = blocks.mean(x)  # 1024
    return keras.Model(image, blocks.logits(x, num_classes), name="mobilenet")
