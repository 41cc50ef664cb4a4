""".npz files of images and labels: Keras's, MedMNIST's and KMNIST's, and those of one pair."""

import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data import cache, memory, splits
from netzoo.data.disk_images import CHUNK_BYTES, DiskImages
from netzoo.data.from_arrays import from_arrays
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.data.spool import spooled
from netzoo.errors import DataError

KIND = ".npz file"
TAKES = ("test", "range", "channels")
# Names of images and of labels, beside that of a split or alone.
PAIRS = (("x", "y"), ("images", "labels"), ("data", "labels"), ("imgs", "labels"))
ALONE = (*PAIRS, ("data", "target"), ("arr_0", "arr_1"))
_DAMAGES = OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error
KMNIST = re.compile(r"(.+)-(train|test)-(imgs|labels)\.npz")


def open_npz(name: str, path: Path, settings: Settings) -> Images:
    """Return the images of an .npz file. Raises DataError."""
    settings.only(".npz files", *TAKES)
    with _opened(path) as archive:
        keys = _keys(path, [key.removesuffix(".npy") for key in archive.namelist()])
        used = [archive.getinfo(f"{key}.npy").file_size for pair in keys.values() for key in pair]
        why = memory.above("its arrays take", sum(used))
        on_disk = why is not None and sum(used) <= cache.room_bytes()
        if not on_disk:
            memory.check_bytes(str(path), sum(used), "its arrays take", "take a smaller version")
        read = _on_disk if on_disk else _array
        found = {
            split: (read(path, archive, images), _array(path, archive, labels))
            for split, (images, labels) in keys.items()
        }
    where = f"Images: {why}; they are written to a file in {cache.folder()} and read by place."
    is_told = any(isinstance(images, DiskImages) for images, _ in found.values())
    return from_arrays(name, KIND, found, settings, lines=[where] if is_told else [])


def open_kmnist(name: str, folder: Path, settings: Settings) -> Images:
    """Return the images of a folder with KMNIST's four files. Raises DataError."""
    settings.only(".npz files", *TAKES)
    matches = [match for path in sorted(folder.iterdir()) if (match := KMNIST.fullmatch(path.name))]
    stems = sorted({match[1] for match in matches})
    if len(stems) > 1:
        raise DataError(f"{folder} holds several data sets: {few(stems)}; put each in a folder.")
    found = {
        split: (
            _single(folder / f"{stems[0]}-{split}-imgs.npz"),
            _single(folder / f"{stems[0]}-{split}-labels.npz"),
        )
        for split in (splits.TRAIN, splits.TEST)
    }
    return from_arrays(name, ".npz files of KMNIST", found, settings)


def _keys(path: Path, names: list[str]) -> Mapping[str, tuple[str, str]]:
    """Return the names of images and labels by split. Raises DataError without any."""
    known = {name.lower(): name for name in names}
    found = {}
    for word, split in splits.NAMES.items():
        for pair in PAIRS:
            for images, labels in (
                [f"{each}_{word}" for each in pair],
                [f"{word}_{each}" for each in pair],
            ):
                if images in known and labels in known:
                    found[split] = known[images], known[labels]
    for images, labels in () if found else ALONE:
        if images in known and labels in known:
            return {splits.TRAIN: (known[images], known[labels])}
    if not found:
        raise DataError(
            f"{path} holds the arrays {few(names) or '(none)'}; expected x_train and y_train, "
            "train_images and train_labels, or x and y."
        )
    return found


def _single(path: Path) -> NDArray[Any]:
    with _opened(path) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise DataError(f"{path} holds {len(names)} arrays; expected one.")
        return _array(path, archive, names[0].removesuffix(".npy"))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it is cut short or no .npz file"
        raise DataError(f"{path} cannot be read: {reason}.") from error


def _on_disk(path: Path, archive: zipfile.ZipFile, key: str) -> NDArray[Any] | DiskImages:
    """Return one array by place: its bytes are read through once, and compressed ones to a file.

    Raises as `_array`. Of an array that lies by columns no item is whole: it is read into memory.
    """
    try:
        with archive.open(f"{key}.npy") as file:
            version = np.lib.format.read_magic(file)
            read = "read_array_header_1_0" if version == (1, 0) else "read_array_header_2_0"
            shape, by_column, dtype = getattr(np.lib.format, read)(file)
            if by_column or dtype.hasobject or not shape:
                size = archive.getinfo(f"{key}.npy").file_size
                memory.check_bytes(str(path), size, f"{key} takes", "save it by rows")
                return _array(path, archive, key)
            together = max(1, CHUNK_BYTES // max(1, dtype.itemsize * math.prod(shape[1:])))

            def parts() -> Iterator[NDArray[Any]]:
                for start in range(0, shape[0], together):
                    count = min(together, shape[0] - start)
                    content = file.read(count * math.prod(shape[1:]) * dtype.itemsize)
                    yield np.frombuffer(content, dtype).reshape(count, *shape[1:])

            return spooled(parts(), shape[0], shape[1:], dtype)
    except _DAMAGES as error:
        raise DataError(f"{path}: {key} is damaged: {error}.") from error


def _array(path: Path, archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    """Return one array, read once. Raises DataError if it is damaged or a pickle."""
    try:
        with archive.open(f"{key}.npy") as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except _DAMAGES as error:
        if "allow_pickle" in str(error) or "Object arrays" in str(error):
            raise DataError(
                f"{path}: {key} is a pickle, which can run any program as it is read, and is not "
                "opened; save it as an array of numbers."
            ) from error
        raise DataError(f"{path}: {key} is damaged: {error}.") from error
    return array
