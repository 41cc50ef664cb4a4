"""The multiply-adds that TensorFlow itself traces in a call: a second opinion on netzoo's rules.

Counted from the graph, by the operation and its shapes; no layer is known here and no value is
computed. A convolution counts its padding; a transposed one counts each input element times the
whole kernel. A product without a sum is none. What no output depends on is not run, so not counted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import ceil, prod
from typing import Any

import tensorflow as tf

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_BRANCHES = frozenset({"Case", "If", "StatelessCase", "StatelessIf"})
_LOOPS = frozenset({"StatelessWhile", "While"})
_RESHAPES = frozenset({"ExpandDims", "Identity", "Reshape", "Squeeze"})

# Products that have no rule here, or that the shapes do not tell.
_REFUSED = re.compile(
    r"MatMul|Conv\dD|Convolution|DepthwiseConv|Einsum|RNN|LSTM|GRU|FFT|Cholesky|Svd|Qr|^Lu$|Eig"
    r"|Matrix(Inverse|Solve|TriangularSolve|Determinant|Exponential|Logarithm|SquareRoot)"
    r"|Tridiagonal|Xla(?!DynamicUpdateSlice)|PyFunc|CustomCall"
)


def count_macs(function: Callable[..., Any], specs: Sequence[Any]) -> int:
    """Return the multiply-adds of `function` called on tensors like the specs.

    specs: one a tensor, with a full `shape` and a `dtype`.
    Raises ValueError for what cannot be traced, or has products that cannot be counted.
    """
    inputs = [tf.TensorSpec(tuple(spec.shape), spec.dtype) for spec in specs]
    try:
        traced = tf.function(function, autograph=False).get_concrete_function(*inputs)
    except (TypeError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"TensorFlow cannot trace the call without values: {reason}") from error
    return _macs(traced.graph)


def _macs(graph: Any) -> int:
    return sum(_operation_macs(operation) for operation in _live(graph))


def _live(graph: Any) -> set[Any]:
    """Return the operations that an output or an effect of a graph depends on.

    Keras calls an RNN's cell once before the loop, only to see the shape of its output.
    """
    effects = filter(_has_effect, graph.control_outputs)
    return _ancestors([*(tensor.op for tensor in graph.outputs), *effects])


def _ancestors(operations: Sequence[Any]) -> set[Any]:
    """Return the operations that some need, themselves among them; of controls, the effects."""
    waiting = [*operations]
    found: set[Any] = set()
    while waiting:
        operation = waiting.pop()
        if operation not in found:
            found.add(operation)
            waiting += [tensor.op for tensor in operation.inputs]
            waiting += filter(_has_effect, operation.control_inputs)
    return found


def _has_effect(operation: Any) -> bool:
    """Return whether an operation does more than to compute its outputs."""
    bodies = _bodies(operation).values()
    if bodies:
        return any(_has_effect(inner) for body in bodies for inner in body.get_operations())
    return bool(operation.op_def.is_stateful) and operation.type != "ReadVariableOp"


def _bodies(operation: Any) -> dict[str, Any]:
    """Return the graphs of the functions that an operation calls, by the name of the attribute."""
    found = {}
    for name, value in operation.node_def.attr.items():
        functions = [value.func] if value.HasField("func") else value.list.func
        for place, function in enumerate(functions):
            body = operation.graph._get_function(function.name)
            if body is None:
                raise ValueError(f"{_title(operation)} calls {function.name}, which is not there.")
            found[f"{name}{place or ''}"] = body.graph
    return found


def _operation_macs(operation: Any) -> int:
    kind = operation.type
    if kind in _RULES:
        return _RULES[kind](operation)
    if _REFUSED.search(kind):
        raise ValueError(f"{_title(operation)} has products that are not counted here.")
    bodies = _bodies(operation)
    inside = {name: _macs(body) for name, body in bodies.items()}
    if kind in _CALLS or not any(inside.values()):
        return sum(inside.values())
    if kind in _BRANCHES:
        first, *others = inside.values()
        if any(macs != first for macs in others):
            raise ValueError(f"the branches of {_title(operation)} differ, in MACs: {inside}.")
        return first
    if kind in _LOOPS and not inside["cond"]:
        return inside["body"] * _trips(operation, bodies["cond"], bodies["body"])
    raise ValueError(f"{_title(operation)} has products inside; how often they run is unknown.")


def _matmul(operation: Any) -> int:
    flag = "transpose_a" if operation.type == "MatMul" else "adj_x"
    left = _shape(operation, operation.inputs[0])
    summed = left[-2] if operation.get_attr(flag) else left[-1]
    return prod(_shape(operation, operation.outputs[0])) * summed


def _einsum(operation: Any) -> int:
    terms, _, result = operation.get_attr("equation").decode().replace(" ", "").partition("->")
    operands = terms.split(",")
    if len(operands) == 1:
        return 0  # a sum, without a product
    sizes: dict[Any, int] = {}
    terms_of: list[tuple[Any, ...]] = []
    for term, tensor in zip(operands, operation.inputs, strict=True):
        shape = _shape(operation, tensor)
        before, _, after = term.partition("...")
        rest = shape[len(before) : len(shape) - len(after)]
        # The axes of "..." are aligned at their end, and sizes of 1 are stretched.
        labels = (*before, *range(-len(rest), 0), *after)
        terms_of.append(labels)
        for label, size in zip(labels, shape, strict=True):
            sizes[label] = max(size, sizes.get(label, 1))
    # What is in one operand alone and is not kept is summed before the product.
    shared = set(terms_of[0]) & set(terms_of[1])
    summed = any(isinstance(label, str) and label not in result for label in shared)
    apart = set(terms_of[0]) ^ set(terms_of[1])
    alone = {label for label in apart if isinstance(label, str) and label not in result}
    return prod(size for label, size in sizes.items() if label not in alone) if summed else 0


def _conv(operation: Any) -> int:
    *window, channels, _ = _shape(operation, operation.inputs[1])
    summed = 1 if operation.type == "DepthwiseConv2dNative" else channels
    return prod(_conv_output(operation)) * prod(window) * summed


def _transposed_conv(operation: Any) -> int:
    _, kernel, image = operation.inputs
    *window, filters, _ = _shape(operation, kernel)
    return prod(_shape(operation, image)) * prod(window) * filters


def _conv_output(operation: Any) -> tuple[int, ...]:
    """Return the shape of what a convolution is asked for.

    TensorFlow splits the image of a dilated convolution into blocks, which it pads to one size, and
    puts the results together without what the padding added. Where a depthwise one has strides too,
    Keras takes every so many of its pixels afterwards.
    """
    if _is_made_of_nothing(operation.inputs[1]):
        raise ValueError(
            f"{_title(operation)} has a kernel made of neither weights nor inputs: Keras moves "
            "elements so, or filters them; this is not counted."
        )
    output = operation.outputs[0]
    source = operation.inputs[0]
    while source.op.type in _RESHAPES:
        source = source.op.inputs[0]
    dilated = any(size != 1 for size in operation.get_attr("dilations"))
    if source.op.type == "SpaceToBatchND":
        dilated = True
        output = _together(operation, source.op)
    if dilated and operation.type == "DepthwiseConv2dNative":
        output = _strided(output)
    return _shape(operation, output)


def _is_made_of_nothing(kernel: Any) -> bool:
    """Return whether a tensor depends on constants of the graph alone.

    Random numbers are the weights of a model that is built without values.
    """
    sources = _ancestors([kernel.op])
    return not any("Random" in op.type or op.type == "Placeholder" for op in sources)


def _together(operation: Any, split: Any) -> Any:
    """Return the tensor that has the blocks of a convolution's output put together."""
    output = operation.outputs[0]
    while len(output.consumers()) == 1:
        following = output.consumers()[0]
        if following.type == "BatchToSpaceND" and _blocks(following) == _blocks(split):
            return following.outputs[0]
        if following.type not in _RESHAPES:
            break
        output = following.outputs[0]
    raise ValueError(f"{_title(operation)} works on blocks that are not put together again.")


def _blocks(operation: Any) -> list[int]:
    return [] if (sizes := _static(operation.inputs[1])) is None else list(sizes)


def _strided(output: Any) -> Any:
    """Return the tensor of every so many pixels of a tensor, itself if all are used."""
    following = output.consumers()
    if len(following) != 1 or following[0].type != "StridedSlice":
        return output
    strides = _static(following[0].inputs[3])
    everything = all(following[0].get_attr(mask) == 0b1111 for mask in ("begin_mask", "end_mask"))
    taken = strides is not None and len(strides) == 4 and max(strides) > 1
    return following[0].outputs[0] if everything and taken else output


def _trips(loop: Any, condition: Any, body: Any) -> int:
    """Return how often a loop runs, which counts up to limits as an RNN counts its time steps."""
    return min(_limit(loop, comparison, body, condition) for comparison in _conjuncts(condition))


def _conjuncts(condition: Any) -> Iterator[Any]:
    """Yield the operations that must all hold for the loop to go on."""
    waiting = [condition.outputs[0]]
    while waiting:
        operation = _plain(waiting.pop()).op
        if operation.type == "LogicalAnd":
            waiting += operation.inputs
        else:
            yield operation


def _limit(loop: Any, comparison: Any, body: Any, condition: Any) -> int:
    """Return how often `counter < limit` holds, if the body adds a constant to the counter."""
    unknown = ValueError(
        f"{_title(loop)} has products inside, and how often it runs is not known: "
        f"{_title(comparison)} compares no counter with a constant."
    )
    if comparison.type != "Less":
        raise unknown
    left, right = map(_plain, comparison.inputs)
    counter = _place(left, condition)
    limit = _static(right)
    if limit is None:
        place = _place(right, condition)
        if place is None or _place(_plain(body.outputs[place]), body) != place:
            raise unknown
        limit = _static(loop.inputs[place])
    if counter is None or limit is None:
        raise unknown
    start = _static(loop.inputs[counter])
    added = _plain(body.outputs[counter]).op
    if start is None or added.type not in ("Add", "AddV2"):
        raise unknown
    steps = [_static(term) for term in added.inputs if _place(_plain(term), body) != counter]
    if len(steps) != 1 or steps[0] is None or steps[0] <= 0:
        raise unknown
    return max(0, ceil((int(limit) - int(start)) / int(steps[0])))


def _place(tensor: Any, graph: Any) -> int | None:
    """Return which input of a graph a tensor is, None if it is none."""
    return next((i for i, given in enumerate(graph.inputs) if given is tensor), None)


def _plain(tensor: Any) -> Any:
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    return tensor


def _static(tensor: Any) -> Any:
    """Return a tensor's constant value, None if it has none that can be seen."""
    tensor = _plain(tensor)
    if tensor.op.type in ("Max", "Min") and tensor.op.inputs[0].shape.rank == 0:
        return _static(tensor.op.inputs[0])  # Keras passes a single length through reduce_max
    return tf.get_static_value(tensor)


def _shape(operation: Any, tensor: Any) -> tuple[int, ...]:
    if not tensor.shape.is_fully_defined():
        raise ValueError(f"{_title(operation)} has a shape that is open: {tensor.shape}.")
    return tuple(tensor.shape.as_list())


def _title(operation: Any) -> str:
    return f"{operation.type} {operation.name!r}"


_RULES: dict[str, Callable[[Any], int]] = {
    "BatchMatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "BatchMatMulV3": _matmul,
    "Conv2D": _conv,
    "Conv2DBackpropInput": _transposed_conv,
    "Conv3D": _conv,
    "Conv3DBackpropInputV2": _transposed_conv,
    "DepthwiseConv2dNative": _conv,
    "Einsum": _einsum,
    "MatMul": _matmul,
}
