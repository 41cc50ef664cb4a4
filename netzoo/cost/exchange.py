"""A layer's weights, symbolic while its call is traced; after that, all of it as it was."""

import contextlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import keras

from netzoo.cost.symbolic import Weight, is_heard

# Attributes of a layer in which no call looks for a weight.
_APART = frozenset({"_metrics", "_losses", "_inbound_nodes", "_outbound_nodes", "_tracker"})
# Their objects hold no weights of a layer, or hold them in ways of their own.
_LIBRARIES = ("keras", "tensorflow", "torch", "jax", "numpy", "builtins", "collections")


@contextlib.contextmanager
def symbolic_weights(layer: Any) -> Iterator[None]:
    """Put symbolic tensors in the place of a layer's weights and of those of its sublayers."""
    made: dict[int, Weight] = {}

    def symbolic(owner: Any, value: Any) -> Any:
        if not isinstance(value, keras.Variable):
            return value
        floating = "float" in str(value.dtype) and owner.autocast
        dtype = owner.compute_dtype if floating else str(value.dtype)
        return made.setdefault(id(value), Weight(value, dtype))

    with _exchanged(layer, symbolic):
        yield


@contextlib.contextmanager
def concrete_weights(layer: Any) -> Iterator[None]:
    """Put the weights themselves back in their place, inside of `symbolic_weights`."""
    if not is_heard():
        yield
        return

    def concrete(owner: Any, value: Any) -> Any:
        return value.variable if isinstance(value, Weight) else value

    with _exchanged(layer, concrete):
        yield


@contextlib.contextmanager
def as_it_was(model: Any) -> Iterator[None]:
    """Take back at the end what the code of a built model has set, cached or built.

    Keras's own layers set nothing in a call, but those in a layer of yours may be built by it.
    """
    owners: dict[Any, None] = {}
    for layer in model._flatten_layers() if model.built else ():
        if not type(layer).__module__.startswith("keras.src"):
            owners.update(dict.fromkeys(layer._flatten_layers()))
    parts = [*owners, *(owner._tracker for owner in owners)]  # which locks what is built
    before = [(vars(part), dict(vars(part))) for part in parts]
    held = [value for _, attributes in before for value in attributes.values()]
    lists = [(value, list(value)) for value in held if isinstance(value, list)]
    known = [ids for owner in owners for ids in owner._tracker.stored_ids.values()]
    stored = [(ids, set(ids)) for ids in known]
    try:
        yield
    finally:
        for now, then in before:
            for name in [name for name in now if name not in then]:
                del now[name]
            now.update(then)
        for value, items in lists:
            list.__setitem__(value, slice(None), items)
        for value, ids in stored:
            value.intersection_update(ids)


@contextlib.contextmanager
def _exchanged(layer: Any, exchange: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Exchange what a layer and its sublayers hold, for as long as this lasts."""
    undo: list[tuple[Any, Any, Any]] = []
    seen: set[int] = set()

    def exchanged(owner: Any, value: Any) -> Any:
        if isinstance(value, (list, dict)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, held in list(pairs):
                put(value, key, held, exchanged(owner, held))
        elif isinstance(value, tuple):
            parts = [exchanged(owner, part) for part in value]
            if any(new is not old for new, old in zip(parts, value, strict=True)):
                # TensorFlow wraps a named tuple; its __class__ is still that of the tuple.
                return value.__class__(*parts) if hasattr(value, "_fields") else tuple(parts)
        elif id(value) not in seen and not isinstance(value, (keras.Variable, Weight)):
            seen.add(id(value))
            look_inside(owner, value)
        return exchange(owner, value)

    def look_inside(owner: Any, value: Any) -> None:
        """Exchange what a function's closure, or an object of the user's, holds."""
        for cell in getattr(value, "__closure__", None) or ():
            with contextlib.suppress(ValueError):  # an empty cell
                put(cell, None, cell.cell_contents, exchanged(owner, cell.cell_contents))
        library = type(value).__module__.partition(".")[0]
        if library not in _LIBRARIES and not isinstance(value, (keras.Layer, type)):
            exchanged(owner, getattr(value, "__dict__", {}))

    def put(holder: Any, key: Any, old: Any, new: Any) -> None:
        if new is not old:
            undo.append((holder, key, old))
            _set(holder, key, new)

    try:
        for owner in dict.fromkeys(layer._flatten_layers()):
            held = vars(owner)
            for name, value in list(held.items()):
                if name not in _APART and not isinstance(value, keras.Layer):
                    put(held, name, value, exchanged(owner, value))
        yield
    finally:
        for holder, key, old in reversed(undo):
            _set(holder, key, old)


def _set(holder: Any, key: Any, value: Any) -> None:
    """Set an item without the tracking that Keras adds to lists and dictionaries."""
    if isinstance(holder, types.CellType):
        holder.cell_contents = value
        return
    (dict if isinstance(holder, dict) else list).__setitem__(holder, key, value)
