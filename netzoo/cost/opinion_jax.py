"""The multiply-adds that JAX itself traces in a call: a second opinion on netzoo's own rules.

Counted from the jaxpr, by the primitive and its shapes; no layer is known here and no value is
computed. A convolution counts its padding; a transposed one counts each input element times the
whole kernel, not the zeros that JAX puts between the elements. A product without a sum is none.
What no output depends on is not compiled, so not counted.
"""

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import jax
from jax.extend.core import Literal

# Their bodies run once. The names differ between the releases of JAX.
_CALL_NAMES = """
    checkpoint closed_call composite core_call custom_jvp_call custom_vjp_call
    custom_vjp_call_jaxpr jit pjit remat remat2
"""
_CALLS = frozenset(_CALL_NAMES.split())

# Products inside that the shapes do not tell, or that JAX does not show.
_REFUSED_NAMES = """
    cholesky cholesky_update custom_linear_solve eig eigh fft ffi_call geqp3 geqrf hessenberg
    householder_product io_callback lu pallas_call pure_callback qr ragged_dot ragged_dot_general
    rnn_bwd rnn_fwd scaled_dot scaled_matmul schur svd symmetric_product tpu_custom_call
    triangular_solve tridiagonal tridiagonal_solve
"""
_REFUSED = frozenset(_REFUSED_NAMES.split())

# Functions of JAX that work element by element for netzoo, and that JAX writes as matrix products.
_INTERPOLATIONS = frozenset({"_resize"})


def count_macs(function: Callable[..., Any], specs: Sequence[Any]) -> int:
    """Return the multiply-adds of `function` called on tensors like the specs.

    specs: one a tensor, with a full `shape` and a `dtype`.
    Raises ValueError for what cannot be traced, or has products that cannot be counted.
    """
    inputs = [
        jax.ShapeDtypeStruct(tuple(spec.shape), jax.dtypes.canonicalize_dtype(spec.dtype))
        for spec in specs
    ]
    try:
        traced = jax.make_jaxpr(function)(*inputs)
    except jax.errors.JAXTypeError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"JAX cannot trace the call without values: {reason}") from error
    return _macs(traced.jaxpr)


def _macs(jaxpr: Any) -> int:
    made = _made_of_nothing(jaxpr)
    return sum(_equation_macs(equation, made) for equation in _live(jaxpr))


def _live(jaxpr: Any) -> Iterator[Any]:
    """Yield the equations that an output or an effect depends on.

    Keras calls stacked cells once before the steps, only for the shapes of their dropout masks.
    """
    needed = set(_variables(jaxpr.outvars))
    for equation in reversed(jaxpr.eqns):
        if equation.effects or not needed.isdisjoint(equation.outvars):
            needed.update(_variables(equation.invars))
            yield equation


def _equation_macs(equation: Any, made: set[Any]) -> int:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        return _dot_macs(equation)
    if name == "conv_general_dilated":
        if equation.invars[1] in made:
            raise ValueError(
                "conv_general_dilated has a kernel made of neither weights nor inputs: JAX moves "
                "elements so, or filters them; this is not counted."
            )
        return _conv_macs(equation)
    if name in _REFUSED:
        raise ValueError(f"{name} has products inside that its shapes do not tell.")
    if params.get("name") in _INTERPOLATIONS:
        return 0
    inside = [_macs(jaxpr) for jaxpr in _inner_jaxprs(params)]
    if name in _CALLS or not any(inside):
        return sum(inside)
    if name == "scan":
        return int(params["length"]) * sum(inside)
    if name == "cond":
        if len(set(inside)) > 1:
            raise ValueError(f"the branches of a cond differ, in multiply-adds: {inside}.")
        return inside[0]
    if name == "while":
        raise ValueError("a while loop has products inside, and how often it runs is not traced.")
    raise ValueError(f"{name} has products inside, and how often they run is not known here.")


def _dot_macs(equation: Any) -> int:
    left = _shape(equation.invars[0])
    (summed, _), _ = equation.params["dimension_numbers"]
    if not summed:
        return 0
    sizes: list[int] = [left[axis] for axis in summed]
    return prod(_shape(equation.outvars[0])) * prod(sizes)


def _conv_macs(equation: Any) -> int:
    params = equation.params
    image, kernel = map(_shape, equation.invars)
    axes: tuple[int, ...] = params["dimension_numbers"].rhs_spec  # filters, channels, *window
    window = [kernel[axis] for axis in axes[2:]]
    if params["batch_group_count"] != 1:
        raise ValueError(
            "conv_general_dilated with batch groups, as in a gradient, is not counted."
        )
    strided = any(stride != 1 for stride in params["window_strides"])
    spread = any(dilation != 1 for dilation in params["lhs_dilation"])
    if spread and strided:
        raise ValueError("conv_general_dilated with strides on both sides is not counted.")
    if spread or (not strided and _is_full(window, params)):
        filters = kernel[axes[0]] // int(params["feature_group_count"])
        return prod(image) * prod(window) * filters
    return prod(_shape(equation.outvars[0])) * prod(window) * kernel[axes[1]]


def _shape(variable: Any) -> tuple[int, ...]:
    return tuple(variable.aval.shape)


def _is_full(window: list[int], params: Any) -> bool:
    """Return whether each element meets the whole kernel: all that shows a stride of 1 transposed.

    Keras pads any other convolution by less than that, on one side at least.
    """
    reach = [
        dilation * (size - 1) for size, dilation in zip(window, params["rhs_dilation"], strict=True)
    ]
    full = [(size, size) for size in reach]
    return full == [tuple(sides) for sides in params["padding"]]


def _made_of_nothing(jaxpr: Any) -> set[Any]:
    """Return the variables that depend on no input and no constant of the jaxpr, as iota does.

    Random numbers are the weights of a model that is built without values.
    """
    made: set[Any] = set()
    for equation in jaxpr.eqns:
        if "random" not in equation.primitive.name and made.issuperset(_variables(equation.invars)):
            made.update(equation.outvars)
    return made


def _variables(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if not isinstance(value, Literal)]


def _inner_jaxprs(params: dict[str, Any]) -> Iterator[Any]:
    for value in params.values():
        for part in value if isinstance(value, (list, tuple)) else (value,):
            jaxpr = getattr(part, "jaxpr", part)  # of a closed jaxpr, its jaxpr
            if hasattr(jaxpr, "eqns"):
                yield jaxpr
