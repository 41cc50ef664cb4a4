"""CSV files with an image a row, as on Kaggle: a label, and the pixels as numbers.

With a header, the label is the column so named and the pixels are those named by numbers (pixel0,
1x1, 17); without one, the label is first.
"""

import csv
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data import splits
from netzoo.data.from_arrays import from_arrays
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.errors import DataError

TAKES = ("test", "range", "channels", "label")
LABELS = ("label", "labels", "class", "target", "y")
_PIXEL = re.compile(r"(?:pixel|px|p)?[_ ]?\d+(?:\s*x\s*\d+)?")
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*")


@dataclass(frozen=True)
class _Layout:
    """Where a file's label and pixels are. lines: of the header. left_out: other columns."""

    delimiter: str
    lines: int
    label: int
    pixels: tuple[int, ...]
    left_out: tuple[str, ...]


def open_csv(name: str, paths: dict[str, Path], settings: Settings) -> Images:
    """Return the images of CSV files, by split. Raises DataError."""
    settings.only("CSV files", *TAKES)
    layouts = {split: _layout(path, settings.label) for split, path in paths.items()}
    widths = {split: len(layout.pixels) for split, layout in layouts.items()}
    if len(set(widths.values())) > 1:
        told = ", ".join(f"{paths[split].name} {width}" for split, width in widths.items())
        raise DataError(f"{name}: rows of different numbers of pixels: {told}.")
    found = {split: _read(path, layouts[split]) for split, path in paths.items()}
    left_out = sorted({each for layout in layouts.values() for each in layout.left_out})
    lines = [f"Columns left out: {few(left_out)}."] if left_out else []
    kind = "CSV file" if len(paths) == 1 else "CSV files"
    return from_arrays(name, kind, found, settings, lines=lines)


def pair(folder: Path) -> dict[str, Path]:
    """Return the CSV files of a folder by split, as their names end: mnist_train.csv.

    A single file without such a name is "train". Raises DataError for two of one split.
    """
    found: dict[str, Path] = {}
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    for path in paths:
        word = re.split(r"[_. -]", path.stem.lower())[-1]
        split = splits.TRAIN if len(paths) == 1 else splits.NAMES.get(word)
        if split is None or split in found:
            raise DataError(
                f"{folder} holds the CSV files {few(each.name for each in paths)}; expected "
                "train.csv and test.csv, or name one file."
            )
        found[split] = path
    return found


def _layout(path: Path, label: str) -> _Layout:
    """Return the layout of a file by its first line. Raises DataError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise DataError(f"{path} cannot be read: {reason}.") from error
    delimiter = next((each for each in ",;\t" if each in first), ",")
    names = next(csv.reader([first], delimiter=delimiter), [])
    if not names:
        raise DataError(
            f"{path}: expected a row of numbers for each image; its first line is empty."
        )
    if len(names) > 1 and all(map(_NUMBER.fullmatch, names[1:])) and not label:
        return _Layout(delimiter, 0, 0, tuple(range(1, len(names))), ())
    return _by_header(path, delimiter, [name.strip() for name in names], label)


def _by_header(path: Path, delimiter: str, names: list[str], label: str) -> _Layout:
    wanted = (label.lower(),) if label else LABELS
    labels = [at for at, name in enumerate(names) if name.lower() in wanted]
    if len(labels) != 1:
        raise DataError(
            f"{path} has {len(labels)} columns named {' or '.join(wanted)}; it has {few(names)}. "
            "Name the column of the labels by @label=NAME behind the path; a file without labels "
            "cannot be trained on or tested."
        )
    pixels = tuple(at for at, name in enumerate(names) if _PIXEL.fullmatch(name.lower()))
    pixels = tuple(at for at in pixels if at not in labels)
    others = tuple(n for at, n in enumerate(names) if at not in (*labels, *pixels))
    if not pixels:
        raise DataError(
            f"{path} has the columns {few(names)}; expected one for each pixel, such as pixel0."
        )
    return _Layout(delimiter, 1, labels[0], pixels, tuple(name or "(no name)" for name in others))


def _read(path: Path, layout: _Layout) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images (count, pixels) and labels. Raises DataError for what is no number."""
    words: dict[str, int] = {}

    def number(text: str) -> int:
        return words.setdefault(text.strip().strip('"'), len(words))

    try:
        with warnings.catch_warnings(action="ignore"):  # of no rows
            rows = np.loadtxt(
                path,
                dtype=np.float32,  # exact up to 16,777,216
                delimiter=layout.delimiter,
                skiprows=layout.lines,
                usecols=(layout.label, *layout.pixels),
                converters={layout.label: number},
                encoding="utf-8-sig",
                comments=None,
                quotechar='"',
                ndmin=2,
            )
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {str(error).partition(chr(10))[0].rstrip('.')}.") from error
    if not len(rows):
        raise DataError(f"{path}: expected a row of numbers for each image; it has no rows.")
    labels = _values(path, list(words))[rows[:, 0].astype(np.int64)]
    return rows[:, 1:], labels


def _values(path: Path, words: list[str]) -> NDArray[Any]:
    """Return the labels that occur, as whole numbers if all are. Raises DataError for fractions."""
    if "" in words:
        raise DataError(f"{path}: a row has no label.")
    if not all(_NUMBER.fullmatch(word) for word in words):
        return np.array(words)
    values = np.array([float(word) for word in words])
    if not (values == np.rint(values)).all():
        wrong = next(word for word in words if float(word) != round(float(word)))
        raise DataError(f"{path}: expected whole numbers or words as labels; received {wrong}.")
    return values.astype(np.int64)
