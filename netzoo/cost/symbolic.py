"""Keras, for as long as a call is traced: its weights are symbolic, and its calls are heard of.

Keras evaluates what is made of weights alone at once, and offers nothing public that hears of the
calls inside a call. So three of its methods are replaced while a call is traced. Other threads, and
Keras outside of a trace, are not touched by it.
"""

import collections
import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import keras
from keras import tree
from keras.src.activations import activations
from keras.src.backend.common import global_state
from keras.src.layers.layer import CallContext
from keras.src.ops.node import Node
from keras.src.ops.numpy import GetItem

_NAMES = "object_name_uids"
_CONTEXT = "current_call_ctx"
# Where Keras lists the weights of a layer, besides the attributes that its call reads.
_LISTS = frozenset({"_trainable_variables", "_non_trainable_variables", "_metrics", "_losses"})


class Hearer(Protocol):
    """What is told of the calls inside a traced call."""

    def layer_outputs(self, layer: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        """Return the symbolic outputs of a layer's call."""

    def called(self, operation: Any, arguments: Any, keywords: Any, outputs: Any) -> None:
        """Hear of a call of a layer or an operation, after it."""

    def loss_added(self, loss: Any) -> None:
        """Hear of what is added to the loss."""

    def assigned(self, value: Any) -> None:
        """Hear of what is assigned to a weight."""


_HEARER: contextvars.ContextVar[Hearer | None] = contextvars.ContextVar("hearer", default=None)


class Weight(keras.KerasTensor):
    """A weight as a symbolic tensor; what is assigned to it is heard, and goes nowhere."""

    def __init__(self, variable: Any, dtype: str) -> None:
        super().__init__(tuple(variable.shape), dtype=dtype, name=variable.name)
        self.variable = variable

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_keras") or name == "variable":
            raise AttributeError(name)
        return getattr(self.variable, name)

    @property
    def value(self) -> "Weight":
        """Return the weight itself, as a variable gives its tensor."""
        return self

    def assign(self, value: Any, dtype: Any = None) -> Any:
        """Hear of a new value."""
        hearer = _HEARER.get()
        if hearer is not None:
            hearer.assigned(value)
        return value

    def assign_add(self, value: Any) -> Any:
        """Hear of a new value."""
        return self.assign(self + value)

    def assign_sub(self, value: Any) -> Any:
        """Hear of a new value."""
        return self.assign(self - value)


_HOLDERS = (keras.Variable, Weight, list, dict, tuple)


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
    if _HEARER.get() is None:
        yield
        return

    def concrete(owner: Any, value: Any) -> Any:
        return value.variable if isinstance(value, Weight) else value

    with _exchanged(layer, concrete):
        yield


@contextlib.contextmanager
def _exchanged(layer: Any, exchange: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Exchange what a layer's and its sublayers' attributes hold, for as long as this lasts."""
    undo: list[tuple[Any, Any, Any]] = []

    def exchanged(owner: Any, value: Any) -> Any:
        if isinstance(value, (list, dict)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, held in list(pairs):
                put(value, key, held, exchanged(owner, held))
        elif type(value) is tuple:
            parts = tuple(exchanged(owner, part) for part in value)
            changed = any(new is not old for new, old in zip(parts, value, strict=True))
            return parts if changed else value
        return exchange(owner, value)

    def put(holder: Any, key: Any, old: Any, new: Any) -> None:
        if new is not old:
            undo.append((holder, key, old))
            _set(holder, key, new)

    try:
        for owner in dict.fromkeys(layer._flatten_layers()):
            held = vars(owner)
            for name, value in list(held.items()):
                if name not in _LISTS and isinstance(value, _HOLDERS):
                    put(held, name, value, exchanged(owner, value))
        yield
    finally:
        for holder, key, old in reversed(undo):
            _set(holder, key, old)


def _set(holder: Any, key: Any, value: Any) -> None:
    """Set an item without the tracking that Keras adds to lists and dictionaries."""
    (dict if isinstance(holder, dict) else list).__setitem__(holder, key, value)


@contextlib.contextmanager
def heard(hearer: Hearer, training: bool) -> Iterator[None]:
    """Let a hearer know of the calls that are made on symbolic tensors, as in a layer's call.

    Names that Keras gives by itself count from the beginning, and are forgotten afterwards.
    """
    names = global_state.get_global_attribute(_NAMES)
    context = global_state.get_global_attribute(_CONTEXT)
    inside = CallContext(entry_layer=None)
    inside.set_value("training", training)
    token = _HEARER.set(hearer)
    global_state.set_global_attribute(_NAMES, collections.defaultdict(int))
    global_state.set_global_attribute(_CONTEXT, inside)
    try:
        # The scope keeps what the call assigns (a running mean, a seed) away from the layer.
        with _replaced(), keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_CONTEXT, context)
        global_state.set_global_attribute(_NAMES, names)
        _HEARER.reset(token)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let what is called leave no trace: no names, no values, and nobody hears of it."""
    names = global_state.get_global_attribute(_NAMES)
    token = _HEARER.set(None)
    global_state.set_global_attribute(_NAMES, collections.defaultdict(int))
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_NAMES, names)
        _HEARER.reset(token)


@contextlib.contextmanager
def _replaced() -> Iterator[None]:
    """Replace the methods of Keras by which a hearer hears; once, however deep the traces go."""
    global _depth
    _depth += 1
    if _depth == 1:
        for owner, name, function in _REPLACEMENTS:
            setattr(owner, name, function)
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            for owner, name, function in _ORIGINALS:
                setattr(owner, name, function)


_depth = 0
_layer_call = keras.Layer.symbolic_call
_layer_add_loss = keras.Layer.add_loss
_node_init = Node.__init__
_mish_call = activations.Mish.static_call
_get_item = GetItem.compute_output_spec


def _hearing_call(layer: Any, *arguments: Any, **keywords: Any) -> Any:
    hearer = _HEARER.get()
    if hearer is None:
        return _layer_call(layer, *arguments, **keywords)
    return hearer.layer_outputs(layer, arguments, keywords)


def _hearing_add_loss(layer: Any, loss: Any) -> None:
    hearer = _HEARER.get()
    if hearer is None:
        _layer_add_loss(layer, loss)
        return
    for part in tree.flatten(loss):
        hearer.loss_added(part)


def _hearing_node(
    node: Any, operation: Any, call_args: Any = None, call_kwargs: Any = None, outputs: Any = None
) -> None:
    hearer = _HEARER.get()
    if hearer is None:
        _node_init(node, operation, call_args, call_kwargs, outputs)
    else:
        hearer.called(operation, tuple(call_args or ()), dict(call_kwargs or {}), outputs)


def _hearing_get_item(operation: Any, x: Any, key: Any) -> Any:
    """Return what a key takes of a tensor; Keras knows fewer keys for symbolic tensors than others.

    A slice alone, which is the same as a tuple of one, is what a weight is most often cut with.
    """
    if _HEARER.get() is None or isinstance(key, (int, list, tuple)):
        return _get_item(operation, x, key)
    if isinstance(key, slice):
        return _get_item(operation, x, (key,))
    return keras.Operation.compute_output_spec(operation, x, key)


class _Activations:
    """Keras's backend for its activations, two of which would take a symbolic tensor's values."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def convert_to_tensor(self, value: Any, **options: Any) -> Any:
        symbolic = isinstance(value, keras.KerasTensor) and _HEARER.get() is not None
        return value if symbolic else self._backend.convert_to_tensor(value, **options)


def _hearing_mish(x: Any) -> Any:
    symbolic = isinstance(x, keras.KerasTensor) and _HEARER.get() is not None
    return activations.Mish()(x) if symbolic else _mish_call(x)


_REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (keras.Layer, "symbolic_call", _hearing_call),
    (keras.Layer, "add_loss", _hearing_add_loss),
    (Node, "__init__", _hearing_node),
    (GetItem, "compute_output_spec", _hearing_get_item),
    (activations, "backend", _Activations(activations.backend)),
    (activations.Mish, "static_call", staticmethod(_hearing_mish)),
)
_ORIGINALS: tuple[tuple[Any, str, Any], ...] = (
    (keras.Layer, "symbolic_call", _layer_call),
    (keras.Layer, "add_loss", _layer_add_loss),
    (Node, "__init__", _node_init),
    (GetItem, "compute_output_spec", _get_item),
    (activations, "backend", activations.backend),
    (activations.Mish, "static_call", staticmethod(_mish_call)),
)
