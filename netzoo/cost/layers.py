"""The matrix products of Keras layers: rules for the classes that need one, and those without any.

A layer that is in no table is counted by the layers and operations that its `call` is made of.
A subclass that redefines no part of the computation is counted as its base.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from keras import layers

from netzoo.cost import attention, rules
from netzoo.cost.graph import Call
from netzoo.cost.operations import Needs, Product, product

Shapes = Sequence[tuple[int, ...]]
UsersRule = Callable[[Any, Shapes, Shapes], int]

USERS_RULES: dict[type, UsersRule] = {}  # by exact class


def has_users_rule(operation: Any) -> bool:
    """Return whether a layer has a rule, or a method `count_macs`, of its user's."""
    return type(operation) in USERS_RULES or hasattr(operation, "count_macs")


def users_macs(layer: Any, input_shapes: Shapes, output_shapes: Shapes) -> int:
    """Return the MACs of a call by the user's own rule or method."""
    if hasattr(layer, "count_macs"):
        return int(layer.count_macs(input_shapes, output_shapes))
    return int(USERS_RULES[type(layer)](layer, input_shapes, output_shapes))


def _weighted(layer: Any, macs: int, call: Call, needs: Needs) -> list[Product]:
    """Return the product of an input with the layer's kernel, and those of a low-rank addition."""
    x = needs(call.inputs[0])
    kernel = layer._kernel if hasattr(layer, "_kernel") else layer.kernel
    a, b = getattr(layer, "lora_kernel_a", None), getattr(layer, "lora_kernel_b", None)
    if a is None or b is None:
        return [product(macs, x, kernel.trainable)]
    if not _is_quantized(layer, call):  # kernel + a @ b, made at each call
        trained = kernel.trainable or a.trainable or b.trainable
        made = prod(a.shape) * b.shape[-1]
        return [product(macs, x, trained), product(made, a.trainable, b.trainable)]
    # A quantised kernel stays as it is: x @ kernel + x @ a @ b.
    rank, outputs = b.shape[0], prod(call.output_shapes[0])
    first = macs // b.shape[-1] * rank
    return [
        product(macs, x, False),
        product(first, x, a.trainable),
        product(outputs * rank, x or a.trainable, b.trainable),
    ]


def _is_quantized(layer: Any, call: Call) -> bool:
    return call.quantized and getattr(layer, "quantization_mode", None) is not None


def _dense(layer: Any, call: Call, needs: Needs) -> list[Product]:
    macs = rules.dense_macs(call.input_shapes[0], call.output_shapes[0])
    return _weighted(layer, macs, call, needs)


def _conv(layer: Any, call: Call, needs: Needs) -> list[Product]:
    channels = _channels(layer, call.input_shapes[0])
    kernel_shape = (*layer.kernel_size, channels // layer.groups, layer.filters)
    macs = rules.conv_macs(call.output_shapes[0], kernel_shape)
    return _weighted(layer, macs, call, needs)


def _transposed_conv(layer: Any, call: Call, needs: Needs) -> list[Product]:
    kernel_shape = (*layer.kernel_size, layer.filters, 1)
    macs = rules.transposed_conv_macs(call.input_shapes[0], kernel_shape)
    return _weighted(layer, macs, call, needs)


def _depthwise_conv(layer: Any, call: Call, needs: Needs) -> list[Product]:
    macs = rules.depthwise_conv_macs(call.output_shapes[0], (*layer.kernel_size, 1, 1))
    return _weighted(layer, macs, call, needs)


def _separable_conv(layer: Any, call: Call, needs: Needs) -> list[Product]:
    channels = _channels(layer, call.input_shapes[0])
    depthwise = (*layer.kernel_size, channels, layer.depth_multiplier)
    pointwise = (channels * layer.depth_multiplier, layer.filters)
    first, second = rules.separable_conv_macs(
        call.output_shapes[0], layer.filters, depthwise, pointwise
    )
    x, trained = needs(call.inputs[0]), layer.depthwise_kernel.trainable
    return [
        product(first, x, trained),
        product(second, x or trained, layer.pointwise_kernel.trainable),
    ]


def _channels(layer: Any, input_shape: tuple[int, ...]) -> int:
    return input_shape[1 if layer.data_format == "channels_first" else -1]


def einsum_kernel_shape(layer: Any) -> tuple[int, ...]:
    """Return the shape of an EinsumDense's kernel; a quantised one may be packed, and flat then."""
    return tuple(getattr(layer, "original_kernel_shape", None) or layer._kernel.shape)


def _einsum_dense(layer: Any, call: Call, needs: Needs) -> list[Product]:
    shapes = (call.input_shapes[0], einsum_kernel_shape(layer))
    return _weighted(layer, rules.einsum_macs(layer.equation, shapes), call, needs)


def _embedding(layer: Any, call: Call, needs: Needs) -> list[Product]:
    """Return the products of a low-rank addition to a table; a look-up in it has none."""
    a, b = getattr(layer, "lora_embeddings_a", None), getattr(layer, "lora_embeddings_b", None)
    if a is None or b is None:
        return []
    # The whole table is made at each call, unless it is quantised.
    rows = prod(call.input_shapes[0]) if _is_quantized(layer, call) else a.shape[0]
    return [product(rows * prod(b.shape), a.trainable, b.trainable)]


def _spectral(layer: Any, call: Call, needs: Needs) -> list[Product]:
    """Return the products of the power iteration, which is made in training alone.

    They go into weights, so no gradient comes back through them.
    """
    if not call.keywords.get("training"):
        return []
    kernel, width = prod(layer.kernel.shape), layer.kernel.shape[-1]
    macs = (2 * layer.power_iterations + 1) * kernel + width
    return [Product(macs, macs)]


RULES: dict[type, Callable[[Any, Call, Needs], list[Product]]] = {
    layers.AdditiveAttention: attention.of_list,
    layers.Attention: attention.of_list,
    layers.Conv1D: _conv,
    layers.Conv1DTranspose: _transposed_conv,
    layers.Conv2D: _conv,
    layers.Conv2DTranspose: _transposed_conv,
    layers.Conv3D: _conv,
    layers.Conv3DTranspose: _transposed_conv,
    layers.Dense: _dense,
    layers.DepthwiseConv1D: _depthwise_conv,
    layers.DepthwiseConv2D: _depthwise_conv,
    layers.EinsumDense: _einsum_dense,
    layers.Embedding: _embedding,
    layers.SeparableConv1D: _separable_conv,
    layers.SeparableConv2D: _separable_conv,
}

# Products that a layer makes besides the calls of the layers in it.
BESIDES: dict[type, Callable[[Any, Call, Needs], list[Product]]] = {
    layers.SpectralNormalization: _spectral,
}

# Free: no convolution or matrix product inside, whatever the settings. Random augmentation is free
# because it hands images on as they are, except in training.
_FREE_NAMES = """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
    AlphaDropout AugMix AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D
    BatchNormalization CategoryEncoding CenterCrop Concatenate
    ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D CutMix
    Discretization Dropout ELU Equalization Flatten GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization HashedCrossing Hashing Identity
    InputLayer IntegerLookup LayerNormalization LeakyReLU Masking MaxNumBoundingBoxes
    MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum MixUp Multiply Normalization PReLU
    Permute RMSNormalization RandAugment RandomBrightness RandomColorDegeneration
    RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
    RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape Resizing Softmax
    Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D StringLookup Subtract
    TextVectorization UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D
"""

# Older releases of Keras lack some of these.
FREE = frozenset(getattr(layers, name) for name in _FREE_NAMES.split() if hasattr(layers, name))
