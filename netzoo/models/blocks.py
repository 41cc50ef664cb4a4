"""Layers shared by the classic families, and the values of their changes."""

from collections.abc import Sequence
from typing import Any, Literal

from netzoo import units
from netzoo.errors import BadInput
from netzoo.models.layout import CHANNELS_LAST

Activation = Literal["relu", "sigmoid", "tanh", "gelu", "silu", "elu", "leaky_relu"]
Pooling = Literal["max", "average"]

# Channels of conv1 to conv5, units of fc1 and fc2. LeNet has no conv3 to conv5: those of a narrow
# and deep network are in AlexNet's proportion to conv2.
NARROW = (6, 16, 24, 24, 16), (120, 84)
WIDE = (96, 256, 384, 384, 256), (4096, 4096)


def conv(
    x: Any,
    name: str,
    channels: int,
    size: int,
    activation: Activation,
    *,
    strides: int = 1,
    padding: str = "same",
) -> Any:
    """Apply a convolution and its activation; "same" keeps height and width at stride 1."""
    from keras import layers

    layer = layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding=padding,
        activation=activation,
        data_format=CHANNELS_LAST,
        name=name,
    )
    return layer(x)


def three_convs(x: Any, channels: Sequence[int], activation: Activation) -> Any:
    """Apply conv3, conv4 and conv5 of AlexNet, 3×3, which keep height and width."""
    for number, count in enumerate(channels, 3):
        x = conv(x, f"conv{number}", count, 3, activation)
    return x


def pool(x: Any, name: str, size: int, pooling: Pooling, *, strides: int = 2) -> Any:
    """Apply a pooling without padding: an incomplete window at the border is dropped."""
    from keras import layers

    kind = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[pooling]
    return kind(size, strides=strides, data_format=CHANNELS_LAST, name=name)(x)


def hidden(x: Any, units: int, number: int, activation: Activation, dropout: float) -> Any:
    """Apply a dense layer (batch, features) -> (batch, units), then dropout unless it is 0."""
    from keras import layers

    x = layers.Dense(units, activation=activation, name=f"fc{number}")(x)
    return layers.Dropout(dropout, name=f"dropout{number}")(x) if dropout else x


def logits(x: Any, num_classes: int) -> Any:
    """Apply the last dense layer, in float32 under any precision, as the loss requires."""
    from keras import layers

    return layers.Dense(num_classes, dtype="float32", name="logits")(x)


def check_dropout(dropout: float) -> None:
    """Raise BadInput unless the share lies in [0, 1)."""
    if not 0 <= dropout < 1:
        raise BadInput(f"dropout is a share from 0 up to, not including, 1; received {dropout}.")


def check_size(model: str, input_shape: tuple[int, int, int], least: int) -> None:
    """Raise BadInput if a side of the image is below the least size of the model, in pixels."""
    height, width, _ = input_shape
    if min(height, width) < least:
        raise BadInput(
            f"{model} needs an image of at least {units.pixels(least, least)}; "
            f"received {units.pixels(height, width)}."
        )
