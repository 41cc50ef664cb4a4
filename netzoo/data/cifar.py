"""CIFAR-10 and CIFAR-100 in their binary version.

Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images", and the page of
the data set: a record is a label (of CIFAR-100 the coarse and the fine one) and 3,072 pixels, all
of red, of green, then of blue, each by rows of 32.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netzoo.data import splits
from netzoo.data.from_arrays import from_arrays
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.errors import DataError

BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEN = {splits.TRAIN: BATCHES, splits.TEST: ("test_batch.bin",)}
HUNDRED = {splits.TRAIN: ("train.bin",), splits.TEST: ("test.bin",)}
NAMES = {10: "batches.meta.txt", 100: "fine_label_names.txt"}
PICKLES = ("data_batch_1", "test_batch", "batches.meta")
PIXELS = 32 * 32 * 3


def has_files(folder: Path) -> bool:
    """Return whether a folder holds a file of either data set in its binary version."""
    return any(
        (folder / name).is_file()
        for files in (TEN, HUNDRED)
        for names in files.values()
        for name in names
    )


def has_pickles(folder: Path) -> bool:
    """Return whether a folder holds the data sets' Python version."""
    of_hundred = all((folder / name).is_file() for name in ("train", "test", "meta"))
    return of_hundred or any((folder / name).is_file() for name in PICKLES)


def refuse_pickles(folder: Path) -> None:
    """Raise DataError for the Python version."""
    raise DataError(
        f"{folder} holds CIFAR as Python pickles, which can run any program as they are read, and "
        "are not opened; take the binary version (cifar-10-binary.tar.gz, "
        "cifar-100-binary.tar.gz), or the name cifar10 or cifar100."
    )


def open_cifar(name: str, folder: Path, settings: Settings) -> Images:
    """Return CIFAR-10, or CIFAR-100 with its fine labels. Raises DataError."""
    settings.only("CIFAR's files")
    classes = 10 if any((folder / each).is_file() for each in (*BATCHES, "test_batch.bin")) else 100
    files = TEN if classes == 10 else HUNDRED
    missing = [each for names in files.values() for each in names if not (folder / each).is_file()]
    if missing:
        raise DataError(
            f"{folder}: expected the file {few(missing)} of CIFAR-{classes}; found none."
        )
    label_bytes = 1 if classes == 10 else 2
    found = {}
    for split, names in files.items():
        rows = np.concatenate([_rows(folder / each, label_bytes) for each in names])
        labels = rows[:, label_bytes - 1]
        images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        found[split] = images, labels.astype(np.int64)
    kind = f"binary files of CIFAR-{classes}"
    return from_arrays(name, kind, found, settings, _class_names(folder, classes))


def _rows(path: Path, label_bytes: int) -> NDArray[np.uint8]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    size = label_bytes + PIXELS
    if not content or len(content) % size:
        raise DataError(
            f"{path}: expected whole records of {size} bytes; found {len(content)} bytes."
        )
    return np.frombuffer(content, np.uint8).reshape(-1, size)


def _class_names(folder: Path, classes: int) -> list[str]:
    """Return the names from the file that comes with the images; without it, numbers."""
    try:
        lines = (folder / NAMES[classes]).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        lines = []
    names = [line.strip() for line in lines if line.strip()]
    return names if len(names) == classes else [str(number) for number in range(classes)]
