"""From a Keras model to the graph of its calls, each with its shapes for one image; nothing is run.

A functional model holds its graph, in which the batch is open. What is put into the batch (windows,
frames) cannot be told from it there, so the graph is gone through again with a batch of 1, unless
all its operations are known to leave the batch alone. Whatever else has a Python `call` (a
subclassed model, a layer of yours) is called once with keras.KerasTensor, which have a shape and no
values: each layer and each keras.ops operation inside becomes a call of a graph in the same way.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import keras
from keras import tree

from netzoo.cost import layers
from netzoo.cost.exchange import concrete_weights, symbolic_weights
from netzoo.cost.graph import Call, Graph, NotSeen, batch_of_one, in_mode, is_open, tensors_in
from netzoo.cost.kinds import facts_of
from netzoo.cost.recorded import is_as_recorded, nodes, packed, recorded
from netzoo.cost.symbolic import heard, quiet
from netzoo.errors import BadInput, telling_line


@dataclass
class _Record:
    """What is heard of while a call is traced."""

    training: bool
    calls: list[Call] = field(default_factory=list)
    losses: list[Any] = field(default_factory=list)
    updates: list[Any] = field(default_factory=list)


class Tracer:
    """Makes graphs of calls; it hears of the calls inside a traced one."""

    def __init__(self) -> None:
        self._records: list[_Record] = []
        self._insides: dict[int, Graph] = {}  # of the layer that is being called, by its output

    def through(
        self, function: Any, given: list[Any], training: bool, *, again: bool = True
    ) -> Graph:
        """Return the graph of the calls that a functional model or keras.Function has recorded.

        given: its inputs. again: call each operation on them; else take the recorded tensors.
        """
        tensors = dict(zip(map(id, function.inputs), given, strict=True))
        calls = []
        for node in nodes(function):
            operation = node.operation
            if all(id(tensor) in tensors for tensor in node.outputs):
                if not node.is_input:
                    continue  # an input of the function, made by what is before it
                outputs = [tensors[id(tensor)] for tensor in node.outputs]
                calls.append(Call(operation, (), {}, (), tuple(outputs)))
                continue
            if any(id(tensor) not in tensors for tensor in node.input_tensors):
                continue
            if again:
                arguments, keywords = node.arguments.fill_in(tensors)
                keywords = in_mode(operation, keywords, training)
                call = self.call(operation, arguments, keywords, training, node)
            else:
                call = self._as_recorded(node, training)
            if len(call.outputs) != len(node.outputs):
                raise NotSeen(f"{operation.name!r} takes the images of its batch apart.")
            tensors.update(zip(map(id, node.outputs), call.outputs, strict=True))
            calls.append(call)
        outputs = [tensors[id(tensor)] for tensor in function.outputs]
        return _graph(given, outputs, calls)

    def call(
        self,
        operation: Any,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        training: bool,
        node: Any = None,
    ) -> Call:
        """Return a call of a layer or an operation on symbolic tensors.

        node: the recorded call, whose outputs serve for a layer that cannot be called without
        values. Raises NotSeen, with the reason, for tensors that it does not take.
        """
        given = tensors_in(arguments, keywords)
        try:
            _check(operation, arguments)
            made, inside = self._made(operation, arguments, keywords, training)
        except BadInput:
            raise
        except Exception as error:
            if node is not None and is_as_recorded(node, given):
                outputs = tuple(map(_copied, node.outputs))
                return Call(operation, arguments, keywords, given, outputs)
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in given)
            raise NotSeen(
                f"{operation.name!r} ({type(operation).__name__}) cannot be called on {shapes}, "
                f"as one image gives it: {telling_line(error)}"
            ) from error
        return Call(operation, arguments, keywords, given, tensors_in((made,)), inside)

    def _as_recorded(self, node: Any, training: bool) -> Call:
        """Return a recorded call of a layer whose outputs and inside need no look at its code."""
        keywords = in_mode(node.operation, node.arguments.kwargs, training)
        given, outputs = tuple(node.input_tensors), tuple(node.outputs)
        call = Call(node.operation, node.arguments.args, keywords, given, outputs)
        expand = facts_of(node.operation).inside
        if expand is None or layers.has_users_rule(node.operation):
            return call
        try:
            return replace(call, inside=expand(self, call, training))
        except NotSeen:
            return call

    def python(
        self, layer: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], training: bool
    ) -> tuple[Graph, Any]:
        """Return the graph of one call of a layer's Python code, and the outputs as structured.

        Raises NotSeen, with the reason, if it cannot be called without values.
        """
        fresh: dict[int, Any] = {}

        def refresh(value: Any) -> Any:
            if not isinstance(value, keras.KerasTensor):
                return value
            if id(value) not in fresh:
                fresh[id(value)] = keras.KerasTensor(batch_of_one(value.shape), dtype=value.dtype)
            return fresh[id(value)]

        arguments, keywords = tree.map_structure(refresh, (arguments, keywords))
        quantized = getattr(layer, "quantization_mode", None) is not None
        function = layer.quantized_call if quantized else layer.call
        # What is made of weights alone shows where they are symbolic; code that reads their values
        # can only be seen where they are not.
        for weights in (symbolic_weights, concrete_weights):
            record = _Record(training)
            self._records.append(record)
            try:
                with weights(layer), heard(self, training):
                    outputs = function(*arguments, **keywords)
                break
            except Exception as error:
                failure = error
            finally:
                self._records.pop()
        else:
            reason = str(failure).strip().partition("\n")[0]
            name = getattr(layer, "name", type(layer).__name__)
            raise NotSeen(
                f"{name!r} ({type(layer).__name__}) cannot be called without values: {reason}"
            ) from failure
        produced = tensors_in((outputs,))
        graph = _graph(tensors_in(arguments, keywords), produced, _live(record, produced))
        asks = bool(getattr(layer, "_call_has_training_arg", False))
        return replace(
            graph,
            losses=tuple(record.losses),
            updates=tuple(record.updates),
            may_differ=graph.may_differ or asks,
        ), outputs

    def layer_outputs(self, layer: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        """Return the outputs of a layer that is called inside a traced call."""
        training = keywords.get("training")
        if training is None:
            training = self._records[-1].training
        outputs, inside = self._made(layer, arguments, keywords, bool(training))
        produced = tensors_in((outputs,))
        if inside is not None and produced:
            self._insides[id(produced[0])] = inside
        return outputs

    def called(self, operation: Any, arguments: Any, keywords: Any, outputs: Any) -> None:
        """Keep a call that was made inside a traced call."""
        record, produced = self._records[-1], tensors_in((outputs,))
        given = tensors_in(arguments, keywords)
        inside = self._insides.pop(id(produced[0]), None) if produced else None
        function = None if isinstance(operation, keras.Layer) else recorded(operation)
        if function is not None:
            inside = self.through(function, list(given), record.training)
        record.calls.append(Call(operation, arguments, keywords, given, produced, inside))

    def evaluated(self, operation: Any, operands: tuple[Any, ...], result: Any) -> None:
        """Keep a product of values that was made inside a traced call."""
        if not hasattr(result, "shape"):
            return
        made = _copied(result)
        call = Call(operation, operands, {}, (), (made,))
        rule = facts_of(operation).macs
        products = rule(call, lambda _: False) if rule is not None else None
        if any(product.macs for product in products or ()):
            self._records[-1].calls.append(call)
            self._records[-1].updates.append(made)  # nothing symbolic shows who reads it

    def loss_added(self, loss: Any) -> None:
        """Keep a loss that was added inside a traced call."""
        self._records[-1].losses.append(loss)

    def assigned(self, value: Any) -> None:
        """Keep a value that was assigned inside a traced call."""
        self._records[-1].updates.append(value)

    def _made(
        self, operation: Any, arguments: Any, keywords: dict[str, Any], training: bool
    ) -> tuple[Any, Graph | None]:
        """Return a call's outputs, and what it is made of, where that is what tells its cost."""
        facts, of_user = facts_of(operation), layers.has_users_rule(operation)
        seen_through = facts.macs is None and not of_user
        function = recorded(operation) if seen_through else None
        if function is not None:
            graph = self.through(function, list(tensors_in(arguments)), training)
            return packed(operation, function, graph.outputs), graph
        if seen_through and isinstance(operation, keras.Layer):
            try:
                graph, made = self.python(operation, arguments, keywords, training)
                return tree.map_structure(_copied, made), graph
            except NotSeen:
                pass
        outputs = self._specs(operation, arguments, keywords, training)
        if of_user or facts.inside is None:
            return outputs, None
        given, produced = tensors_in(arguments, keywords), tensors_in((outputs,))
        call = Call(operation, arguments, keywords, given, produced)
        try:
            return outputs, facts.inside(self, call, training)
        except NotSeen:
            return outputs, None

    def _specs(
        self, operation: Any, arguments: Any, keywords: dict[str, Any], training: bool
    ) -> Any:
        """Return symbolic outputs, without a dimension that is open though the inputs tell it."""
        if not isinstance(operation, keras.Layer):
            with quiet():
                return operation.compute_output_spec(*arguments, **keywords)
        with concrete_weights(operation), quiet():
            outputs = operation.compute_output_spec(*arguments, **keywords)
        if is_open(tensors_in((outputs,))) and not is_open(tensors_in(arguments, keywords)):
            try:
                _, made = self.python(operation, arguments, keywords, training)
                return tree.map_structure(_copied, made)
            except NotSeen:
                pass
        return outputs


def _graph(given: Any, outputs: Any, calls: Any) -> Graph:
    inside = [call.inside for call in calls if call.inside is not None]
    differ = any(graph.may_differ for graph in inside)
    return Graph(tuple(given), tuple(outputs), tuple(calls), may_differ=differ)


def _check(operation: Any, arguments: tuple[Any, ...]) -> None:
    """Raise for a shape that a layer was not built for, as a call of it would."""
    if isinstance(operation, keras.Layer) and arguments:
        operation._assert_input_compatibility(arguments[0])


def _live(record: _Record, produced: Any) -> list[Call]:
    """Return the calls that an output, a loss or an update depends on."""
    needed = {id(tensor) for tensor in (*produced, *record.losses, *record.updates)}
    live = []
    for call in reversed(record.calls):
        if (call.inside is not None and call.inside.has_effects) or not needed.isdisjoint(
            map(id, call.outputs)
        ):
            needed.update(map(id, call.inputs))
            live.append(call)
    return live[::-1]


def _copied(value: Any) -> Any:
    """Return another symbolic tensor like a tensor; what a layer returns may be its own input."""
    if value is None or not hasattr(value, "shape"):
        return value
    dtype = keras.backend.standardize_dtype(value.dtype)
    return keras.KerasTensor(batch_of_one(value.shape), dtype=dtype)
