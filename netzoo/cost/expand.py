"""Keras layers that are made of calls of other layers, which their own `call` does not show.

A recurrent layer's call is a loop of the backend, and attention's projections are einsum layers
whose symbolic outputs have an open length.
"""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any, Protocol

import keras
from keras import KerasTensor, StatelessScope, layers, tree
from keras.src.ops.nn import Softmax
from keras.src.ops.numpy import Matmul, Multiply, Reshape

from netzoo.cost.graph import Call, Graph, Shape, in_mode
from netzoo.cost.layers import einsum_kernel_shape


class Caller(Protocol):
    """What makes calls of the layers inside: netzoo.cost.trace.Tracer."""

    def call(
        self, operation: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], training: bool
    ) -> Call:
        """Return a call of a layer or an operation on symbolic tensors."""


Expansion = Callable[[Caller, Call, bool], Graph]


def recurrent(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the steps of a layer that applies a cell along axis 1: the first, and the later ones.

    The first step's state is zeros, or what the caller gives, and needs no gradient by itself.
    """
    layer, shape = call.operation, call.input_shapes[0]
    dtype = call.inputs[0].dtype
    step = KerasTensor((shape[0], *shape[2:]), dtype=dtype)
    with StatelessScope(initialize_variables=False):
        zeros = tree.flatten(layer.get_initial_state(shape[0]))
    state = [KerasTensor(tuple(value.shape), dtype=dtype) for value in zeros]
    keywords = in_mode(layer.cell, {}, training)

    def one_step(states: Any) -> Call:
        structure = _nested(layer.cell, list(states))
        return tracer.call(layer.cell, (step, structure), keywords, training)

    first = one_step(state)
    calls = [first]
    if shape[1] > 1:
        later = one_step(first.outputs[1:])
        calls.append(replace(later, times=shape[1] - 1))
    cells = layer.cell._flatten_layers() if isinstance(layer.cell, keras.Layer) else [layer.cell]
    of_user = any(type(cell).__module__.partition(".")[0] != "keras" for cell in cells)
    differs = of_user and any(each.inside is not None and each.inside.may_differ for each in calls)
    return Graph((step, *state), calls[-1].outputs, tuple(calls), may_differ=differs)


def _nested(cell: Any, state: list[Any]) -> list[Any]:
    """Return the states as the cell takes them: a list, of lists for stacked cells."""
    if not isinstance(cell, layers.StackedRNNCells):
        return state
    remaining = iter(state)
    return [[next(remaining) for _ in tree.flatten(inner.state_size)] for inner in cell.cells]


def time_distributed(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the steps of a layer that is applied along axis 1."""
    layer, shape = call.operation.layer, call.input_shapes[0]
    step = KerasTensor((shape[0], *shape[2:]), dtype=call.inputs[0].dtype)
    keywords = in_mode(layer, {}, training)
    once = tracer.call(layer, (step,), keywords, training)
    differs = once.inside is not None and once.inside.may_differ
    # Keras makes the layer's `call` at each step, also of one whose quantised call is another.
    steps = replace(once, times=shape[1], quantized=False)
    return Graph((step,), once.outputs, (steps,), may_differ=differs)


def wrapped(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the call of the layer that a wrapper of its weights wraps."""
    layer = call.operation.layer
    keywords = in_mode(layer, {}, training)
    inner = tracer.call(layer, call.inputs[:1], keywords, training)
    return Graph(call.inputs[:1], inner.outputs, (inner,), may_differ=True)


def attention(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the calls of MultiHeadAttention or GroupQueryAttention.

    Query, key and value are projected, query meets key, the scores weigh the values, and the result
    is projected once more.
    """
    layer = call.operation
    names = dict(zip(("query", "value", "key"), call.arguments, strict=False)) | call.keywords
    key = names.get("key")
    operands = (names["query"], names["value"] if key is None else key, names["value"])
    shapes = [Call(layer, (), {}, (tensor,), ()).input_shapes[0] for tensor in operands]
    query_heads, key_heads, value_heads, output = (
        getattr(layer, f"_{name}_dense") for name in ("query", "key", "value", "output")
    )
    apart = _apart(layer, shapes[0])
    dtype = keras.backend.standardize_dtype(layer.compute_dtype)
    calls = []

    def made(operation: Any, given: tuple[Any, ...], *shape: int) -> Any:
        tensor = KerasTensor(shape, dtype=dtype)
        calls.append(Call(operation, given, {}, given, (tensor,)))
        return tensor

    def projected(dense: Any, tensor: Any, shape: Shape) -> Any:
        heads, size = einsum_kernel_shape(dense)[-2:]
        return made(dense, (tensor,), apart, heads, prod(shape[:-1]) // apart, size)

    query, keys, values = map(projected, (query_heads, key_heads, value_heads), operands, shapes)
    heads, length = query.shape[1:3]
    pairs = (apart, heads, length, keys.shape[2])
    scores = made(Matmul(name="scores"), (query, keys), *pairs)
    scaled = made(Multiply(name="scale"), (scores,), *pairs)
    weighed = made(Softmax(name="softmax"), (scaled,), *pairs)
    mixed = made(Matmul(name="mixed"), (weighed, values), *pairs[:3], values.shape[-1])
    places = shapes[0][:-1]
    mixed = made(Reshape(mixed.shape, name="heads"), (mixed,), *places, heads, values.shape[-1])
    gate = getattr(layer, "_gate_dense", None)
    if gate is not None:
        gates = made(gate, (operands[0],), *mixed.shape)
        mixed = made(Multiply(name="gated"), (mixed, gates), *mixed.shape)
    result = made(output, (mixed,), *places, *einsum_kernel_shape(output)[2:])
    return Graph(call.inputs, (result, weighed), tuple(calls))


def _apart(layer: Any, query_shape: Shape) -> int:
    """Return how many attentions go on side by side: the batch and the axes not attended over."""
    axes = getattr(layer, "_attention_axes", None) or range(1, len(query_shape) - 1)
    attended = {axis % len(query_shape) for axis in axes}
    places = range(len(query_shape) - 1)
    return prod(query_shape[place] for place in places if place not in attended)
