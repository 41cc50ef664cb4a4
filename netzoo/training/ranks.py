"""The processes of a training on PyTorch over several devices: one for each device, a rank.

Without `joined`, a process is rank 0 of one.
"""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from netzoo import backend

# A process waits for the others as long as one of them evaluates or writes. Whoever has started
# them sees that one has died.
LONGEST_WAIT = timedelta(days=30)
SEEDS_APART = 1_000_003  # the difference between the seeds of two ranks
_PLACE = {"rank": 0, "count": 1}


@contextlib.contextmanager
def joined(number: int, of: int, meeting: Path) -> Iterator[None]:
    """Be one of so many ranks in this context, which begins when all are there.

    meeting: a file on a local disk, by which they find each other; the first makes it.
    """
    import torch

    is_gpu = backend.device()["kind"] == "gpu"
    if is_gpu:
        torch.cuda.set_device(number)
    torch.distributed.init_process_group(
        "nccl" if is_gpu else "gloo",
        init_method=f"file://{meeting}",
        rank=number,
        world_size=of,
        timeout=LONGEST_WAIT,
    )
    _PLACE.update(rank=number, count=of)
    try:
        yield
    finally:
        _PLACE.update(rank=0, count=1)
        torch.distributed.destroy_process_group()


def rank() -> int:
    """Return the number of this process, from 0."""
    return _PLACE["rank"]


def count() -> int:
    """Return the number of processes."""
    return _PLACE["count"]


def told(value: Any) -> Any:
    """Return the value that rank 0 has, in every rank."""
    if _PLACE["count"] == 1:
        return value
    import torch

    values = [value]
    torch.distributed.broadcast_object_list(values, src=0)
    return values[0]
