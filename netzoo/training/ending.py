"""The last activation of a network: linear, by name, or unknown."""

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
# Layers and operations that change no value, perhaps its shape or precision.
_PASSING = (layers.Identity, layers.Flatten, layers.Reshape, layers.ActivityRegularization)
_PASSING_OPERATIONS = {"cast", "reshape", "squeeze", "convert_to_tensor"}


@dataclass(frozen=True, eq=False)
class Ending:
    """The last activation of a network, apart from changes of shape and precision.

    kind: its name, "linear" for a layer without one, None if unknown.
    operation: the layer or operation that applies it. shape: of its output, the batch first.
    axis: of a softmax.
    alone: whether the operation belongs to the network and is called only here, so that replacing
    it changes nothing else.
    """

    kind: str | None = None
    operation: Any = None
    shape: tuple[int | None, ...] = ()
    axis: Any = None
    alone: bool = False


def ending(model: Any, input_shape: tuple[int, ...] | None) -> Ending:
    """Return the ending of a built model with one output; input_shape: as in model_graph."""
    try:
        graph = model_graph(model, input_shape)
    except BadInput:  # it cannot be called without values
        return Ending()
    return _ending(model, graph, graph.outputs[0]) if graph.outputs else Ending()


def _ending(owner: Any, graph: Graph, tensor: Any, alone: bool = True) -> Ending:
    """Return the ending at a tensor of an owner's graph."""
    call = next((c for c in graph.calls if any(tensor is output for output in c.outputs)), None)
    if call is None:
        return Ending()
    operation = call.operation
    kind, axis = _activation(operation)
    if _passes(operation) or (kind == LINEAR and isinstance(operation, layers.Activation)):
        # Its inputs may be constants.
        return _ending(owner, graph, call.inputs[0], alone) if len(call.inputs) == 1 else Ending()
    alone = alone and _holds(owner, operation)
    alone = alone and sum(_holds(c.operation, operation) for c in graph.calls) == 1
    if kind is not None:
        return Ending(kind, operation, tuple(call.outputs[0].shape), axis, alone)
    return _inside(call, tensor, alone)


def _inside(call: Call, tensor: Any, alone: bool) -> Ending:
    """Return the ending at an output of a nested model, or of a layer made of layers."""
    operation = call.operation
    of_keras = type(operation).__module__.startswith("keras.")
    if not isinstance(operation, keras.Layer if not of_keras else keras.Model):
        return Ending()
    inner = call.inside
    if inner is None or len(inner.outputs) != len(call.outputs):
        return Ending()
    place = next(n for n, output in enumerate(call.outputs) if output is tensor)
    return _ending(operation, inner, inner.outputs[place], alone)


def _activation(operation: Any) -> tuple[str | None, Any]:
    """Return the name and axis of an operation's last activation; None for an unknown one."""
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
    """Return the name of an operation of keras.ops such as "log_softmax", "" for any other."""
    kind = type(operation)
    if isinstance(operation, keras.Layer) or not kind.__module__.startswith("keras."):
        return ""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _holds(outer: Any, operation: Any) -> bool:
    """Return whether an operation is the outer one, or a permanent part of it."""
    parts = [outer]
    if isinstance(outer, keras.Layer):
        parts += outer._flatten_layers()
    parts += getattr(getattr(outer, "_functional", None) or outer, "operations", [])
    return any(operation is part for part in parts)
