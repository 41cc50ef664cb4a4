"""The graph that a whole model is counted on, for one image."""

from dataclasses import replace
from math import prod
from typing import Any

import keras

from netzoo.cost import inputs
from netzoo.cost.exchange import as_it_was
from netzoo.cost.graph import Graph, NotSeen, in_mode
from netzoo.cost.recorded import leaves_batch_alone, recorded
from netzoo.cost.symbolic import quiet
from netzoo.cost.trace import Tracer
from netzoo.errors import BadInput


def model_graph(model: Any, input_shape: Any = None) -> Graph:
    """Return the graph of a whole model, which is left as it was. Raises as `traced` does."""
    check(model)
    with as_it_was(model):
        return traced(model, input_shape)


def check(model: Any) -> None:
    """Raise BadInput for what is not a Keras model."""
    if not isinstance(model, keras.Model):
        raise BadInput(f"expected a built keras.Model; received {type(model).__name__}.")


def traced(model: Any, input_shape: Any = None, *, training: bool = False) -> Graph:
    """Return the graph of a whole built model, for one image.

    input_shape: without batch; for a model with open dimensions, or built on another shape. For
    several inputs, one for all, or a list or a dictionary of shapes. training: as a step of a
    training calls it. Raises BadInput for a model that is not built, or cannot be called.
    """
    function = recorded(model)
    if function is not None and input_shape is None and leaves_batch_alone(function):
        return Tracer().through(function, list(function.inputs), training, again=False)
    batch = inputs.fixed_batch(model, function)
    with quiet():
        if batch == 1 or input_shape is not None:
            return _of_batch(model, function, input_shape, training, 1)
        # Its code may hold the size of the batch; then one image is a part of the whole batch.
        whole = _of_batch(model, function, None, training, batch)
        try:
            one = _of_batch(model, function, None, training, 1)
        except NotSeen:
            return replace(whole, images=batch)
        alone = [prod(tensor.shape) * batch for tensor in one.outputs]
        same = alone == [prod(tensor.shape) for tensor in whole.outputs]
        return one if same else replace(whole, images=batch)


def _of_batch(model: Any, function: Any, input_shape: Any, training: bool, batch: int) -> Graph:
    tracer = Tracer()
    if function is None:
        arguments, keywords = inputs.of_subclassed(model, input_shape, batch)
        keywords = in_mode(model, keywords, training)
        return tracer.python(model, arguments, keywords, training)[0]
    given = inputs.of_functional(function, input_shape, batch)
    _refuse_open(model, given)
    return tracer.through(function, given, training)


def _refuse_open(model: Any, given: Any) -> None:
    for tensor in given:
        if None in tensor.shape:
            raise BadInput(
                f"{model.name!r} has an open dimension {(None, *tensor.shape[1:])}; give the model "
                "a full input shape to count it."
            )
