"""What counting sees of a model: its calls, with the shapes that they have for one image."""

import functools
from collections.abc import Iterable
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
    inside: what the call is made of, where that is what tells its cost.
    times: how often it is made (the steps of a sequence), each time at the same cost.
    quantized: whether a quantised layer makes its quantised call, not its plain one.
    """

    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    inside: "Graph | None" = None
    times: int = 1
    quantized: bool = True

    @functools.cached_property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Return the full shapes of the inputs, batch 1 first. Raises BadInput for an open one."""
        return tuple(self._shape(tensor) for tensor in self.inputs)

    @functools.cached_property
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
    """The calls of a model or of a layer made of layers, in order.

    losses: what is added to the loss. updates: what is assigned to weights.
    may_differ: whether something inside may do other things in training.
    images: how many it is for, where the calls do not go with fewer.
    """

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    calls: tuple[Call, ...]
    losses: tuple[Any, ...] = ()
    updates: tuple[Any, ...] = ()
    may_differ: bool = False
    images: int = 1

    @property
    def has_effects(self) -> bool:
        """Return whether it makes more than its outputs."""
        inside = (call.inside for call in self.calls if call.inside is not None)
        return bool(self.losses or self.updates) or any(graph.has_effects for graph in inside)


def tensors_in(arguments: Any, keywords: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """Return the symbolic tensors in a call's arguments; masks, which Keras adds, come last."""
    if not keywords and len(arguments) == 1 and isinstance(arguments[0], keras.KerasTensor):
        return (arguments[0],)
    given = keywords or {}
    names = sorted(given, key=lambda name: ("mask" in name, name))
    flat = tree.flatten((arguments, [given[name] for name in names]))
    return tuple(value for value in flat if isinstance(value, keras.KerasTensor))


def in_mode(operation: Any, keywords: dict[str, Any], training: bool) -> dict[str, Any]:
    """Return the keywords of a recorded call as a model passes them on in training, or outside.

    In training Keras replaces what was recorded. Outside of it, what was asked for stays, and what
    is only the default of a layer's `call` is inference.
    """
    if not getattr(operation, "_call_has_training_arg", False):
        return keywords
    asked = keywords.get("training")
    # A model that the step on JAX lets hear of training still has the signature of its own `call`.
    stated = operation._call_signature.parameters.get("training")
    default = None if stated is None else stated.default
    stays = not training and asked is not None and asked != default
    return keywords | {"training": asked if stays else training}


def is_open(tensors: Iterable[Any]) -> bool:
    """Return whether a dimension other than the batch is open."""
    return any(None in batch_of_one(tensor.shape) for tensor in tensors)


def batch_of_one(shape: Any) -> tuple[Any, ...]:
    """Return the shape with an open first dimension, the batch, as 1."""
    sizes = tuple(shape)
    return (1, *sizes[1:]) if sizes and sizes[0] is None else sizes


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """Return a layer's size or stride for each of so many axes, where it may be one for all."""
    return (value,) * axes if isinstance(value, int) else tuple(value)
