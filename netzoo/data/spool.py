"""What a source reads once and the budget of memory does not hold: in files without names.

The system removes them with this process, however it ends. They lie where decoded images are kept.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data import cache
from netzoo.data.disk_images import DiskImages, Rows, of_rows


class Spool:
    """The contents of image files, written one after another, and opened by their place."""

    def __init__(self) -> None:
        self._rows = Rows(cache.unnamed_file(), 0, 1, str(cache.folder()))
        self._ends = [0]

    def append(self, content: bytes) -> None:
        """Write the content of a file. Raises OSError where the disk is full."""
        self._rows.write(self._ends[-1], np.frombuffer(content, np.uint8))
        self._ends.append(self._ends[-1] + len(content))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def open(self, place: int) -> IO[bytes]:
        """Return the file of a place. Raises DataError."""
        return BytesIO(self._rows.between(self._ends[place], self._ends[place + 1]))


def spooled(
    parts: Iterable[NDArray[Any]], count: int, item_shape: tuple[int, ...], dtype: Any
) -> DiskImages:
    """Return an array on disk that is made of parts, which together have so many items.

    Raises OSError where the disk is full.
    """
    length = int(np.prod(item_shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    rows = Rows(cache.unnamed_file(), 0, length, str(cache.folder()))
    place = 0
    for part in parts:
        rows.write(place, part)
        place += len(part)
    return of_rows(rows, count, item_shape, dtype)
