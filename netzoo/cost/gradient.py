"""Where gradients flow in a step of training: what needs one, and what one reaches.

A tensor needs a gradient if a trained weight stands before it; it gets one if the loss stands
behind it. Neither goes through integers, or through an operation whose derivative is zero or not
defined. PyTorch would multiply by the zeros of a rounding's gradient; the others do not.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import keras

from netzoo.cost.graph import Call, Graph
from netzoo.cost.kinds import facts_of
from netzoo.cost.symbolic import Weight


class Gradients:
    """The tensors of a graph, and of all that is inside, that need and that get a gradient."""

    def __init__(self, graph: Graph) -> None:
        self._needing: set[int] = set()
        self._reached: set[int] = set()
        self._forward(graph)
        self._reach((*graph.outputs, *graph.losses))
        self._backward(graph)

    def needs(self, value: Any) -> bool:
        """Return whether training needs the gradient of an operand, if the loss depends on it."""
        if isinstance(value, Weight):
            return bool(value.variable.trainable)
        if isinstance(value, keras.KerasTensor):
            return id(value) in self._needing
        return isinstance(value, keras.Variable) and bool(value.trainable)

    def reaches(self, call: Call) -> bool:
        """Return whether the loss depends on what a call makes."""
        return any(id(tensor) in self._reached for tensor in call.outputs)

    def _forward(self, graph: Graph) -> None:
        for call in graph.calls:
            if call.inside is not None:
                for source, target in zip(call.inputs, call.inside.inputs, strict=False):
                    if self.needs(source):  # a weight among them, too
                        self._needing.add(id(target))
                self._forward(call.inside)
                self._carry(self._needing, call.inside.outputs, call.outputs)
            elif not _stops(call) and self._carries(call):
                self._needing.update(id(tensor) for tensor in _floating(call.outputs))

    def _carries(self, call: Call) -> bool:
        """Return whether a trained weight stands in a call, or before it."""
        if any(map(self.needs, call.inputs)):
            return True
        if isinstance(call.operation, keras.Layer):
            return any(weight.trainable for weight in call.operation.weights)
        return any(map(self.needs, call.arguments))

    def _backward(self, graph: Graph) -> None:
        for call in reversed(graph.calls):
            if call.inside is not None:
                self._carry(self._reached, call.outputs, call.inside.outputs)
                self._reach(call.inside.losses)
                self._backward(call.inside)
                self._carry(self._reached, call.inside.inputs, call.inputs)
            elif self.reaches(call) and not _stops(call):
                self._reach(call.inputs)

    def _reach(self, tensors: Iterable[Any]) -> None:
        self._reached.update(id(tensor) for tensor in _floating(tensors))

    @staticmethod
    def _carry(marked: set[int], sources: Sequence[Any], targets: Sequence[Any]) -> None:
        """Mark the tensors that stand for marked ones inside, or outside, of a call."""
        for source, target in zip(sources, targets, strict=False):
            if id(source) in marked:
                marked.add(id(target))


def _stops(call: Call) -> bool:
    return not facts_of(call.operation).differentiable


def _floating(tensors: Iterable[Any]) -> Iterable[Any]:
    for tensor in tensors:
        if isinstance(tensor, keras.KerasTensor) and _is_differentiable(tensor.dtype):
            yield tensor


@functools.cache
def _is_differentiable(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat", "complex"))
