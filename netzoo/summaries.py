"""What any Keras model costs, by what names it or by the model itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
from keras.src.backend.common import global_state

from netzoo.cost import count_cost
from netzoo.costs import Cost
from netzoo.models.find import find_model


def summary(
    model: Any, *, input_shape: tuple[int, int, int] | None = None, num_classes: int | None = None
) -> Cost:
    """Return the cost of a built keras.Model, or of what `find_model` finds by a text.

    In a notebook it shows as a table. No weight is allocated for a model that is built by its name.
    Raises as `find_model` and `count_cost` do.

    >>> import netzoo
    >>> netzoo.summary("alexnet").params
    46764746
    """
    if isinstance(model, str):
        return counted(model, input_shape, num_classes)[1]
    return count_cost(model, input_shape)


def counted(
    spec: str,
    input_shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
    *,
    weights: bool = False,
) -> tuple[Any, Cost]:
    """Return the model that a text names, and its cost.

    weights: allocate them, for a model that is to be run; one in a file has them anyway.
    """
    allocate = weights or spec.endswith(".keras")
    with contextlib.nullcontext() if allocate else _shapes_only():
        model = find_model(spec, input_shape, num_classes)
        shape = input_shape if spec.endswith(".keras") else None
        return model, replace(count_cost(model, shape), model=spec)


@contextlib.contextmanager
def _shapes_only() -> Iterator[None]:
    """Give what is built no weights, now or later, for as long as the context lasts.

    Keras lists each variable that it makes so, and the end of any other stateless scope (a Lambda
    layer's call, a training step on JAX) allocates all that are listed: 1 GB after six AlexNets.
    Nothing public takes them off that list.
    """
    listed = "uninitialized_variables"
    before = list(global_state.get_global_attribute(listed, []))
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(listed, before)
