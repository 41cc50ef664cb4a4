"""Keras, for as long as a call is traced: its weights are symbolic, and its calls are heard of.

Keras evaluates what is made of weights alone at once, and offers nothing public that hears of the
calls inside a call. So some of its methods and functions are replaced while a call is traced. Other
threads, and Keras outside of a trace, are not touched by it.
"""

import collections
import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any, Protocol

import keras
from keras import tree
from keras.src import backend
from keras.src.activations import activations
from keras.src.backend.common import global_state
from keras.src.layers.layer import CallContext
from keras.src.ops import numpy
from keras.src.ops.node import Node

_NAMES = "object_name_uids"
_CONTEXT = "current_call_ctx"


class Hearer(Protocol):
    """What is told of the calls inside a traced call."""

    def layer_outputs(self, layer: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        """Return the symbolic outputs of a layer's call."""

    def called(self, operation: Any, arguments: Any, keywords: Any, outputs: Any) -> None:
        """Hear of a call of a layer or an operation, after it."""

    def evaluated(self, operation: Any, operands: tuple[Any, ...], result: Any) -> None:
        """Hear of a product of values alone: of constants, or of weights from elsewhere."""

    def loss_added(self, loss: Any) -> None:
        """Hear of what is added to the loss."""

    def assigned(self, value: Any) -> None:
        """Hear of what is assigned to a weight."""


_HEARER: contextvars.ContextVar[Hearer | None] = contextvars.ContextVar("hearer", default=None)


def is_heard() -> bool:
    """Return whether a call is being traced."""
    return _HEARER.get() is not None


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
_get_item = numpy.GetItem.compute_output_spec


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


def _hearing_product(name: str, product: Any) -> Any:
    """Return a backend's product, which only values reach, so that its hearer hears of it."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        hearer = _HEARER.get()
        token = _HEARER.set(None)  # a backend makes one product by another
        try:
            result = product(*arguments, **keywords)
        finally:
            _HEARER.reset(token)
        if hearer is not None:
            hearer.evaluated(*_as_operation(name, arguments, keywords), result)
        return result

    return call


def _as_operation(name: str, arguments: Any, keywords: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the operation of keras.ops that a backend's function is for, and its operands."""
    if name == "einsum":
        return numpy.Einsum(arguments[0]), tuple(arguments[1:])
    if name == "tensordot":
        operands = (*arguments[:2], *(keywords[key] for key in ("x1", "x2")[len(arguments) :]))
        axes = keywords.get("axes", arguments[2] if len(arguments) > 2 else 2)
        return numpy.Tensordot(axes), operands
    operands = (*arguments, *(keywords[key] for key in ("x1", "x2")[len(arguments) :]))
    return getattr(numpy, name.capitalize())(), operands[:2]


_PRODUCTS = ("dot", "einsum", "inner", "matmul", "tensordot", "vdot")
_REPLACEMENTS: tuple[tuple[Any, str, Any], ...] = (
    (keras.Layer, "symbolic_call", _hearing_call),
    (keras.Layer, "add_loss", _hearing_add_loss),
    (Node, "__init__", _hearing_node),
    (numpy.GetItem, "compute_output_spec", _hearing_get_item),
    (activations, "backend", _Activations(activations.backend)),
    (activations.Mish, "static_call", staticmethod(_hearing_mish)),
    *(
        (backend.numpy, name, _hearing_product(name, getattr(backend.numpy, name)))
        for name in _PRODUCTS
    ),
)
# As they stand in their class or module: a static method stays one.
_ORIGINALS = tuple((owner, name, vars(owner)[name]) for owner, name, _ in _REPLACEMENTS)
