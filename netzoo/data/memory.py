"""How much memory images may take: the budget of a command, and what is free on the machine.

What exceeds it is read from disk by place (netzoo.data.disk_images).
"""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from netzoo import units
from netzoo.data import variable
from netzoo.errors import BadInput, DataError

SHARE = 0.8  # of the free memory: what whole arrays may take as they are read
BUDGET_SHARE = 0.5  # of the free memory: what images take by default
VARIABLE = "NETZOO_MEMORY"  # the budget, for this process and those that it starts
_SIZE = re.compile(r"(\d{1,18}\.?\d{0,18}|\.\d{1,18})\s*([kmgt]?)(i?)(b?)", re.IGNORECASE)


@contextlib.contextmanager
def budget(size: str | int | None, processes: int = 1) -> Iterator[None]:
    """Let images take so much memory within the context; larger ones are read from disk.

    size: bytes, or as people write them: "2GB", "500MB", "1.5GiB"; None: the budget around this
    context, else NETZOO_MEMORY, else half of what is free now. processes: how many hold images at
    once, and share it. Raises BadInput.
    """
    before = os.environ.get(VARIABLE)
    by_variable = size is None and before
    chosen = bytes_of(before, VARIABLE) if by_variable else bytes_of(size)
    if chosen is None and (free := free_bytes()) is not None:
        chosen = int(BUDGET_SHARE * free)
    if chosen is not None:
        chosen //= processes
    if chosen is None:
        yield
        return
    with variable.set_within(VARIABLE, str(chosen)):
        yield


def bytes_of(size: str | int | None, name: str = "`memory`") -> int | None:
    """Return a size in bytes, None of None. Raises BadInput, with a name, for what is no size."""
    if size is None:
        return None
    if type(size) is int and size >= 0:
        return size
    match = _SIZE.fullmatch(size.strip()) if isinstance(size, str) else None
    if match is None or (match[2] == "" and (match[3] or "." in match[1])):
        raise BadInput(f"{name} is a size such as 2GB, 500MB or 1.5GiB; received {size!r}.")
    power = " kmgt".index(match[2].lower() or " ")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** power)


def limit() -> int | None:
    """Return the bytes that images may take now, None where nothing limits them.

    That is the budget of the context, and no more than may be taken of what is free.
    """
    asked, free = bytes_of(os.environ.get(VARIABLE)), free_bytes()
    may_take = None if free is None else int(SHARE * free)
    return min((each for each in (asked, may_take) if each is not None), default=None)


def exceeding(count: int, image_shape: Sequence[int]) -> str | None:
    """Return why so many images are read from disk, in words; None if they may be in memory."""
    what = f"{units.exact(count)} of {units.shape(tuple(image_shape))} take"
    return above(what, count * int(np.prod(image_shape, dtype=np.int64)))


def above(what: str, needed: int) -> str | None:
    """Return that what takes so many bytes is above the budget; None if it is not."""
    most = limit()
    return None if most is None or needed <= most else f"{what} {_words(needed, most)}"


def _words(needed: int, most: int) -> str:
    return (
        f"{units.quantity(needed, 'B')}, above the memory budget of {units.quantity(most, 'B')} "
        "(--memory; by default half of what is free)"
    )


def check_bytes(place: str, needed: int, what: str, advice: str) -> None:
    """Raise DataError, with the advice, if so many bytes do not fit into the free memory."""
    free = free_bytes()
    if free is not None and needed > SHARE * free:
        raise DataError(
            f"{place}: {what} {units.quantity(needed, 'B')} of memory, and "
            f"{units.quantity(free, 'B')} are free; {advice}."
        )


def free_bytes() -> int | None:
    """Return the memory that programs can still take, None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (found,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(found) * 1024
    except (OSError, ValueError):
        return None
