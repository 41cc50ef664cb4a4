"""The calls that a Keras model is made of, with their shapes; nothing is run.

A functional model holds its graph. Whatever else has a Python `call` (a subclassed model, a layer
made of layers) is called once with keras.KerasTensor, which have a shape and no values: each layer
and each keras.ops operation inside becomes a node of a graph in the same way.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import tree

from netzoo.errors import BadInput

Shape = tuple[int, ...]


class NotSeen(BadInput):
    """A layer or model that cannot be called without values."""


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer or of a keras.ops operation, on symbolic tensors.

    operation: the layer or the operation. arguments, keywords: as it was called.
    inputs, outputs: the symbolic tensors among them, in order.
    """

    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Return the full shapes of the inputs, batch 1 first. Raises BadInput for an open one."""
        return tuple(self._shape(tensor) for tensor in self.inputs)

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """Return the full shapes of the outputs, batch 1 first. Raises BadInput for an open one."""
        return tuple(self._shape(tensor) for tensor in self.outputs)

    def _shape(self, tensor: Any) -> Shape:
        shape = batch_of_one(tensor.shape)
        if None in shape:
            raise BadInput(
                f"{self.operation.name!r} has an open dimension {tuple(tensor.shape)}; give the "
                "model a full input shape to count it."
            )
        return shape


@dataclass(frozen=True, eq=False)
class Graph:
    """The calls of a model or of a layer made of layers, inputs first."""

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    calls: tuple[Call, ...]


def batch_of_one(shape: Any) -> tuple[Any, ...]:
    """Return the shape with an open first dimension, the batch, as 1."""
    sizes = tuple(shape)
    return (1, *sizes[1:]) if sizes and sizes[0] is None else sizes


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """Return a layer's size or stride for each of so many axes, where it may be one for all."""
    return (value,) * axes if isinstance(value, int) else tuple(value)


def model_graph(model: Any, input_shape: Shape | None = None) -> Graph:
    """Return the graph of a whole built model; input_shape, without batch, replaces its own.

    Raises BadInput for what is not a built Keras model, or cannot be called without values.
    """
    if not isinstance(model, keras.Model):
        raise BadInput(f"expected a built keras.Model; received {type(model).__name__}.")
    recorded = _recorded(model)
    if recorded is not None and input_shape is None and not _is_open(recorded):
        return recorded
    specs = _input_specs(model, recorded, input_shape)
    return traced(model, (specs,), {})


def inner_graph(call: Call) -> Graph | None:
    """Return what a layer does inside, None for one that nothing can be seen in.

    Not seen: a layer without a Python `call` of its own, and one whose `call` needs values or the
    functions of one backend.
    """
    recorded = _recorded(call.operation)
    if recorded is not None and (
        [batch_of_one(tensor.shape) for tensor in recorded.inputs] == list(call.input_shapes)
    ):
        return recorded
    try:
        return traced(call.operation, call.arguments, call.keywords)
    except NotSeen:
        return None


def traced(layer: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Graph:
    """Return the graph of one call, on fresh symbolic tensors like those in the arguments.

    Raises NotSeen, with the reason, if it cannot be called without values.
    """
    fresh: dict[int, Any] = {}

    def refresh(value: Any) -> Any:
        if isinstance(value, keras.KerasTensor):
            if id(value) not in fresh:
                fresh[id(value)] = keras.KerasTensor(batch_of_one(value.shape), dtype=value.dtype)
            return fresh[id(value)]
        return value

    arguments, keywords = tree.map_structure(refresh, (arguments, keywords))
    try:
        # The scope keeps what the call assigns (a running mean, a seed) away from the layer.
        with keras.StatelessScope(initialize_variables=False):
            outputs = layer.call(*arguments, **keywords)
        flat = tree.flatten((arguments, keywords))
        inputs = tuple(value for value in flat if isinstance(value, keras.KerasTensor))
        produced = tuple(
            tensor for tensor in tree.flatten(outputs) if isinstance(tensor, keras.KerasTensor)
        )
        later = [tensor for tensor in produced if not any(tensor is given for given in inputs)]
        if not later:  # it hands its input on, or makes constants
            return Graph(inputs, produced, ())
        function = keras.Function(list(fresh.values()), later)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        name = getattr(layer, "name", type(layer).__name__)
        raise NotSeen(
            f"{name!r} ({type(layer).__name__}) cannot be called without values: {reason}"
        ) from error
    return Graph(inputs, produced, _calls(function))


def _recorded(model: Any) -> Graph | None:
    """Return the graph that a functional or sequential model holds, None without one.

    Keras keeps the calls in a private attribute and offers no public way to tell one call of a
    layer from another.
    """
    function = getattr(model, "_functional", None) or model
    if getattr(function, "_nodes_by_depth", None) is None:
        return None
    inputs = tuple(tree.flatten(function.inputs))
    return Graph(inputs, tuple(tree.flatten(function.outputs)), _calls(function))


def _calls(function: Any) -> tuple[Call, ...]:
    by_depth = function._nodes_by_depth
    return tuple(
        Call(
            operation=node.operation,
            arguments=tuple(node.arguments.args),
            keywords=dict(node.arguments.kwargs),
            inputs=tuple(node.arguments.keras_tensors),
            outputs=tuple(tree.flatten(node.outputs)),
        )
        for depth in sorted(by_depth, reverse=True)
        for node in by_depth[depth]
    )


def _is_open(graph: Graph) -> bool:
    tensors = [*graph.inputs, *(tensor for call in graph.calls for tensor in call.outputs)]
    return any(None in batch_of_one(tensor.shape) for tensor in tensors)


def _input_specs(model: Any, recorded: Graph | None, input_shape: Shape | None) -> Any:
    """Return symbolic tensors to call the model with, as its own inputs are structured."""
    if input_shape is not None:
        return keras.KerasTensor((1, *input_shape), dtype=model.input_dtype)
    if recorded is not None:
        return (getattr(model, "_functional", None) or model)._inputs_struct
    built = model.get_build_config() if model.built else None
    shape = (built or {}).get("input_shape")
    if not shape or not all(isinstance(size, (int, type(None))) for size in shape):
        raise BadInput(
            f"{type(model).__name__} {model.name!r} is not built, or not with one input; give an "
            "input shape to count it."
        )
    return keras.KerasTensor(batch_of_one(shape), dtype=model.input_dtype)
