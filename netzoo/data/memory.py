"""Whether images fit into the machine's memory, before they are read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netzoo import units
from netzoo.errors import DataError

SHARE = 0.8  # of the free memory


def check(place: str, count: int, shape: Sequence[int]) -> None:
    """Raise DataError if so many images of a shape, in bytes, do not fit into the free memory."""
    what = f"{units.exact(count)} images of {units.shape(tuple(shape))} take"
    advice = "resize them as they are read, by @size=64 behind the path"
    check_bytes(place, count * int(np.prod(shape, dtype=np.int64)), what, advice)


def check_bytes(place: str, needed: int, what: str, advice: str) -> None:
    """Raise DataError, with the advice, if so many bytes do not fit into the free memory."""
    free = _free_bytes()
    if free is not None and needed > SHARE * free:
        raise DataError(
            f"{place}: {what} {units.quantity(needed, 'B')} of memory, and "
            f"{units.quantity(free, 'B')} are free; {advice}."
        )


def _free_bytes() -> int | None:
    """Return the memory that programs can still take, None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (found,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(found) * 1024
    except (OSError, ValueError):
        return None
