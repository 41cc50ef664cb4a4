"""Which layer of Keras a layer behaves as, and the facts that are known of it therefore."""

import functools
from typing import Any

import keras

from netzoo.cost.facts import SEEN_THROUGH, Facts
from netzoo.cost.layer_facts import OF_CLASS
from netzoo.cost.operation_facts import OPERATIONS

# What a subclass may define and still compute what its base does.
_DESCRIPTIVE_NAMES = """
    __doc__ __init__ __module__ __qualname__ build build_from_config compute_mask
    compute_output_shape compute_output_spec from_config get_build_config get_config
    load_own_variables save_own_variables
"""
_DESCRIPTIVE = frozenset(_DESCRIPTIVE_NAMES.split())
_BASES = (keras.Layer, keras.Operation, keras.Model, keras.Sequential)
_OF_KERAS = ("keras.src.ops", "keras.src.activations")


def kind_of(operation: Any) -> type:
    """Return the class of Keras's own layers whose computation an operation makes.

    That of a subclass of yours which redefines no part of the computation is its base's; any other
    subclass, and what is no layer of Keras, is its own.
    """
    kind: type = type(operation)
    return _kind(kind)


def facts_of(operation: Any) -> Facts:
    """Return the facts of a layer or an operation, SEEN_THROUGH for one that no table knows."""
    kind: type = type(operation)
    return _facts(kind)


@functools.cache
def _facts(own: type) -> Facts:
    if own.__module__.startswith(_OF_KERAS):
        return OPERATIONS.get(own.__name__, SEEN_THROUGH)
    return OF_CLASS.get(_kind(own), SEEN_THROUGH)


@functools.cache
def _kind(own: type) -> type:
    ancestry = own.__mro__
    for place, base in enumerate(ancestry):
        if base in _BASES:
            break
        if base.__module__.startswith("keras.src.layers"):
            redefined = {name for derived in ancestry[:place] for name in vars(derived)}
            inherited = {name for name in redefined if hasattr(base, name)}
            return own if inherited - _DESCRIPTIVE else base
    return own
