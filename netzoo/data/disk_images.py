"""Images that stay on disk, read by their place, a batch at a time, as if they were an array."""

import itertools
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netzoo.errors import DataError

CHUNK_BYTES = 1 << 24  # that are in memory at a time, where all images are gone through

Places = NDArray[np.int64]


class DiskImages:
    """Images on disk, uint8 (count, height, width, channels).

    As of an array: `shape`, `dtype`, `ndim`, `nbytes`, `len(images)`, `images[place]`,
    `images[start:stop]`, `images[places]` with numbers or booleans, and iteration. Each reads what
    it returns, into memory of its own. np.asarray(images) reads all of them.

    read: gives the images at some places, in the order of the places, from any thread. count: of
    what it can read. places: which of them these are; None: all, in their order.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        read: Callable[[Places], NDArray[np.uint8]],
        count: int,
        image_shape: tuple[int, int, int],
        places: Places | None = None,
    ) -> None:
        self._read, self._count, self._image_shape = read, count, image_shape
        self._places = np.arange(count) if places is None else places

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return their number, height, width and channels."""
        return len(self._places), *self._image_shape

    @property
    def nbytes(self) -> int:
        """Return the bytes that an array of them would take."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        if isinstance(key, tuple):
            raise TypeError("images on disk are read by place; take images[places][…].")
        chosen = self._places[key]
        if chosen.ndim == 0:
            image: NDArray[np.uint8] = self._read(chosen[np.newaxis])[0]
            return image
        return self._read(chosen)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return itertools.chain.from_iterable(chunks(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def only(self, chosen: Any) -> "DiskImages":
        """Return the images at some places, by numbers or booleans; reads nothing."""
        return DiskImages(self._read, self._count, self._image_shape, self._places[chosen])


Pixels: TypeAlias = NDArray[np.uint8] | DiskImages


def only(images: Pixels, chosen: Any) -> Pixels:
    """Return the images at some places, by numbers or booleans: a copy of an array's."""
    return images.only(chosen) if isinstance(images, DiskImages) else images[chosen]


def chunks(images: Pixels) -> Iterator[NDArray[np.uint8]]:
    """Yield all images in their order, some of them at a time."""
    together = max(1, CHUNK_BYTES // max(1, int(np.prod(images.shape[1:]))))
    for start in range(0, len(images), together):
        yield images[start : start + together]


class Rows:
    """Rows of bytes, all of one length, in a file: read and written by place, by any thread.

    file: unbuffered; it is closed with this object. start: the byte at which the first one begins.
    Positional reads, not a map of the file: mapped pages count as memory of the process.
    """

    def __init__(self, file: IO[bytes], start: int, length: int, name: str) -> None:
        self._file, self._start, self._length, self._name = file, start, length, name
        self._lock = threading.Lock()
        weakref.finalize(self, file.close)

    def read(self, places: Places) -> NDArray[np.uint8]:
        """Return the rows at some places, (places, length). Raises DataError."""
        rows = np.empty((len(places), self._length), np.uint8)
        if not rows.size:
            return rows
        cuts = (np.flatnonzero(np.diff(places) != 1) + 1).tolist()  # neighbours are read at once
        for first, end in itertools.pairwise([0, *cuts, len(places)]):
            self._fill(rows[first:end].data.cast("B"), int(places[first]))
        return rows

    def write(self, place: int, row: NDArray[np.uint8]) -> None:
        """Write rows, from a place on. Raises OSError where the disk is full."""
        left, offset = np.ascontiguousarray(row).data.cast("B"), self._offset(place)
        while left:
            if hasattr(os, "pwrite"):
                done = os.pwrite(self._file.fileno(), left, offset)
            else:
                with self._lock:
                    self._file.seek(offset)
                    done = self._file.write(left)
            left, offset = left[done:], offset + done

    def _fill(self, left: memoryview, place: int) -> None:
        offset = self._offset(place)
        while left:
            try:
                done = self._some(left, offset)
            except OSError as error:
                reason = error.strerror or error
                raise DataError(f"{self._name}: cannot be read: {reason}.") from error
            if not done:
                raise DataError(f"{self._name} is cut short.")
            left, offset = left[done:], offset + done

    def _some(self, into: memoryview, offset: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._file.fileno(), [into], offset)
        with self._lock:
            self._file.seek(offset)
            return int(self._file.readinto(into))  # type: ignore[attr-defined]

    def _offset(self, place: int) -> int:
        return self._start + place * self._length


def of_rows(rows: Rows, count: int, image_shape: tuple[int, int, int]) -> DiskImages:
    """Return the images of a file with a row each."""

    def read(places: Places) -> NDArray[np.uint8]:
        return rows.read(places).reshape(-1, *image_shape)

    return DiskImages(read, count, image_shape)
