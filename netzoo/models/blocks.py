"""Layers shared by the families, and the values of their changes."""

from collections.abc import Sequence
from typing import Any, Literal

from netzoo import units
from netzoo.errors import BadInput
from netzoo.models.layout import CHANNELS_LAST

Activation = Literal["relu", "sigmoid", "tanh", "gelu", "silu", "elu", "leaky_relu"]
Pooling = Literal["max", "average"]

HE_NORMAL = "he_normal"  # initial weights for ReLU; source: He et al. 2015, section 2.2

# Channels of conv1 to conv5, units of fc1 and fc2. LeNet has no conv3 to conv5: those of a narrow
# and deep network are in AlexNet's proportion to conv2.
NARROW = (6, 16, 24, 24, 16), (120, 84)
WIDE = (96, 256, 384, 384, 256), (4096, 4096)


def conv(
    x: Any,
    name: str,
    channels: int,
    size: int,
    activation: Activation | None,
    *,
    strides: int = 1,
    padding: str = "same",
    groups: int = 1,
    bias: bool = True,
    batchnorm: bool = False,
    initializer: str = "glorot_uniform",
) -> Any:
    """Apply a convolution and its activation; "same" keeps height and width at stride 1.

    groups: parts of the channels that do not see each other. batchnorm: normalise between the
    convolution, which then has no bias, and the activation. activation: None for none.
    """
    from keras import layers

    layer = layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding=padding,
        groups=groups,
        activation=None if batchnorm else activation,
        use_bias=bias and not batchnorm,
        kernel_initializer=initializer,
        data_format=CHANNELS_LAST,
        name=name,
    )
    return normalise(layer(x), name, activation) if batchnorm else layer(x)


def normalise(x: Any, name: str, activation: Activation | None = None) -> Any:
    """Apply batch normalisation over the last axis, then an activation if one is given.

    The moving averages forget a tenth at each step: Keras's own hundredth would keep much of the
    initial values to the end of a training of some hundred steps.
    """
    from keras import layers

    x = layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    if activation is None:
        return x
    return layers.Activation(activation, name=f"{name}_{activation}")(x)


def three_convs(
    x: Any, channels: Sequence[int], activation: Activation, batchnorm: bool = False
) -> Any:
    """Apply conv3, conv4 and conv5 of AlexNet, 3×3, which keep height and width."""
    for number, count in enumerate(channels, 3):
        x = conv(x, f"conv{number}", count, 3, activation, batchnorm=batchnorm)
    return x


def pool(
    x: Any,
    name: str,
    size: int,
    pooling: Pooling = "max",
    *,
    strides: int = 2,
    padding: str = "valid",
) -> Any:
    """Apply a pooling; "valid" drops an incomplete window at the border, "same" keeps it."""
    from keras import layers

    kind = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[pooling]
    layer = kind(size, strides=strides, padding=padding, data_format=CHANNELS_LAST, name=name)
    return layer(x)


def mean(x: Any, name: str = "mean", **options: Any) -> Any:
    """Return the mean of each channel, (batch, height, width, channels) -> (batch, channels)."""
    from keras import layers

    return layers.GlobalAveragePooling2D(data_format=CHANNELS_LAST, name=name, **options)(x)


def flatten(x: Any) -> Any:
    """Put height, width and channels into one axis."""
    from keras import layers

    return layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x)


def response_norm(x: Any, name: str) -> Any:
    """Divide each channel by a function of the five channels around it, in float32.

    Source: Krizhevsky et al. 2012, section 3.3, with its constants: k = 2, n = 5, α = 0.0001,
    β = 0.75. One nested model, so that it is one row of a summary.
    """
    import keras
    from keras import ops

    inner = keras.Input(x.shape[1:], dtype="float32", name=f"{name}_input")
    squares = ops.pad(ops.square(inner), ((0, 0), (0, 0), (0, 0), (2, 2)))
    # Height takes the place of the channels, so that the window moves over width and channels.
    means = ops.average_pool(squares, (1, 5), strides=1, data_format="channels_first")
    root = ops.rsqrt(2.0 + 5 * 1e-4 * means)
    # To the power of -3/4 by roots, which takes a fraction of the time of a power.
    return keras.Model(inner, inner * root * ops.sqrt(root), name=name)(x)


def hidden(
    x: Any,
    units: int,
    number: int,
    activation: Activation,
    dropout: float,
    batchnorm: bool = False,
    initializer: str = "glorot_uniform",
) -> Any:
    """Apply a dense layer (batch, features) -> (batch, units), then dropout unless it is 0."""
    from keras import layers

    name = f"fc{number}"
    layer = layers.Dense(
        units,
        activation=None if batchnorm else activation,
        use_bias=not batchnorm,
        kernel_initializer=initializer,
        name=name,
    )
    x = normalise(layer(x), name, activation) if batchnorm else layer(x)
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


def check_least(model: str, name: str, value: int, least: int) -> None:
    """Raise BadInput if a number of layers, units or channels is below the least."""
    if value < least:
        raise BadInput(f"{name} of {model} is at least {least}; received {value}.")
