"""The matrix products of each keras.ops operation, by the name of its class.

Layers without a rule of their own are counted by the operations that their `call` is made of, and
so is every operation in a functional graph. An operation that is in neither table below moves,
compares or combines single elements, and has no product.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from netzoo.cost import rules
from netzoo.cost.graph import Call, batch_of_one

Needs = Callable[[Any], bool]  # whether a value needs a gradient in training


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


def products(call: Call, needs: Needs) -> list[Product] | None:
    """Return the products of a call of a keras.ops operation, None for one without a rule."""
    name = type(call.operation).__name__
    if name in UNKNOWN or not type(call.operation).__module__.startswith("keras.src.ops"):
        return None
    rule = RULES.get(name)
    return [] if rule is None else rule(call, needs)


def _two(macs: int, left: Any, right: Any, needs: Needs) -> list[Product]:
    return [product(macs, needs(left), needs(right))]


def _shape(value: Any) -> rules.Shape:
    return tuple(batch_of_one(value.shape))


def _matmul(call: Call, needs: Needs) -> list[Product]:
    left, right = call.arguments[:2]
    return _two(rules.matmul_macs(_shape(left), call.output_shapes[0]), left, right, needs)


def _vdot(call: Call, needs: Needs) -> list[Product]:
    left, right = call.arguments[:2]
    return _two(prod(_shape(left)), left, right, needs)


def _tensordot(call: Call, needs: Needs) -> list[Product]:
    left, right = call.arguments[:2]
    axes = call.operation.axes
    shape = _shape(left)
    if isinstance(axes, int):
        summed = prod(shape[len(shape) - axes :])
    else:
        mine = axes[0] if isinstance(axes[0], (list, tuple)) else [axes[0]]
        summed = prod(shape[axis] for axis in mine)
    return _two(prod(call.output_shapes[0]) * summed, left, right, needs)


def _einsum(call: Call, needs: Needs) -> list[Product] | None:
    if len(call.arguments) > 2:
        return None  # how many products it makes depends on the order that a backend picks
    shapes = tuple(_shape(value) for value in call.arguments)
    macs = rules.einsum_macs(call.operation.subscripts, shapes)
    return [product(macs, *map(needs, call.arguments))]


def _conv(call: Call, needs: Needs) -> list[Product]:
    image, kernel = call.arguments[:2]
    return _two(rules.conv_macs(call.output_shapes[0], _shape(kernel)), image, kernel, needs)


def _conv_transpose(call: Call, needs: Needs) -> list[Product]:
    image, kernel = call.arguments[:2]
    return _two(rules.transposed_conv_macs(_shape(image), _shape(kernel)), image, kernel, needs)


def _depthwise_conv(call: Call, needs: Needs) -> list[Product]:
    image, kernel = call.arguments[:2]
    macs = rules.depthwise_conv_macs(call.output_shapes[0], _shape(kernel))
    return _two(macs, image, kernel, needs)


def _separable_conv(call: Call, needs: Needs) -> list[Product]:
    image, depthwise, pointwise = call.arguments[:3]
    filters = _shape(pointwise)[-1]
    first, second = rules.separable_conv_macs(
        call.output_shapes[0], filters, _shape(depthwise), _shape(pointwise)
    )
    between = needs(image) or needs(depthwise)
    return [
        product(first, needs(image), needs(depthwise)),
        product(second, between, needs(pointwise)),
    ]


def _attention(call: Call, needs: Needs) -> list[Product]:
    query, key, value = call.arguments[:3]
    scores, values = rules.attention_macs(_shape(query), _shape(key), _shape(value))
    return [
        product(scores, needs(query), needs(key)),
        product(values, needs(query) or needs(key), needs(value)),
    ]


RULES: dict[str, Callable[[Call, Needs], list[Product] | None]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DepthwiseConv": _depthwise_conv,
    "Dot": _matmul,
    "DotProductAttention": _attention,
    "Einsum": _einsum,
    "Inner": _matmul,
    "Matmul": _matmul,
    "SeparableConv": _separable_conv,
    "Tensordot": _tensordot,
    "Vdot": _vdot,
}

# Operations with products inside that shapes alone do not tell: decompositions, transforms, loops
# over a function, filters with a kernel of their own, matrices raised or inverted.
_UNKNOWN_NAMES = """
    AssociativeScan CDist CTCDecode CTCLoss Cholesky CholeskyInverse Cond Corrcoef Correlate Det Eig
    Eigh ElasticTransform FFT FFT2 ForiLoop GaussianBlur IFFT2 IRFFT ISTFT Inv JVP Logdet Lstsq
    LuFactor Map MatrixRank Pinv Qr RFFT SSIM STFT SVD Scan Slogdet SobelEdges Solve
    SolveTriangular Switch VectorizedMap WhileLoop
"""
UNKNOWN = frozenset(_UNKNOWN_NAMES.split())
