"""The matrix products of Keras layers: rules for the classes that need one, and those without any.

A layer that is in neither table is counted by the layers and operations that its `call` is made of.
Exact classes, not their subclasses: a subclass may compute something else.
"""

from collections.abc import Callable
from math import prod
from typing import Any

from keras import KerasTensor, StatelessScope, layers, tree

from netzoo.cost import attention, rules
from netzoo.cost.graph import Call
from netzoo.cost.operations import Needs, Product, product

# Counts what a call on symbolic tensors costs; an inner layer or cell is counted through it.
CountInside = Callable[[Any, tuple[Any, ...], tuple[bool, ...]], Product]


def _weighted(layer: Any, macs: int, call: Call, needs: Needs) -> list[Product]:
    """Return the product of an input with the layer's kernel, and that of a low-rank addition."""
    kernel_needs = any(weight.trainable for weight in layer.weights if len(weight.shape) > 1)
    found = [product(macs, needs(call.inputs[0]), kernel_needs)]
    a, b = getattr(layer, "lora_kernel_a", None), getattr(layer, "lora_kernel_b", None)
    if a is not None and b is not None:  # the kernel is made anew at each call: kernel + a @ b
        found.append(product(prod(a.shape) * b.shape[-1], a.trainable, b.trainable))
    return found


def _dense(layer: Any, call: Call, needs: Needs) -> list[Product]:
    macs = rules.dense_macs(call.input_shapes[0], call.output_shapes[0])
    return _weighted(layer, macs, call, needs)


def _conv(layer: Any, call: Call, needs: Needs) -> list[Product]:
    channels = call.input_shapes[0][1 if layer.data_format == "channels_first" else -1]
    kernel_shape = (*layer.kernel_size, channels // layer.groups, layer.filters)
    macs = rules.conv_macs(call.output_shapes[0], kernel_shape)
    return _weighted(layer, macs, call, needs)


def _einsum_dense(layer: Any, call: Call, needs: Needs) -> list[Product]:
    # A quantised kernel may be packed; the property unpacks it.
    kernel = layer.kernel if getattr(layer, "quantization_mode", None) else layer._kernel
    shapes = (call.input_shapes[0], tuple(kernel.shape))
    return _weighted(layer, rules.einsum_macs(layer.equation, shapes), call, needs)


def recurrent(layer: Any, call: Call, needs: Needs, inside: CountInside) -> list[Product]:
    """Return the products of a layer that applies a cell at each step of axis 1.

    The first step's state is zeros, or what the caller gives, and needs no gradient by itself.
    """
    sequence, *states = call.inputs
    shape = call.input_shapes[0]
    step = KerasTensor((1, *shape[2:]), dtype=sequence.dtype)
    with StatelessScope(initialize_variables=False):
        zeros = tree.flatten(layer.get_initial_state(1))
    state = [KerasTensor(tuple(value.shape), dtype=sequence.dtype) for value in zeros]
    structure = _nested(layer.cell, state)
    trained = any(weight.trainable for weight in layer.cell.weights)

    def one_step(state_needs: bool) -> Product:
        flags = (needs(sequence), *[state_needs] * len(state))
        return inside(layer.cell, (step, structure), flags)

    first = one_step(any(needs(value) for value in states))
    later = one_step(trained or needs(sequence))
    return [first, _times(later, shape[1] - 1)]


def _nested(cell: Any, state: list[Any]) -> list[Any]:
    """Return the states as the cell takes them: a list, of lists for stacked cells."""
    if not isinstance(cell, layers.StackedRNNCells):
        return state
    remaining = iter(state)
    return [[next(remaining) for _ in tree.flatten(inner.state_size)] for inner in cell.cells]


def time_distributed(layer: Any, call: Call, needs: Needs, inside: CountInside) -> list[Product]:
    """Return the products of a layer applied at each step of axis 1."""
    shape = call.input_shapes[0]
    step = KerasTensor((1, *shape[2:]), dtype=call.inputs[0].dtype)
    once = inside(layer.layer, (step,), (needs(call.inputs[0]),))
    return [_times(once, shape[1])]


def _times(once: Product, count: int) -> Product:
    return Product(once.macs * count, once.training_macs * count, once.elementwise * count)


RULES: dict[type, Callable[[Any, Call, Needs], list[Product]]] = {
    layers.AdditiveAttention: attention.of_list,
    layers.Attention: attention.of_list,
    layers.Conv1D: _conv,
    layers.Conv2D: _conv,
    layers.Conv3D: _conv,
    layers.Dense: _dense,
    layers.EinsumDense: _einsum_dense,
    layers.GroupQueryAttention: attention.projected,
    layers.MultiHeadAttention: attention.projected,
}

# Rules that count a cell or a layer inside; the steps of the sequence multiply it.
STEPWISE: dict[type, Callable[[Any, Call, Needs, CountInside], list[Product]]] = {
    layers.ConvLSTM1D: recurrent,
    layers.ConvLSTM2D: recurrent,
    layers.ConvLSTM3D: recurrent,
    layers.GRU: recurrent,
    layers.LSTM: recurrent,
    layers.RNN: recurrent,
    layers.SimpleRNN: recurrent,
    layers.TimeDistributed: time_distributed,
}

# Free: no convolution or matrix product inside, whatever the settings. Random augmentation is free
# because it hands images on as they are, except in training.
_FREE_NAMES = """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
    AlphaDropout AugMix AutoContrast Average AveragePooling1D AveragePooling2D AveragePooling3D
    BatchNormalization CategoryEncoding CenterCrop Concatenate
    ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D CutMix
    Discretization Dropout ELU Embedding Equalization Flatten GaussianDropout GaussianNoise
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
