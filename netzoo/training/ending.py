"""How a network ends: in plain sums, in an activation, or in what cannot be seen into."""

import re
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from netzoo.cost.graph import Call, Graph
from netzoo.cost.model import model_graph
from netzoo.errors import BadInput

LINEAR, SOFTMAX, SIGMOID = "linear", "softmax", "sigmoid"
ACTIVATIONS = {name for name in dir(keras.activations) if name.islower() and name[0] != "_"} - {
    *{"get", "serialize", "deserialize"}
}

_WITH_ACTIVATION = (
    *(layers.Activation, layers.Dense, layers.EinsumDense),
    *(layers.Conv1D, layers.Conv2D, layers.Conv3D, layers.DepthwiseConv2D, layers.SeparableConv2D),
    *(layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose),
)
_ACTIVATION_LAYERS = {
    layers.Softmax: SOFTMAX,
    layers.ReLU: "relu",
    layers.LeakyReLU: "leaky_relu",
    layers.PReLU: "prelu",
    layers.ELU: "elu",
}
# What hands each value on, perhaps in another shape or precision.
_PASSING = (layers.Identity, layers.Flatten, layers.Reshape, layers.ActivityRegularization)
_PASSING_OPERATIONS = {"cast", "reshape", "squeeze", "convert_to_tensor"}


@dataclass(frozen=True, eq=False)
class Ending:
    """The last thing that a network does to its output, but for its shape and precision.

    kind: the name of an activation, "linear" for the sums of a layer, None if it cannot be told.
    operation: the layer or operation that applies it. shape: of what it gives, the batch first.
    axis: over which, of a softmax.
    alone: whether the operation belongs to the network and is called here only: another in its
    place changes the end and nothing else.
    """

    kind: str | None = None
    operation: Any = None
    shape: tuple[int | None, ...] = ()
    axis: Any = None
    alone: bool = False


def ending(model: Any, input_shape: tuple[int, ...] | None) -> Ending:
    """Return how a built model with one output ends; input_shape: as model_graph takes it."""
    try:
        graph = model_graph(model, input_shape)
    except BadInput:  # it cannot be called without values
        return Ending()
    return _ending(model, graph, graph.outputs[0]) if graph.outputs else Ending()


def _ending(owner: Any, graph: Graph, tensor: Any, alone: bool = True) -> Ending:
    """Return how a tensor of an owner's graph came to be."""
    call = next((c for c in graph.calls if any(tensor is each for each in c.outputs)), None)
    if call is None:
        return Ending()
    operation = call.operation
    kind, axis = _activation(operation)
    if _passes(operation) or (kind == LINEAR and isinstance(operation, layers.Activation)):
        # What it is called with may be constants, too.
        return _ending(owner, graph, call.inputs[0], alone) if len(call.inputs) == 1 else Ending()
    alone = alone and _holds(owner, operation)
    alone = alone and sum(_holds(each.operation, operation) for each in graph.calls) == 1
    if kind is not None:
        return Ending(kind, operation, tuple(call.outputs[0].shape), axis, alone)
    return _inside(call, tensor, alone)


def _inside(call: Call, tensor: Any, alone: bool) -> Ending:
    """Return how an output of a nested model, or of a layer made of layers, came to be."""
    operation = call.operation
    of_keras = type(operation).__module__.startswith("keras.")
    if not isinstance(operation, keras.Layer if not of_keras else keras.Model):
        return Ending()
    inner = call.inside
    if inner is None or len(inner.outputs) != len(call.outputs):
        return Ending()
    place = next(n for n, each in enumerate(call.outputs) if each is tensor)
    return _ending(operation, inner, inner.outputs[place], alone)


def _activation(operation: Any) -> tuple[str | None, Any]:
    """Return the name of what a layer or operation applies last, and its axis; None if unknown."""
    if isinstance(operation, _WITH_ACTIVATION):
        function = operation.activation
        if isinstance(function, keras.Layer):
            return _activation(function)
        name = getattr(function, "__name__", "")
        known = name in ACTIVATIONS and function is getattr(keras.activations, name)
        return (name, -1) if known else (None, None)
    for kind, name in _ACTIVATION_LAYERS.items():
        if isinstance(operation, kind):
            return name, getattr(operation, "axis", None)
    name = _operation_name(operation)
    return (name, getattr(operation, "axis", None)) if name in ACTIVATIONS else (None, None)


def _passes(operation: Any) -> bool:
    return isinstance(operation, _PASSING) or _operation_name(operation) in _PASSING_OPERATIONS


def _operation_name(operation: Any) -> str:
    """Return the name of an operation of keras.ops: "log_softmax"; "" for a layer or another."""
    kind = type(operation)
    if isinstance(operation, keras.Layer) or not kind.__module__.startswith("keras."):
        return ""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _holds(outer: Any, operation: Any) -> bool:
    """Return whether an operation is another, or a part of it that lasts."""
    parts = [outer]
    if isinstance(outer, keras.Layer):
        parts += outer._flatten_layers()
    parts += getattr(getattr(outer, "_functional", None) or outer, "operations", [])
    return any(operation is part for part in parts)
