"""The element-wise operations of a call: all that is not a convolution or a matrix product.

Convention: one for each element that a step makes (a bias, an activation, a sum of two tensors),
two for a normalisation (scale and shift), and one for each element that a reduction or a pooling
window reads. What only moves elements (a reshape, a padding, a look-up) makes none. They are
never mixed into MACs or FLOPs: what one costs, an exponential or an addition, differs by device.
"""

from math import prod
from typing import Any

from keras import layers

from netzoo.cost.graph import Call, per_axis
from netzoo.cost.kinds import kind_of

_MOVES_NAMES = """
    ActivityRegularization AlphaDropout CategoryEncoding CenterCrop Concatenate Cropping1D
    Cropping2D Cropping3D Discretization Dropout Embedding Flatten GaussianDropout GaussianNoise
    HashedCrossing Hashing Identity InputLayer IntegerLookup Masking MaxNumBoundingBoxes Permute
    RepeatVector Reshape SpatialDropout1D SpatialDropout2D SpatialDropout3D StringLookup
    TextVectorization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
    ZeroPadding3D
"""
_NORM_NAMES = """
    BatchNormalization GroupNormalization LayerNormalization Normalization RMSNormalization
    Rescaling UnitNormalization
"""
MOVES = frozenset(getattr(layers, name) for name in _MOVES_NAMES.split())
NORMS = frozenset(getattr(layers, name) for name in _NORM_NAMES.split())

_MOVING_OPERATIONS = """
    BroadcastTo Cast Concatenate ConvertToTensor Copy ExpandDims Flip GetItem Moveaxis Pad Ravel
    Repeat Reshape Roll Rot90 Slice SliceUpdate Split Squeeze Stack StopGradient Swapaxes Take
    TakeAlongAxis Tile Transpose Unstack View
"""
MOVING_OPERATIONS = frozenset(_MOVING_OPERATIONS.split())
_REDUCING_OPERATIONS = """
    All Amax Amin Any Argmax Argmin Average CountNonzero Logsumexp Max Mean Median Min Prod Std Sum
    Var
"""
REDUCING_OPERATIONS = frozenset(_REDUCING_OPERATIONS.split())


def layer_operations(layer: Any, call: Call) -> int:
    """Return the element-wise operations of a call of a layer that has a rule or is free."""
    kind = kind_of(layer)
    outputs = sum(map(prod, call.output_shapes))
    if getattr(layer, "interpolation", "nearest") != "nearest" and kind in MOVES:
        return outputs  # a larger image is computed, not copied
    if kind in MOVES or kind.__name__.startswith("Random"):
        return 0
    if kind in NORMS:
        return 2 * outputs
    if kind.__name__.startswith(("Global", "Adaptive")):
        return prod(call.input_shapes[0])
    if hasattr(layer, "pool_size"):
        return outputs * prod(per_axis(layer.pool_size, len(call.output_shapes[0]) - 2))
    if hasattr(layer, "use_bias") or hasattr(layer, "bias_axes"):
        return outputs * (_has_bias(layer) + _is_active(layer))
    return outputs * max(1, len(call.inputs) - 1)


def operations(call: Call) -> int:
    """Return the element-wise operations of a call of a keras.ops operation without products."""
    name = type(call.operation).__name__
    if name in MOVING_OPERATIONS:
        return 0
    if name in REDUCING_OPERATIONS:
        return sum(map(prod, call.input_shapes))
    return sum(map(prod, call.output_shapes))


def _has_bias(layer: Any) -> bool:
    return bool(getattr(layer, "use_bias", False) or getattr(layer, "bias_axes", None))


def _is_active(layer: Any) -> bool:
    return getattr(getattr(layer, "activation", None), "__name__", "linear") != "linear"
