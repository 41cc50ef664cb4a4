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
ALIGNED_BYTES = 64

Places = NDArray[np.int64]


class DiskImages:
    """Images on disk: uint8 (count, height, width, channels), or numbers that become such.

    As of an array: `shape`, `dtype`, `ndim`, `size`, `nbytes`, `len(images)`, `images[place]`,
    `images[start:stop]`, `images[places]` with numbers or booleans, and iteration. Each reads what
    it returns, into memory of its own. np.asarray(images) reads all of them.

    read: gives the images at some places, in the order of the places, from any thread. count: of
    what it can read. places: which of them these are; None: all, in their order.
    """

    def __init__(
        self,
        read: Callable[[Places], NDArray[Any]],
        count: int,
        image_shape: tuple[int, ...],
        dtype: Any = np.uint8,
        places: Places | None = None,
    ) -> None:
        self._read, self._count, self._image_shape = read, count, tuple(image_shape)
        self._places = np.arange(count) if places is None else places
        self.dtype: np.dtype[Any] = np.dtype(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return their number, height, width and channels."""
        return len(self._places), *self._image_shape

    @property
    def ndim(self) -> int:
        """Return the number of dimensions, 4 for images."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Return the number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Return the bytes that an array of them would take."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        if isinstance(key, tuple):
            raise TypeError("images on disk are read by place; take images[places][…].")
        chosen = self._places[key]
        if chosen.ndim == 0:
            image: NDArray[Any] = self._read(chosen[np.newaxis])[0]
            return image
        return self._read(chosen)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return itertools.chain.from_iterable(chunks(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def only(self, chosen: Any) -> "DiskImages":
        """Return the images at some places, by numbers or booleans; reads nothing."""
        places = self._places[chosen]
        return DiskImages(self._read, self._count, self._image_shape, self.dtype, places)

    def mapped(
        self,
        change: Callable[[NDArray[Any]], NDArray[Any]],
        image_shape: tuple[int, ...],
        dtype: Any,
    ) -> "DiskImages":
        """Return images that are changed as they are read, to a shape and a type."""

        def read(places: Places) -> NDArray[Any]:
            return change(self._read(places))

        return DiskImages(read, self._count, image_shape, dtype, self._places)


Pixels: TypeAlias = NDArray[np.uint8] | DiskImages


def only(images: Pixels, chosen: Any) -> Pixels:
    """Return the images at some places, by numbers or booleans: a copy of an array's."""
    return images.only(chosen) if isinstance(images, DiskImages) else images[chosen]


def chunks(images: NDArray[Any] | DiskImages) -> Iterator[NDArray[Any]]:
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
        # Aligned, which spares TensorFlow a copy.
        room = np.empty(len(places) * self._length + ALIGNED_BYTES, np.uint8)
        start = -room.ctypes.data % ALIGNED_BYTES
        rows = room[start : len(room) - ALIGNED_BYTES + start].reshape(len(places), self._length)
        if not rows.size:
            return rows
        cuts = (np.flatnonzero(np.diff(places) != 1) + 1).tolist()  # neighbours are read at once
        for first, end in itertools.pairwise([0, *cuts, len(places)]):
            self._fill(rows[first:end].data.cast("B"), int(places[first]))
        return rows

    def between(self, first: int, end: int) -> bytes:
        """Return the rows from one place to another. Raises DataError."""
        content = bytearray((end - first) * self._length)
        self._fill(memoryview(content), first)
        return bytes(content)

    def write(self, place: int, row: NDArray[Any]) -> None:
        """Write rows, from a place on. Raises OSError where the disk is full."""
        left, offset = (
            np.ascontiguousarray(row).reshape(-1).view(np.uint8).data,
            self._offset(place),
        )
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


def of_rows(
    rows: Rows, count: int, image_shape: tuple[int, ...], dtype: Any = np.uint8
) -> DiskImages:
    """Return the images of a file with a row each."""

    def read(places: Places) -> NDArray[Any]:
        found: NDArray[Any] = rows.read(places).view(dtype).reshape(-1, *image_shape)
        return found

    return DiskImages(read, count, image_shape, dtype)
