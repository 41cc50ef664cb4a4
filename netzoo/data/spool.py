"""What a source reads once and the budget of memory does not hold: in files without names.

The system removes them with this process, however it ends. They lie where decoded images are kept.
"""

import contextlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data import cache
from netzoo.data.disk_images import DiskImages, Rows, of_rows
from netzoo.errors import DataError


class Spool:
    """The contents of image files, written one after another, and opened by their place."""

    def __init__(self) -> None:
        with _writing():
            self._rows = Rows(cache.unnamed_file(), 0, 1, str(cache.folder()))
        self._ends = [0]

    def append(self, content: bytes) -> None:
        """Write the content of a file. Raises DataError where the disk is full."""
        with _writing():
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

    Raises DataError where the disk is full, and whatever the parts raise.
    """
    length = int(np.prod(item_shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    with _writing():
        rows = Rows(cache.unnamed_file(), 0, length, str(cache.folder()))
    place = 0
    for part in parts:
        with _writing():
            rows.write(place, part)
        place += len(part)
    return of_rows(rows, count, item_shape, dtype)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Raise DataError, with the folder, where the disk takes no more; the source is not damaged."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{cache.folder()} cannot take the images: {reason}.") from error
