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
from keras.src.ops.nn import DotProductAttention
from keras.src.ops.numpy import Reshape

from netzoo.cost.graph import Call, Graph, Shape
from netzoo.cost.layers import einsum_kernel_shape


class Caller(Protocol):
    """What makes calls of the layers inside: netzoo.cost.trace.Tracer."""

    def call(
        self, operation: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], training: bool
    ) -> Call:
        """Return a call of a layer or an operation on symbolic tensors."""


def recurrent(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the steps of a layer that applies a cell along axis 1: the first, and the later ones.

    The first step's state is zeros, or what the caller gives, and needs no gradient by itself.
    """
    layer, shape = call.operation, call.input_shapes[0]
    dtype = call.inputs[0].dtype
    step = KerasTensor((1, *shape[2:]), dtype=dtype)
    with StatelessScope(initialize_variables=False):
        zeros = tree.flatten(layer.get_initial_state(1))
    state = [KerasTensor(tuple(value.shape), dtype=dtype) for value in zeros]
    keywords = {"training": training} if layer.cell._call_has_training_arg else {}

    def one_step(states: Any) -> Call:
        structure = _nested(layer.cell, list(states))
        return tracer.call(layer.cell, (step, structure), keywords, training)

    first = one_step(state)
    calls = [first]
    if shape[1] > 1:
        later = one_step(first.outputs[1:])
        calls.append(replace(later, times=shape[1] - 1))
    differs = any(each.inside is not None and each.inside.may_differ for each in calls)
    differs = differs and type(layer.cell).__module__.partition(".")[0] != "keras"
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
    step = KerasTensor((1, *shape[2:]), dtype=call.inputs[0].dtype)
    keywords = {"training": training} if layer._call_has_training_arg else {}
    once = tracer.call(layer, (step,), keywords, training)
    differs = once.inside is not None and once.inside.may_differ
    return Graph((step,), once.outputs, (replace(once, times=shape[1]),), may_differ=differs)


def wrapped(tracer: Caller, call: Call, training: bool) -> Graph:
    """Return the call of the layer that a wrapper of its weights wraps."""
    layer = call.operation.layer
    keywords = {"training": training} if layer._call_has_training_arg else {}
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
    calls, parts = [], []
    for dense, tensor, shape in zip(
        (query_heads, key_heads, value_heads), operands, shapes, strict=True
    ):
        heads = einsum_kernel_shape(dense)[-2:]
        made = KerasTensor((apart, prod(shape[:-1]) // apart, *heads), dtype=dtype)
        calls.append(Call(dense, (tensor,), {}, (tensor,), (made,)))
        parts.append(made)
    mixed = KerasTensor((*parts[0].shape[:-1], parts[2].shape[-1]), dtype=dtype)
    query, keys, values = parts
    core = DotProductAttention(name="attention")
    calls.append(Call(core, (query, keys, values), {}, (query, keys, values), (mixed,)))
    places = shapes[0][:-1]
    heads_last = KerasTensor((*places, *mixed.shape[-2:]), dtype=dtype)
    reshape = Reshape(heads_last.shape, name="heads")
    calls.append(Call(reshape, (mixed,), {}, (mixed,), (heads_last,)))
    result = KerasTensor((*places, *einsum_kernel_shape(output)[2:]), dtype=dtype)
    calls.append(Call(output, (heads_last,), {}, (heads_last,), (result,)))
    return Graph(call.inputs, (result,), tuple(calls))


def _apart(layer: Any, query_shape: Shape) -> int:
    """Return how many attentions go on side by side: the batch and the axes not attended over."""
    axes = getattr(layer, "_attention_axes", None) or range(1, len(query_shape) - 1)
    attended = {axis % len(query_shape) for axis in axes}
    places = range(len(query_shape) - 1)
    return prod(query_shape[place] for place in places if place not in attended)


Expansion = Callable[[Caller, Call, bool], Graph]

EXPANSIONS: dict[type, Expansion] = {
    layers.ConvLSTM1D: recurrent,
    layers.ConvLSTM2D: recurrent,
    layers.ConvLSTM3D: recurrent,
    layers.GRU: recurrent,
    layers.GroupQueryAttention: attention,
    layers.LSTM: recurrent,
    layers.MultiHeadAttention: attention,
    layers.RNN: recurrent,
    layers.SimpleRNN: recurrent,
    layers.SpectralNormalization: wrapped,
    layers.TimeDistributed: time_distributed,
}
