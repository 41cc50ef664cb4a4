"""Walk a Keras model and count each layer by its rule, or by what it is made of.

Convention: MACs are multiply-adds of convolutions and matrix products, bias not counted; FLOPs =
2 × MACs, the convention of PyTorch's FlopCounterMode; batch 1.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeVar

import keras

from netzoo.cost import layers, rows
from netzoo.cost.exchange import as_it_was
from netzoo.cost.facts import SEEN_THROUGH
from netzoo.cost.field import Fields
from netzoo.cost.gradient import Gradients
from netzoo.cost.graph import Call, Graph, NotSeen
from netzoo.cost.kinds import facts_of, kind_of
from netzoo.cost.layer_cost import LayerCost
from netzoo.cost.layer_facts import OF_CLASS
from netzoo.cost.memory import Activations, item_bytes
from netzoo.cost.model import check, traced
from netzoo.cost.operations import Product, product
from netzoo.cost.result import Cost
from netzoo.errors import BadInput

RuleFunction = TypeVar("RuleFunction", bound=layers.UsersRule)


def cost_rule(layer_class: type) -> Callable[[RuleFunction], RuleFunction]:
    """Return a decorator that registers a rule for a layer class of yours, and not its subclasses.

    The rule is called as `rule(layer, input_shapes, output_shapes)` with full shapes, the batch of
    1 first, and returns the layer's MACs. In training, the same again is counted for the weights'
    gradient, and for the input's where one is needed. A method `count_macs(input_shapes,
    output_shapes)` on the layer does the same without registration.
    Raises BadInput for what is not a layer class, or has a rule.

    >>> import keras, netzoo
    >>> class Doubling(keras.layers.Layer):
    ...     def call(self, x):
    ...         return x @ x
    >>> @netzoo.cost_rule(Doubling)
    ... def doubling_macs(layer, input_shapes, output_shapes):
    ...     batch, rows, columns = input_shapes[0]
    ...     return rows * columns * columns
    >>> netzoo.count_cost(keras.Sequential([keras.Input((3, 3)), Doubling()])).macs
    27
    """
    if not (isinstance(layer_class, type) and issubclass(layer_class, keras.layers.Layer)):
        raise BadInput(f"cost_rule takes a class of layers; received {layer_class!r}.")
    facts = OF_CLASS.get(layer_class, SEEN_THROUGH)
    if layer_class in layers.USERS_RULES or facts.macs is not None:
        raise BadInput(
            f"{layer_class.__name__} has a cost rule already; give one to a subclass of it."
        )

    def decorate(rule: RuleFunction) -> RuleFunction:
        layers.USERS_RULES[layer_class] = rule
        return rule

    return decorate


def count_cost(model: Any, input_shape: Any = None) -> Cost:
    """Return parameters, MACs and training MACs of a built Keras model, by layer, for one image.

    input_shape: without batch; for a model with open dimensions, or built on another shape. For a
    model of several inputs one shape for all, or a list or a dictionary of shapes.
    Nothing is run. A layer that is called several times has its weights counted once and its MACs
    at each call. What cannot be counted adds 0 MACs and is named in the result's `uncounted`.
    Raises BadInput for what is not a built model, or has an open dimension other than its batch.

    >>> import keras, netzoo
    >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    >>> cost = netzoo.count_cost(model)
    >>> cost.params, cost.macs, cost.training_flops
    (7850, 7840, 31360)
    """
    return counted(model, input_shape)[0]


def counted(model: Any, input_shape: Any = None) -> tuple[Cost, Graph]:
    """Return the cost of a built model, and the graph that it was counted on."""
    check(model)
    with as_it_was(model):
        return _counted(model, input_shape)


def _counted(model: Any, input_shape: Any) -> tuple[Cost, Graph]:
    graph = traced(model, input_shape)
    counter = _Counter(graph)
    found = counter.count(graph, "")
    uncounted = counter.uncounted
    own = {id(weight): weight for weight in model.weights}  # not what training alone would build
    if graph.may_differ:
        try:
            training = traced(model, input_shape, training=True)
        except NotSeen:  # its code needs values in training alone
            training = graph
        in_training = _Counter(training)
        found = rows.with_training(found, in_training.count(training, ""))
        uncounted |= in_training.uncounted
    if graph.images > 1:
        found = tuple(rows.shared(row, graph.images) for row in found)
    weights = list((own | counter.weights).values())
    return Cost(
        model=model.name,
        input_shape=tuple(graph.inputs[0].shape[1:]),
        layers=found,
        params=_size(weights),
        trainable_params=_size([weight for weight in weights if weight.trainable]),
        weight_bytes=_weight_bytes(weights),
        peak_activation_bytes=counter.activations.peak_bytes(graph.outputs) // graph.images,
        uncounted=tuple(_calls_text(*entry) for entry in uncounted.items()),
    ), graph


class _Counter:
    """Counts a graph and what is inside its calls."""

    def __init__(self, graph: Graph) -> None:
        self.uncounted = Counter[tuple[str, str]]()  # calls, by name and type
        self.activations = Activations()
        self.weights: dict[int, Any] = {}  # of a keras.Function, which no model lists
        self._fields = Fields(graph.inputs)
        self._gradients = Gradients(graph)
        self._inside_one = False  # inside a layer that is told as one

    def count(self, graph: Graph, path: str) -> tuple[LayerCost, ...]:
        """Return a row for each layer or operation in a layer's graph, in the order of calls."""
        by_operation: dict[int, LayerCost] = {}
        for call in graph.calls:
            key = id(call.operation)
            row = self._row(call, path)
            by_operation[key] = rows.joined(by_operation[key], row) if key in by_operation else row
        return tuple(by_operation.values())

    def _row(self, call: Call, path: str) -> LayerCost:
        operation = call.operation
        name = f"{path}{operation.name}"
        products = self._products(call)
        if products is None and call.inside is None:
            self.uncounted[name, type(operation).__name__] += 1
        inside = self._inside(call, name)
        weights = self._weights(operation)
        shown = inside if inside and not _told_as_one(operation) else ()
        held = rows.total(shown, "activation_bytes")
        if not shown and not self._inside_one:
            held = self.activations.called(call)
        field = None
        if not self._inside_one:
            field = self._fields.called(call, seen_through=bool(shown))
        reached = "training_macs" if self._gradients.reaches(call) else "macs"
        macs = rows.total(inside, "macs") + rows.total(products, "macs")
        training_macs = rows.total(inside, "training_macs") + rows.total(products, reached)
        elements = rows.total(inside, "elementwise") + rows.total(products, "elementwise")
        return LayerCost(
            name=name,
            type=type(operation).__name__,
            output_shape=_without_batch(call.outputs[0].shape) if call.outputs else (),
            params=_size(weights),
            trainable_params=_size([weight for weight in weights if weight.trainable]),
            macs=call.times * macs,
            training_macs=call.times * training_macs,
            weight_bytes=_weight_bytes(weights),
            activation_bytes=held,
            elementwise=call.times * (elements + _elementwise(call, products)),
            receptive_field=field,
            layers=shown,
        )

    def _inside(self, call: Call, name: str) -> tuple[LayerCost, ...]:
        """Return the rows of what is inside a call."""
        if call.inside is None:
            return ()
        outside = self._inside_one
        self._inside_one = outside or _told_as_one(call.operation)
        self._pass(call.inputs, call.inside.inputs)
        found = self.count(call.inside, f"{name}/")
        self._pass(call.inside.outputs, call.outputs)
        self._inside_one = outside
        return found

    def _products(self, call: Call) -> list[Product] | None:
        """Return a call's own products by its user's rule or the table's, None without one."""
        operation, needs = call.operation, self._gradients.needs
        if layers.has_users_rule(operation):
            macs = layers.users_macs(operation, call.input_shapes, call.output_shapes)
            trained = any(weight.trainable for weight in operation.weights)
            return [product(macs, trained, any(map(needs, call.inputs)))]
        facts = facts_of(operation)
        unseen = facts.inside is not None and call.inside is None
        return None if facts.macs is None or unseen else facts.macs(call, needs)

    def _weights(self, operation: Any) -> list[Any]:
        """Return a layer's weights, or those of the layers in a keras.Function."""
        if isinstance(operation, keras.Function) and not isinstance(operation, keras.Layer):
            parts = [self._weights(each) for each in operation.operations]
            weights = {id(weight): weight for part in parts for weight in part}
            self.weights |= weights
            return list(weights.values())
        return list(getattr(operation, "weights", ()))

    def _pass(self, sources: Sequence[Any], targets: Sequence[Any]) -> None:
        """Hear of tensors that stand for others, inside a call or outside of it."""
        if self._inside_one:
            return
        for source, target in zip(sources, targets, strict=False):
            self.activations.same(source, target)
            self._fields.same(source, target)


def _told_as_one(operation: Any) -> bool:
    """Return whether what is inside a call is not shown: a layer of Keras is one row, as others."""
    return kind_of(operation).__module__.startswith("keras.src.layers")


def _without_batch(shape: Any) -> tuple[Any, ...]:
    """Return a shape without its batch of one; what holds more than one image is shown whole."""
    sizes = tuple(shape)
    return sizes[1:] if sizes[:1] in ((None,), (1,)) else sizes


def _elementwise(call: Call, products: list[Product] | None) -> int:
    """Return a call's own element-wise operations; what is inside it tells of the rest.

    Raises BadInput for a layer whose output has an open dimension, which no size is known of.
    """
    if products is None or layers.has_users_rule(call.operation):
        return 0
    facts = facts_of(call.operation)
    if facts.inside is None and isinstance(call.operation, keras.Layer):
        _ = call.output_shapes  # raises, where nothing else asks for them
    return facts.elementwise(call)


def _calls_text(layer: tuple[str, str], calls: int) -> str:
    return f"{layer[0]} ({layer[1]}{f', {calls} calls' if calls > 1 else ''})"


def _weight_bytes(weights: Any) -> int:
    held = [prod(each.shape) * item_bytes(str(each.dtype)) for each in weights]
    return round(sum(held, 0.0)) if held else 0


def _size(weights: Any) -> int:
    return sum([int(prod(weight.shape)) for weight in weights]) if weights else 0
