"""Decoded images of files, kept while one command works, so that each is decoded once.

The first process of a comparison decodes the files and keeps the arrays in the output folder; the
processes of its trials map them into memory. The key of an array is the SHA-256 of the files'
contents, of their form and of the decoder, so that a changed file is decoded again.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VARIABLE = "NETZOO_DECODED"  # the folder, for this process and those that it starts
_LEAST_BYTES = 1 << 24  # what is smaller is decoded in a moment


@contextlib.contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep decoded images in a folder within the context; the folder is removed at its end."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(folder.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
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


def _path(key: str) -> Path | None:
    folder = os.environ.get(_VARIABLE)
    return Path(folder) / f"{key}.npy" if folder else None
