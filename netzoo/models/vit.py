"""Vision transformer: an image as a sequence of patches, and attention in place of convolutions.

Source: Dosovitskiy et al. 2021, "An image is worth 16x16 words", section 3.1; the widths of the
tiny one: Touvron et al. 2021, "Training data-efficient image transformers", table 1.
Differs from the papers: 28 px and 1 channel by default, with patches of 7 px; the mean of all
patches in place of a class token (Beyer et al. 2022, "Better plain ViT baselines for ImageNet-1k");
no dropout by default.
"""

from typing import Any

from netzoo.errors import BadInput
from netzoo.models import blocks
from netzoo.models.catalog import register_model
from netzoo.models.lineage import follows

CHANNELS = 192


@register_model("vit-tiny")
@register_model("vit-tiny-patch4", patch=4)
@register_model("vit-tiny-onehead", heads=1)
@register_model("vit-tiny-shallow", depth=6)
@follows("resnet20", reaching="vit-tiny", change="patches and attention in place of convolutions")
def vit(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    num_classes: int = 10,
    *,
    patch: int = 7,
    heads: int = 3,
    depth: int = 12,
    dropout: float = 0.0,
) -> Any:
    """Build a vision transformer of 192 channels: attention over patches; the output is logits.

    input_shape: height, width, channels; both sides a multiple of the patch.
    patch: height and width of a patch in px. heads: of each attention; a divisor of 192.
    depth: number of blocks, each of attention and two dense layers.
    dropout: share of the outputs of each attention and each pair of dense layers set to zero in
    training.
    """
    import keras
    from keras import layers

    _check(input_shape, patch, heads, depth)
    blocks.check_dropout(dropout)

    def dropped(x: Any, name: str) -> Any:
        return layers.Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x

    def normalised(x: Any, name: str) -> Any:
        return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(x)

    image = keras.Input(input_shape, name="image")  # 28 × 28 × 1
    x = _patches(image, input_shape, patch)  # 16 × 192
    for number in range(1, depth + 1):
        name = f"block{number}_attention"
        attention = layers.MultiHeadAttention(heads, CHANNELS // heads, name=name)
        given = normalised(x, name)
        new = dropped(attention(given, given), name)  # 16 × 192
        x = layers.Add(name=f"{name}_add")([x, new])
        name = f"block{number}_dense"
        new = layers.Dense(4 * CHANNELS, activation="gelu", name=f"{name}1")(normalised(x, name))
        new = dropped(layers.Dense(CHANNELS, name=f"{name}2")(new), name)  # 16 × 768 -> 16 × 192
        x = layers.Add(name=f"{name}_add")([x, new])
    x = layers.GlobalAveragePooling1D(data_format="channels_last", name="mean")(
        normalised(x, "last")
    )  # 192
    return keras.Model(image, blocks.logits(x, num_classes), name="vit-tiny")


def _patches(image: Any, input_shape: tuple[int, int, int], patch: int) -> Any:
    """Return the patches' projections with their positions: (batch, patches, channels).

    The bias of the projection has a value for each patch: the learned embedding of its position.
    """
    from keras import initializers, layers

    height, width, channels = input_shape
    rows, columns = height // patch, width // patch
    split = rows, patch, columns, patch, channels
    x = layers.Reshape(split, name="patches")(image)  # 4 × 7 × 4 × 7 × 1
    project = layers.EinsumDense(
        "brycxd,yxde->brce",
        (rows, columns, CHANNELS),
        bias_axes="rce",
        bias_initializer=initializers.RandomNormal(stddev=0.02),
        name="project",
    )
    return layers.Reshape((rows * columns, CHANNELS), name="sequence")(project(x))


def _check(input_shape: tuple[int, int, int], patch: int, heads: int, depth: int) -> None:
    """Raise BadInput for patches that do not fill the image, or heads that do not share 192."""
    for name, value in {"patch": patch, "heads": heads, "depth": depth}.items():
        blocks.check_least("vit-tiny", name, value, 1)
    blocks.check_size("vit-tiny", input_shape, patch)
    for side in input_shape[:2]:
        if side % patch:
            raise BadInput(
                f"vit-tiny needs sides that are a multiple of its patch of {patch} px; received "
                f"{side} px, the nearest is {round(side / patch) * patch}."
            )
    if CHANNELS % heads:
        near = min(_divisors(CHANNELS), key=lambda divisor: abs(divisor - heads))
        raise BadInput(
            f"heads of vit-tiny divide its {CHANNELS} channels; received {heads}, the nearest is "
            f"{near}."
        )


def _divisors(number: int) -> list[int]:
    return [count for count in range(1, number + 1) if number % count == 0]
