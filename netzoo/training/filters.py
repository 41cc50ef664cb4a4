"""The filters of a network's first convolution, to be kept with its record."""

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
    """Return the filters of the first layer of a built model that is a 2-D convolution.

    First in the order of calls, those inside of nested models and of layers made of layers, too.
    None if there is none, if a single filter is larger than what is kept, or if a layer in which
    nothing can be seen hides which is the first.
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
    # A weight beyond float16 is shown as its largest number.
    largest = float(np.finfo(np.float16).max)
    values = np.clip(kernel[..., :count], -largest, largest).astype("<f2")
    return Filters.of(layer.name, (height, width, channels, count), total, values.tobytes())


def _first(graph: Graph) -> Any:
    """Return the first convolution of a graph, None if it has none. Raises NotSeen."""
    for call in graph.calls:
        inside = _convolutions(call.operation)
        if len(inside) < 2:  # the layer itself, or the only one in it, as in TimeDistributed
            found = inside[0] if inside else None
        else:
            if call.inside is None:
                raise NotSeen(f"which convolution of {call.operation.name!r} is the first")
            found = _first(call.inside)
        if found is not None:
            return found
    return None


def _convolutions(operation: Any) -> list[Any]:
    """Return the convolutions with weights that a layer is or holds, in no order."""
    if not isinstance(operation, keras.Layer):
        return []
    return [
        layer
        for layer in operation._flatten_layers()
        if isinstance(layer, CONVOLUTIONS) and layer.built
    ]


def _kernel(layer: Any) -> NDArray[np.float32]:
    """Return a convolution's filters, (height, width, channels that a filter sees, filters)."""
    separable = isinstance(layer, layers.SeparableConv2D)
    kernel = layer.depthwise_kernel if separable else layer.kernel
    values = np.asarray(keras.ops.convert_to_numpy(kernel)).astype(np.float32)
    if separable or isinstance(layer, layers.DepthwiseConv2D):
        # (height, width, channels, filters of a channel): each sees one channel.
        return values.reshape(*values.shape[:2], 1, -1)
    return values
