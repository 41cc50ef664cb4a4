"""IDX files, plain or gzip: the four files of an MNIST-like data set, by their usual names.

Source: LeCun et al., "The MNIST database of handwritten digits", file formats. A magic number of
0, 0, 8 (unsigned byte) and the number of dimensions; each dimension as a big-endian 32-bit
unsigned integer; then the values, the last dimension varying fastest.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netzoo.data.source import Split
from netzoo.errors import DataError

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
FOLDERS = ("", "raw", "FashionMNIST/raw")  # below the given folder; the last two are torchvision's


def has_files(folder: Path, files: Mapping[str, tuple[str, str]] = FILES) -> bool:
    """Return whether the folder holds at least one of the four files under one of its names."""
    return any(_find(folder, stem) for stems in files.values() for stem in stems)


def names(stem: str) -> tuple[str, ...]:
    """Return the usual names of a file: "a-idx3-ubyte", "a.idx3-ubyte", each also with ".gz"."""
    plain = stem, stem.replace("-idx", ".idx")
    return (*plain, *(f"{name}.gz" for name in plain))


def read(folder: Path, files: Mapping[str, tuple[str, str]] = FILES) -> tuple[Split, Split]:
    """Return the training and the test split.

    files: the names of images and labels, by split. Raises DataError, with the expected and the
    actual content, if one of the four files is missing, damaged, cut short or too long, if numbers
    of images and labels differ, or if two files of one kind differ.
    """
    return _read_split(folder, *files["train"]), _read_split(folder, *files["test"])


def write(path: Path, array: NDArray[np.uint8]) -> None:
    """Write an array as a gzip IDX file, with the same bytes at every run."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


def _read_split(folder: Path, images_stem: str, labels_stem: str) -> Split:
    images_path, images = _read_file(folder, images_stem, 3)
    labels_path, labels = _read_file(folder, labels_stem, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: expected {len(images)} labels, the number of images in "
            f"{images_path.name}; found {len(labels)}."
        )
    return Split(images[..., np.newaxis], labels.astype(np.int64))


def _find(folder: Path, stem: str) -> list[Path]:
    paths = [folder / place / name for place in FOLDERS for name in names(stem)]
    return [path for path in paths if path.is_file()]


def _read_file(folder: Path, stem: str, dimensions: int) -> tuple[Path, NDArray[np.uint8]]:
    paths = _find(folder, stem)
    if not paths:
        raise DataError(
            f"{folder}: expected the file {' or '.join(names(stem))}, there or in "
            f"{' or '.join(FOLDERS[1:])}; found none of them."
        )
    path = paths[0]
    content = _content(path)
    for other in paths[1:]:
        if _content(other) != content:
            raise DataError(f"{path} and {other} hold different data; remove the wrong one.")
    magic = bytes((0, 0, 8, dimensions))
    start = 4 + 4 * dimensions
    if content[:4] != magic:
        raise DataError(
            f"{path}: expected an IDX file that begins with {magic.hex()}; "
            f"found {content[:4].hex() or 'an empty file'}."
        )
    if len(content) < start:
        raise DataError(f"{path}: expected a header of {start} bytes; found {len(content)}.")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    expected = math.prod(shape)
    if len(content) - start != expected:
        raise DataError(
            f"{path}: expected {expected} values of shape {shape}; found {len(content) - start}."
        )
    return path, np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        # By content: a browser may decompress a file on download without renaming it.
        compressed = content[:2] == b"\x1f\x8b" or (
            path.suffix == ".gz" and content[:3] != b"\0\0\x08"
        )
        return gzip.decompress(content) if compressed else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path}: expected a whole gzip file; found a damaged one: {error}."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
