"""The calls that a functional or sequential model, or a keras.Function, has recorded."""

from typing import Any

import keras
from keras import tree

from netzoo.cost.facts import Field
from netzoo.cost.graph import batch_of_one
from netzoo.cost.kinds import facts_of, kind_of


def recorded(operation: Any) -> Any:
    """Return the keras.Function whose recorded calls an operation makes, None without one.

    Keras keeps the calls in a private attribute and offers no public way to tell one call of a
    layer from another.
    """
    if isinstance(operation, keras.Sequential):
        own = type(operation).call is keras.Sequential.call
        function = getattr(operation, "_functional", None)
    else:
        functional = getattr(operation, "_nodes_by_depth", None) is not None
        own = not isinstance(operation, keras.Model) or (
            type(operation).call.__module__ == "keras.src.models.functional"
        )
        function = operation if functional else None
    return function if own else None


def nodes(function: Any) -> list[Any]:
    """Return the recorded calls, inputs first."""
    by_depth = function._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def packed(operation: Any, function: Any, outputs: tuple[Any, ...]) -> Any:
    """Return flat outputs as a call of the function's owner gives them."""
    made = tree.pack_sequence_as(function._outputs_struct, list(outputs))
    single = isinstance(operation, keras.Model) and isinstance(made, (list, tuple))
    return made[0] if single and len(made) == 1 else made


def leaves_batch_alone(function: Any) -> bool:
    """Return whether the recorded shapes are those of one image, but for the batch."""
    for node in nodes(function):
        for tensor in node.outputs:
            shape = tensor.shape
            if not shape or shape[0] is not None or None in shape[1:]:
                return False
        if not _keeps_batch(node):
            return False
    return True


def _keeps_batch(node: Any) -> bool:
    operation = node.operation
    if kind_of(operation) is keras.layers.Concatenate:
        return bool(operation.axis % len(node.outputs[0].shape))
    facts = facts_of(operation)
    if isinstance(operation, keras.Layer):
        return facts.macs is not None
    return facts.field is Field.POINT


def is_as_recorded(node: Any, given: Any) -> bool:
    """Return whether a layer is called on the shapes of a recorded call, for one image."""
    recorded_shapes = [batch_of_one(tensor.shape) for tensor in node.input_tensors]
    of_layer = isinstance(node.operation, keras.Layer)
    return of_layer and recorded_shapes == [tuple(tensor.shape) for tensor in given]
