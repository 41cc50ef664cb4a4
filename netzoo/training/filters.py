"""The filters of a network's first convolution, for its record."""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from netzoo.cost.graph import Graph, NotSeen
from netzoo.cost.model import model_graph
from netzoo.errors import BadInput
from netzoo.records.arrays import Filters

MOST_FILTERS = 96
MOST_VALUES = 100_000

CONVOLUTIONS = layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D


def first_filters(model: Any) -> Filters | None:
    """Return the filters of the first 2-D convolution of a built model.

    The order is that of the calls, including those inside nested models and layers made of layers.
    None without a convolution, if a single filter has more than MOST_VALUES values, or if a layer
    that cannot be traced hides the order.
    """
    try:
        layer = _first(model_graph(model))
    except BadInput:  # NotSeen is one
        return None
    if layer is None:
        return None
    kernel = _kernel(layer)
    height, width, channels, total = kernel.shape
    count = min(total, MOST_FILTERS, MOST_VALUES // (height * width * channels))
    if count == 0:
        return None
    # Weights beyond the range of float16 are clipped.
    largest = float(np.finfo(np.float16).max)
    values = np.clip(kernel[..., :count], -largest, largest).astype("<f2")
    return Filters.of(layer.name, (height, width, channels, count), total, values.tobytes())


def _first(graph: Graph) -> Any:
    """Return the first convolution of a graph, None if it has none. Raises NotSeen."""
    for call in graph.calls:
        inside = _convolutions(call.operation)
        if len(inside) < 2:  # the layer itself, or the only one in it, as in TimeDistributed
            layer = inside[0] if inside else None
        else:
            if call.inside is None:
                raise NotSeen(f"which convolution of {call.operation.name!r} is the first")
            layer = _first(call.inside)
        if layer is not None:
            return layer
    return None


def _convolutions(operation: Any) -> list[Any]:
    """Return the layer if it is a convolution with weights, and such layers in it, unordered."""
    if not isinstance(operation, keras.Layer):
        return []
    return [
        layer
        for layer in operation._flatten_layers()
        if isinstance(layer, CONVOLUTIONS) and layer.built
    ]


def _kernel(layer: Any) -> NDArray[np.float32]:
    """Return a convolution's filters, (height, width, input channels of a filter, filters)."""
    separable = isinstance(layer, layers.SeparableConv2D)
    kernel = layer.depthwise_kernel if separable else layer.kernel
    values = np.asarray(keras.ops.convert_to_numpy(kernel)).astype(np.float32)
    if separable or isinstance(layer, layers.DepthwiseConv2D):
        # (height, width, channels, filters of a channel): each has one input channel.
        return values.reshape(*values.shape[:2], 1, -1)
    return values
