"""The matrix products of keras.ops operations: a rule for each kind of operation that makes any.

Which operation has which rule is in `operation_facts.py`. Layers without a rule of their own are
counted by the operations that their `call` is made of, and so is every operation in a functional
graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from netzoo.cost import rules
from netzoo.cost.graph import Call, batch_of_one

Needs = Callable[[Any], bool]  # whether a value needs a gradient in training
Rule = Callable[[Call, Needs], "list[Product] | None"]  # of a call: its products, None if untold


@dataclass(frozen=True)
class Product:
    """The multiply-adds of a matrix product or convolution, in one forward pass and in training.

    elementwise: operations that go with it and that no layer's rule tells.
    """

    macs: int
    training_macs: int
    elementwise: int = 0


def product(macs: int, *operands_need: bool) -> Product:
    """Return a product of two operands; the gradient of each that needs one costs as much again."""
    return Product(macs, macs * (1 + sum(operands_need)))


def free(call: Call, needs: Needs) -> list[Product]:
    """Return no product: there is none, whatever the settings."""
    return []


def untold(call: Call, needs: Needs) -> None:
    """Return None: there are products inside, and shapes alone do not tell how many."""
    return


def _two(macs: int, left: Any, right: Any, needs: Needs) -> list[Product]:
    return [product(macs, needs(left), needs(right))]


def _shape(value: Any) -> rules.Shape:
    return tuple(batch_of_one(getattr(value, "shape", ())))  # a number has none


def _by_element(call: Call) -> list[Product]:
    """Return the element-wise product of what is no matrix."""
    return [Product(0, 0, sum(map(prod, call.output_shapes)))]


def _operands(call: Call, *names: str) -> list[Any]:
    """Return the operands of an operation, which may be given by name."""
    rest = [call.keywords[name] for name in names[len(call.arguments) :]]
    return [*call.arguments[: len(names)], *rest]


def matmul(call: Call, needs: Needs) -> list[Product]:
    """Return the product of matmul, dot or inner."""
    left, right = _operands(call, "x1", "x2")
    if not (_shape(left) and _shape(right)):  # dot and inner take a number: each element times it
        return _by_element(call)
    return _two(rules.matmul_macs(_shape(left), call.output_shapes[0]), left, right, needs)


def vdot(call: Call, needs: Needs) -> list[Product]:
    """Return the product of two tensors as vectors."""
    left, right = _operands(call, "x1", "x2")
    if not (_shape(left) and _shape(right)):
        return _by_element(call)
    return _two(prod(_shape(left)), left, right, needs)


def tensordot(call: Call, needs: Needs) -> list[Product]:
    """Return the product of tensordot over the axes that it sums over."""
    left, right = _operands(call, "x1", "x2")
    axes = call.operation.axes
    if axes == 0:  # an outer product sums over nothing
        return _by_element(call)
    shape = _shape(left)
    if isinstance(axes, int):
        summed = prod(shape[len(shape) - axes :])
    else:
        mine = axes[0] if isinstance(axes[0], (list, tuple)) else [axes[0]]
        summed = prod(shape[axis] for axis in mine)
    return _two(prod(call.output_shapes[0]) * summed, left, right, needs)


def einsum(call: Call, needs: Needs) -> list[Product] | None:
    """Return the product of an Einstein sum of two operands at most, None for more."""
    if len(call.arguments) > 2:
        return None  # how many products it makes depends on the order that a backend picks
    shapes = tuple(_shape(value) for value in call.arguments)
    macs = rules.einsum_macs(call.operation.subscripts, shapes)
    return [product(macs, *map(needs, call.arguments))]


def conv(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a convolution."""
    image, kernel = _operands(call, "inputs", "kernel")
    return _two(rules.conv_macs(call.output_shapes[0], _shape(kernel)), image, kernel, needs)


def conv_transpose(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a transposed convolution."""
    image, kernel = _operands(call, "inputs", "kernel")
    return _two(rules.transposed_conv_macs(_shape(image), _shape(kernel)), image, kernel, needs)


def depthwise_conv(call: Call, needs: Needs) -> list[Product]:
    """Return the product of a depthwise convolution."""
    image, kernel = _operands(call, "inputs", "kernel")
    macs = rules.depthwise_conv_macs(call.output_shapes[0], _shape(kernel))
    return _two(macs, image, kernel, needs)


def separable_conv(call: Call, needs: Needs) -> list[Product]:
    """Return the two products of a separable convolution, depthwise and pointwise."""
    image, depthwise, pointwise = _operands(call, "inputs", "depthwise_kernel", "pointwise_kernel")
    filters = _shape(pointwise)[-1]
    first, second = rules.separable_conv_macs(
        call.output_shapes[0], filters, _shape(depthwise), _shape(pointwise)
    )
    between = needs(image) or needs(depthwise)
    return [
        product(first, needs(image), needs(depthwise)),
        product(second, between, needs(pointwise)),
    ]


def attention(call: Call, needs: Needs) -> list[Product]:
    """Return the products of dot-product attention: of the scores, and of the values."""
    query, key, value = _operands(call, "query", "key", "value")
    scores, values = rules.attention_macs(_shape(query), _shape(key), _shape(value))
    pairs = scores // _shape(query)[-1]
    return [
        product(scores, needs(query), needs(key)),
        product(values, needs(query) or needs(key), needs(value)),
        Product(0, 0, 2 * pairs),  # scale and softmax of the scores
    ]
