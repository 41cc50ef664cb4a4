"""Any data set of the MNIST family in IDX files, by its folder: MNIST, KMNIST, EMNIST and others.

Source of EMNIST's names and of how its images lie: Cohen et al. 2017, "EMNIST: an extension of
MNIST to handwritten letters", and the page of the data set.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from netzoo.data import idx, splits
from netzoo.data.from_arrays import from_arrays
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.errors import DataError

EMNIST = re.compile(r"(emnist-\w+)-(?:train|test)-(?:images|labels)[-.]idx\d-ubyte(?:\.gz)?")


def has_files(folder: Path) -> bool:
    """Return whether a folder holds IDX files under one of their usual names."""
    return idx.has_files(folder) or bool(_emnist(folder))


def open_idx(name: str, folder: Path, settings: Settings) -> Images:
    """Return the images of a folder's IDX files; EMNIST's are turned upright. Raises DataError."""
    settings.only("IDX files")
    found = _emnist(folder)
    if len(found) + idx.has_files(folder) > 1:
        named = [*found, *(["train-images-idx3-ubyte"] if idx.has_files(folder) else [])]
        raise DataError(
            f"{folder} holds several data sets in IDX files: {few(named)}; put each into a "
            "folder of its own."
        )
    parts = dict(zip((splits.TRAIN, splits.TEST), idx.read(folder, _names(found)), strict=True))
    arrays = {split: (each.images, each.labels) for split, each in parts.items()}
    if not found:
        return from_arrays(name, "IDX files", arrays, settings)
    turned = {split: (np.swapaxes(x, 1, 2), y) for split, (x, y) in arrays.items()}
    return from_arrays(
        name, f"IDX files of {found[0]}, rows and columns exchanged", turned, settings
    )


def _emnist(folder: Path) -> list[str]:
    """Return which of EMNIST's data sets a folder holds: ["emnist-letters"]."""
    matches = (EMNIST.fullmatch(path.name) for path in folder.iterdir())
    return sorted({match[1] for match in matches if match})


def _names(emnist: list[str]) -> Mapping[str, tuple[str, str]]:
    if not emnist:
        return idx.FILES
    return {
        split: (f"{emnist[0]}-{split}-images-idx3-ubyte", f"{emnist[0]}-{split}-labels-idx1-ubyte")
        for split in (splits.TRAIN, splits.TEST)
    }
