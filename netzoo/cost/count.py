"""Walk a Keras model and count each layer by its rule, or by what it is made of.

Convention: MACs are multiply-adds of convolutions and matrix products, bias not counted; FLOPs =
2 × MACs, the convention of PyTorch's FlopCounterMode; batch 1.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any, TypeVar

import keras

from netzoo.cost import elementwise, layers, operations
from netzoo.cost.field import Fields
from netzoo.cost.graph import Call, Graph, NotSeen, inner_graph, model_graph, traced
from netzoo.cost.memory import Activations, item_bytes
from netzoo.cost.operations import Product, product
from netzoo.costs import Cost, LayerCost
from netzoo.errors import BadInput

Rule = Callable[[Any, Sequence[tuple[int, ...]], Sequence[tuple[int, ...]]], int]
RuleFunction = TypeVar("RuleFunction", bound=Rule)

_USER_RULES: dict[type, Rule] = {}


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
    if layer_class in {*_USER_RULES, *layers.RULES, *layers.STEPWISE, *layers.FREE}:
        raise BadInput(
            f"{layer_class.__name__} has a cost rule already; give one to a subclass of it."
        )

    def decorate(rule: RuleFunction) -> RuleFunction:
        _USER_RULES[layer_class] = rule
        return rule

    return decorate


def count_cost(model: Any, input_shape: tuple[int, ...] | None = None) -> Cost:
    """Return parameters, MACs and training MACs of a built Keras model, by layer.

    input_shape: without batch; for a model with open dimensions, or built on another shape.
    Nothing is run. A layer that is called several times has its weights counted once and its MACs
    at each call. What cannot be counted adds 0 MACs and is named in the result's `uncounted`.
    Raises BadInput for what is not a built model, or has an open dimension other than its batch.

    >>> import keras, netzoo
    >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
    >>> cost = netzoo.count_cost(model)
    >>> cost.params, cost.macs, cost.training_flops
    (7850, 7840, 31360)
    """
    graph = model_graph(model, input_shape)
    counter = _Counter()
    rows = counter.count(graph, "", model)
    weights = list({id(weight): weight for weight in model.weights}.values())
    return Cost(
        model=model.name,
        input_shape=tuple(graph.inputs[0].shape[1:]),
        layers=rows,
        params=_size(weights),
        trainable_params=_size(weight for weight in weights if weight.trainable),
        weight_bytes=_weight_bytes(weights),
        peak_activation_bytes=counter.activations.peak_bytes(graph.outputs),
        uncounted=tuple(_calls_text(*entry) for entry in counter.uncounted.items()),
    )


class _Counter:
    """Counts graphs and what is inside their layers; remembers what needs gradients."""

    def __init__(self) -> None:
        self.uncounted = Counter[tuple[str, str]]()  # calls, by name and type
        self._trained: set[int] = set()  # symbolic tensors that depend on a trained weight
        self._kept: list[Any] = []  # the tensors themselves, or their ids would be given again
        self._in_trained_layer = False
        self._stepping = False
        self.activations = Activations()
        self._fields = Fields()

    def count(self, graph: Graph, path: str, owner: Any) -> tuple[LayerCost, ...]:
        """Return a row for each layer or operation in a layer's graph, in the order of calls."""
        self._kept.append(graph)
        outside = self._in_trained_layer
        self._in_trained_layer = any(weight.trainable for weight in owner.weights)
        rows: dict[int, LayerCost] = {}
        for call in graph.calls:
            key = id(call.operation)
            row = self._row(call, path)
            rows[key] = _joined(rows[key], row) if key in rows else row
        self._in_trained_layer = outside
        return tuple(rows.values())

    def needs(self, value: Any) -> bool:
        """Return whether training needs the gradient of an operand.

        Inside a layer, a plain tensor is a part of one of its weights (a slice, a sum).
        """
        if isinstance(value, keras.KerasTensor):
            return id(value) in self._trained
        if isinstance(value, keras.Variable):
            return bool(value.trainable)
        return self._in_trained_layer and hasattr(value, "shape")

    def _row(self, call: Call, path: str) -> LayerCost:
        operation = call.operation
        name = f"{path}{operation.name}"
        inside: tuple[LayerCost, ...] = ()
        products = self._products(call, name)
        known = products
        if products is None:
            graph = inner_graph(call) if isinstance(operation, keras.layers.Layer) else None
            if graph is None:
                self.uncounted[name, type(operation).__name__] += 1
                products = []
            else:
                self._pass(call.inputs, graph.inputs)
                inside = self.count(graph, f"{name}/", operation)
                self._pass(graph.outputs, call.outputs)
        weights = getattr(operation, "weights", [])
        held = _sum(inside, "activation_bytes")
        if not inside and not self._stepping:
            held = self.activations.called(call)
        if not inside and any(map(self.needs, (*call.inputs, *weights, *call.arguments))):
            self._trained.update(map(id, call.outputs))
        return LayerCost(
            name=name,
            type=type(operation).__name__,
            output_shape=tuple(call.outputs[0].shape[1:]) if call.outputs else (),
            params=_size(weights),
            trainable_params=_size(weight for weight in weights if weight.trainable),
            macs=_sum(inside or products, "macs"),
            training_macs=_sum(inside or products, "training_macs"),
            weight_bytes=_weight_bytes(weights),
            activation_bytes=held,
            elementwise=_sum(inside or products, "elementwise") + _elementwise(call, known),
            receptive_field=None
            if self._stepping
            else self._fields.called(call, seen_through=bool(inside)),
            layers=inside,
        )

    def _products(self, call: Call, name: str) -> list[Product] | None:
        """Return the products by the first rule that there is, None without one."""
        operation = call.operation
        kind = type(operation)
        own = getattr(operation, "count_macs", None)
        if kind in _USER_RULES or own is not None:
            shapes = call.input_shapes, call.output_shapes
            macs = own(*shapes) if own is not None else _USER_RULES[kind](operation, *shapes)
            trained = any(weight.trainable for weight in operation.weights)
            return [product(int(macs), trained, any(map(self.needs, call.inputs)))]
        if kind in layers.RULES:
            return layers.RULES[kind](operation, call, self.needs)
        if kind in layers.FREE:
            return []
        if kind in layers.STEPWISE:

            def inside(layer: Any, arguments: tuple[Any, ...], flags: tuple[bool, ...]) -> Product:
                graph = traced(layer, arguments, {})
                for tensor, flag in zip(graph.inputs, flags, strict=True):
                    if flag:
                        self._trained.add(id(tensor))
                stepping, self._stepping = self._stepping, True
                rows = self.count(graph, f"{name}/", layer)
                self._stepping = stepping
                return Product(
                    *(_sum(rows, name) for name in ("macs", "training_macs", "elementwise"))
                )

            try:
                return layers.STEPWISE[kind](operation, call, self.needs, inside)
            except NotSeen:
                return None
        return operations.products(call, self.needs)

    def _pass(self, sources: Sequence[Any], targets: Sequence[Any]) -> None:
        """Carry the need for gradients from tensors to those that stand for them elsewhere."""
        for source, target in zip(sources, targets, strict=False):
            self.activations.same(source, target)
            self._fields.same(source, target)
            if id(source) in self._trained:
                self._trained.add(id(target))


def _elementwise(call: Call, products: list[Product] | None) -> int:
    """Return a call's own element-wise operations; what is inside it or in a rule tells its own."""
    kind = type(call.operation)
    if products is None or kind in _USER_RULES or hasattr(call.operation, "count_macs"):
        return 0
    if kind in layers.FREE or (kind in layers.RULES and not any(p.elementwise for p in products)):
        return elementwise.layer_operations(call.operation, call)
    is_layer = isinstance(call.operation, keras.layers.Layer)
    return 0 if is_layer or products else elementwise.operations(call)


def _calls_text(layer: tuple[str, str], calls: int) -> str:
    return f"{layer[0]} ({layer[1]}{f', {calls} calls' if calls > 1 else ''})"


def _joined(first: LayerCost, second: LayerCost) -> LayerCost:
    """Return the row of a layer that is called again."""
    return replace(
        second,
        macs=first.macs + second.macs,
        training_macs=first.training_macs + second.training_macs,
        activation_bytes=first.activation_bytes + second.activation_bytes,
        elementwise=first.elementwise + second.elementwise,
        layers=tuple(map(_joined, first.layers, second.layers)),
    )


def _sum(parts: Any, field: str) -> int:
    return sum(int(getattr(part, field)) for part in parts or ())


def _weight_bytes(weights: Any) -> int:
    return round(sum(_size([each]) * item_bytes(str(each.dtype)) for each in weights))


def _size(weights: Any) -> int:
    return sum(prod(weight.shape) for weight in weights)
