"""PyTorch's own count of a call: torch.utils.flop_counter.FlopCounterMode on zeros."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def _vector_flops(left: Any, right: Any, *more: Any, out_shape: Any = None, **options: Any) -> int:
    """Return the FLOPs of a matrix or vector times a vector, which the counter does not know."""
    return 2 * int(prod(left))


_VECTORS = {
    torch.ops.aten.mv: _vector_flops,
    torch.ops.aten.dot: _vector_flops,
    torch.ops.aten.vdot: _vector_flops,
}


def count_macs(function: Callable[..., Any], specs: Sequence[Any]) -> int:
    """Return the multiply-adds of a call on tensors of the given shapes and dtypes; it is run.

    Attention is run as plain matrix products, since the counter does not see its fused form on a
    CPU.
    """
    tensors = [torch.zeros(tuple(s.shape), dtype=getattr(torch, str(s.dtype))) for s in specs]
    counter = FlopCounterMode(display=False, custom_mapping=_VECTORS)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        function(*tensors)
    return int(counter.get_total_flops()) // 2
