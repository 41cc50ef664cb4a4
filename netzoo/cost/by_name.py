"""What any Keras model costs, by what names it or by the model itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
from keras.src.backend.common import global_state

from netzoo.cost.count import count_cost
from netzoo.cost.result import Cost
from netzoo.errors import BadInput
from netzoo.models import code
from netzoo.models.catalog import model_spec
from netzoo.models.find import find_with_shape, is_open
from netzoo.models.spec import CODE, SAVED, ModelSpec


def summary(
    model: Any, *, input_shape: tuple[int, ...] | None = None, num_classes: int | None = None
) -> Cost:
    """Return the cost of a built keras.Model, or of what `find_model` finds by a text.

    In a notebook it shows as a table. No weight is allocated for a model that is built by its name.
    Raises as `find_model` and `count_cost` do.

    >>> import netzoo
    >>> netzoo.summary("alexnet").params
    46764746
    """
    if isinstance(model, str):
        return counted(model_spec(model), input_shape, num_classes)[1]
    return count_cost(model, input_shape)


def counted(
    spec: ModelSpec,
    input_shape: tuple[int, ...] | None = None,
    num_classes: int | None = None,
    *,
    weights: bool = False,
) -> tuple[Any, Cost]:
    """Return the model that a text names, and its cost.

    weights: allocate them, for a model that is to be run; one in a file has them anyway, and so
    has one whose builder fits or calls it.
    """
    if spec.origin == CODE:
        code.load_module(spec)  # before the scope: models made by the import keep their weights
    with contextlib.ExitStack() as scope:
        if not (weights or spec.origin == SAVED):
            scope.enter_context(shapes_only())
        try:
            model, shape = find_with_shape(spec, input_shape, num_classes)
        except BadInput:
            if spec.origin != CODE or weights:
                raise
            scope.close()
            model, shape = find_with_shape(spec, input_shape, num_classes)
        if shape is None and is_open(model):
            raise BadInput(_how_to_give_shape(spec, model))
        if weights and shape is not None and not model.built:
            model(keras.KerasTensor((1, *shape)))
        return model, replace(count_cost(model, shape), model=spec.text)


def _how_to_give_shape(spec: ModelSpec, model: Any) -> str:
    """Return the line that says how to give a shape that a model leaves open."""
    inputs = getattr(model, "inputs", None)
    ways = "without the batch, by `input_shape`, such as"
    if inputs is None:
        return f"{spec} is not built; give the shape of its input, {ways} 28,28,1."
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    given = ", ".join(f"({', '.join('?' if n is None else str(n) for n in s)})" for s in shapes)
    if len(shapes) > 1:
        return (
            f"{spec} has inputs of open sizes: {given}; build it on full ones, or give a shape for "
            "each to netzoo.count_cost in Python."
        )
    (shape,) = shapes
    size = 32 if len(shape) > 2 else 20
    example = ",".join(str(size if n is None else n) for n in shape)
    return f"{spec} has an input of an open size: {given}; give it, {ways} {example}."


@contextlib.contextmanager
def shapes_only() -> Iterator[None]:
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
