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
    if name in UNKNOWN or not type(call.operation).__module__.startswith(_OF_KERAS):
        return None
    rule = RULES.get(name)
    return [] if rule is None else rule(call, needs)


def keeps_batch(operation: Any) -> bool:
    """Return whether an operation works element by element, so that it leaves the batch alone."""
    of_keras = type(operation).__module__.startswith(_OF_KERAS)
    return of_keras and type(operation).__name__ in _POINTWISE


def _two(macs: int, left: Any, right: Any, needs: Needs) -> list[Product]:
    return [product(macs, needs(left), needs(right))]


def _shape(value: Any) -> rules.Shape:
    return tuple(batch_of_one(getattr(value, "shape", ())))  # a number has none


def _operands(call: Call, *names: str) -> list[Any]:
    """Return the operands of an operation, which may be given by name."""
    rest = [call.keywords[name] for name in names[len(call.arguments) :]]
    return [*call.arguments[: len(names)], *rest]


def _matmul(call: Call, needs: Needs) -> list[Product]:
    left, right = _operands(call, "x1", "x2")
    if not (_shape(left) and _shape(right)):  # dot and inner take a number: each element times it
        return []
    return _two(rules.matmul_macs(_shape(left), call.output_shapes[0]), left, right, needs)


def _vdot(call: Call, needs: Needs) -> list[Product]:
    left, right = _operands(call, "x1", "x2")
    if not (_shape(left) and _shape(right)):
        return []
    return _two(prod(_shape(left)), left, right, needs)


def _tensordot(call: Call, needs: Needs) -> list[Product]:
    left, right = _operands(call, "x1", "x2")
    axes = call.operation.axes
    if axes == 0:  # an outer product sums over nothing
        return []
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
    image, kernel = _operands(call, "inputs", "kernel")
    return _two(rules.conv_macs(call.output_shapes[0], _shape(kernel)), image, kernel, needs)


def _conv_transpose(call: Call, needs: Needs) -> list[Product]:
    image, kernel = _operands(call, "inputs", "kernel")
    return _two(rules.transposed_conv_macs(_shape(image), _shape(kernel)), image, kernel, needs)


def _depthwise_conv(call: Call, needs: Needs) -> list[Product]:
    image, kernel = _operands(call, "inputs", "kernel")
    macs = rules.depthwise_conv_macs(call.output_shapes[0], _shape(kernel))
    return _two(macs, image, kernel, needs)


def _separable_conv(call: Call, needs: Needs) -> list[Product]:
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


def _attention(call: Call, needs: Needs) -> list[Product]:
    query, key, value = _operands(call, "query", "key", "value")
    scores, values = rules.attention_macs(_shape(query), _shape(key), _shape(value))
    pairs = scores // _shape(query)[-1]
    return [
        product(scores, needs(query), needs(key)),
        product(values, needs(query) or needs(key), needs(value)),
        Product(0, 0, 2 * pairs),  # scale and softmax of the scores
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

_OF_KERAS = ("keras.src.ops", "keras.src.activations")
_POINTWISE_NAMES = """
    Abs Absolute Add Cast Celu Clip Cos Divide Elu Erf Exp Expm1 Gelu HardSigmoid HardSilu HardTanh
    LeakyRelu Log Log1p LogSigmoid Maximum Minimum Mish Multiply Negative Power ReLU Reciprocal Relu
    Relu6 Rsqrt Selu Sigmoid Silu Sin Softplus Softsign Sqrt Square Subtract Tanh TrueDivide
"""
_POINTWISE = frozenset(_POINTWISE_NAMES.split())
