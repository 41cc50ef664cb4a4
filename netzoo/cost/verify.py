"""A second opinion: what the running backend itself counts for each layer of a model."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import keras
from keras import tree

from netzoo.cost.backend_count import MEANS, BackendCount
from netzoo.cost.count import counted
from netzoo.cost.graph import Call, batch_of_one
from netzoo.errors import BadInput, telling_line

# Element by element for netzoo; some backends write it as a product with three constants.
_WEIGHTED_SUMS = frozenset({"RGBToGrayscale"})


def verify(model: Any, input_shape: Any = None) -> list[BackendCount]:
    """Return both counts of each layer and operation of a built model, in the order of first calls.

    The weights must be there: PyTorch counts by running, on zeros.
    Raises BadInput as count_cost does.
    """
    backend = keras.backend.backend()
    if backend not in MEANS:
        raise BadInput(
            f"the backend {backend!r} has no counter of its own; {', '.join(MEANS)} have one."
        )
    counter = importlib.import_module(f"netzoo.cost.opinion_{backend}")
    cost, graph = counted(model, input_shape)
    theirs: dict[str, int | None] = {}
    reasons: dict[str, str] = {}
    for call in graph.calls:
        name = call.operation.name
        try:
            pointwise = type(call.operation).__name__ in _WEIGHTED_SUMS
            macs = 0 if pointwise or not call.inputs else counter.count_macs(*_callable(call))
            so_far = theirs.get(name, 0)
            theirs[name] = None if so_far is None else so_far + macs
        except Exception as error:  # a backend's tracer raises whatever it likes
            theirs[name] = None
            reasons[name] = telling_line(error)
    # Not counted: the layer itself, "name (type)", or something inside, "name/…".
    unknown = {
        row.name
        for row in cost.layers
        if any(entry.startswith((f"{row.name} (", f"{row.name}/")) for entry in cost.uncounted)
    }
    return [
        BackendCount(
            name=row.name,
            ours=None if row.name in unknown else row.macs,
            theirs=theirs[row.name],
            reason=reasons.get(row.name, ""),
        )
        for row in cost.layers
    ]


def _callable(call: Call) -> tuple[Any, list[Any]]:
    """Return a function of plain tensors that makes the call, and their shapes and dtypes."""
    tensors = list({id(tensor): tensor for tensor in call.inputs}.values())
    places = {id(tensor): place for place, tensor in enumerate(tensors)}
    specs = [keras.KerasTensor(batch_of_one(t.shape), dtype=t.dtype) for t in tensors]

    def function(*given: Any) -> Any:
        def fill(value: Any) -> Any:
            return given[places[id(value)]] if id(value) in places else value

        arguments, keywords = tree.map_structure(fill, (call.arguments, call.keywords))
        # Seeds and moving averages that the call assigns would keep a tracer for good; they are
        # results too, or what makes them would not be counted.
        with (
            _unrolled(call.operation),
            keras.StatelessScope(initialize_variables=False) as scope,
        ):
            outputs = call.operation(*arguments, **keywords)
        return outputs, list(scope.state_mapping.values())

    return function, specs


@contextlib.contextmanager
def _unrolled(layer: Any) -> Iterator[None]:
    """Write a recurrent layer's steps out, for as long as the context lasts.

    Keras on PyTorch makes one step more in a loop, to learn the shape of its output.
    """
    if keras.backend.backend() != "torch":
        yield
        return
    recurrent = [part for part in _layers(layer) if isinstance(part, keras.layers.RNN)]
    before = [part.unroll for part in recurrent]
    for part in recurrent:
        part.unroll = True
    try:
        yield
    finally:
        for part, unroll in zip(recurrent, before, strict=True):
            part.unroll = unroll


def _layers(layer: Any) -> list[Any]:
    return list(layer._flatten_layers()) if isinstance(layer, keras.layers.Layer) else []
