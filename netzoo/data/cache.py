"""Decoded images of files, kept while one command works, so that each is decoded once.

The first process of a comparison decodes the files and keeps the arrays in the output folder; the
processes of its trials map them into memory, or, where they exceed the budget of memory, read them
by place. The key of an array is the SHA-256 of the files' contents, of their form and of the
decoder, so that a changed file is decoded again.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from netzoo.data import variable
from netzoo.data.disk_images import DiskImages, Rows, of_rows

_VARIABLE = "NETZOO_DECODED"  # the folder, for this process and those that it starts
_LEAST_BYTES = 1 << 24  # what is smaller is decoded in a moment
_ROOM = 1.1  # of the bytes of images that are read from disk: the room that their disk must have

Shape = tuple[int, int, int]


@contextlib.contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep decoded images in a folder within the context; the folder is removed at its end."""
    try:
        with variable.set_within(_VARIABLE, str(folder.absolute())):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def key_of(digests: Sequence[bytes], *about: Any) -> str:
    """Return the key of an array: of files' SHA-256, in their order, and what else decides it."""
    return hashlib.sha256(b"".join(digests) + repr(about).encode()).hexdigest()


def load(key: str) -> NDArray[np.uint8] | None:
    """Return a kept array, mapped into memory; None if there is none."""
    path = _path(key)
    if path is None or not path.exists():
        return None
    # Mode c: writable, in memory alone.
    array: NDArray[np.uint8] = np.load(path, mmap_mode="c", allow_pickle=False)
    return array


def keep(key: str, array: NDArray[np.uint8]) -> None:
    """Keep an array if a folder is set and its disk has room for twice the array."""
    path = _path(key)
    if path is None or array.nbytes < _LEAST_BYTES:
        return
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free > 2 * array.nbytes:
            with fresh.open("wb") as file:  # not synced to the disk: it need not last
                np.save(file, array)
            fresh.replace(path)


def folder() -> Path:
    """Return where images are kept that are read from disk: by default where large files may lie.

    Not in /tmp, if another folder is there, since that may be in memory.
    """
    named = os.environ.get(_VARIABLE)
    if named:
        return Path(named)
    large = Path("/var/tmp")
    given = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    usable = not given and large.is_dir() and os.access(large, os.W_OK)
    return large if usable else Path(tempfile.gettempdir())


def room_bytes() -> int:
    """Return the bytes of images that the disk of the folder has room for."""
    with contextlib.suppress(OSError):
        there = next(filter(os.path.exists, (folder(), *folder().parents)))
        return int(shutil.disk_usage(there).free / _ROOM)
    return 0


def is_kept(key: str) -> bool:
    """Return whether the images of a key are kept."""
    path = _path(key)
    return path is not None and path.exists()


def opened(key: str, count: int, shape: Shape) -> DiskImages | None:
    """Return kept images, to be read by place; None if there are none."""
    path = _path(key)
    if path is None or not path.exists():
        return None
    file = path.open("rb", buffering=0)
    npy.read_magic(file)
    npy.read_array_header_1_0(file)
    return of_rows(_rows(file, path, shape), count, shape)


def unnamed_file() -> Any:
    """Return a new file without a name, which the system removes with this process.

    Raises OSError.
    """
    folder().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(buffering=0, dir=folder())


@contextlib.contextmanager
def written(key: str, count: int, shape: Shape) -> Iterator[tuple[Rows, DiskImages]]:
    """Yield the rows of new images, to be written in the context, and the images that they become.

    They are kept by their key once all are written; without a folder for it, in a file without a
    name. Raises OSError.
    """
    path = _path(key)
    if path is None:
        file = unnamed_file()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        file = fresh.open("w+b", buffering=0)
    npy.write_array_header_1_0(
        file, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    )
    rows = _rows(file, path or folder(), shape)
    try:
        yield rows, of_rows(rows, count, shape)
        if path is not None:
            fresh.replace(path)
    except BaseException:
        if path is not None:
            fresh.unlink(missing_ok=True)
        raise


def keep_reasons(key: str, reasons: Sequence[str]) -> None:
    """Keep why files could not be decoded, "" for those that could, in their order."""
    path = _path(key)
    if path is not None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".json").write_text(json.dumps(list(reasons)))


def reasons(key: str) -> list[str] | None:
    """Return what `keep_reasons` has kept, None if it is not there."""
    path = _path(key)
    try:
        return None if path is None else list(json.loads(path.with_suffix(".json").read_text()))
    except (OSError, ValueError):
        return None


def _rows(file: IO[bytes], path: Path, shape: Shape) -> Rows:
    return Rows(file, file.tell(), int(np.prod(shape, dtype=np.int64)), f"{path}")


def _path(key: str) -> Path | None:
    folder = os.environ.get(_VARIABLE)
    return Path(folder) / f"{key}.npy" if folder else None
