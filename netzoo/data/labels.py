"""Labels as files have them: numbers, words or one-hot rows, as numbers from 0 and class names."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data.settings import few
from netzoo.errors import DataError

Labels = NDArray[Any]


def by_number(names: Sequence[str]) -> list[str]:
    """Return class names in order: numbers by value where all are numbers, else by code point."""
    if all(name.isascii() and name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def numbered(
    place: str, found: Mapping[str, Labels]
) -> tuple[tuple[str, ...], dict[str, NDArray[np.int64]], list[str]]:
    """Return the class names, and the labels of each split as numbers from 0, with what to say.

    place: the words before an error. found: by split, (count,), (count, 1) or one-hot (count,
    classes). The classes are the labels that occur in any split, numbers in the order of their
    value. Raises DataError for labels of another kind.
    """
    flat = {split: _flat(f"{place}, {split} labels", labels) for split, labels in found.items()}
    if len({labels.dtype.kind for labels in flat.values()}) > 1:
        kinds = ", ".join(f"{split} {labels.dtype}" for split, labels in flat.items())
        raise DataError(f"{place}: labels of different kinds: {kinds}.")
    values = np.unique(np.concatenate(list(flat.values())))
    if values.dtype.kind == "U":
        names = by_number([str(value) for value in values])
        values, order = np.array(names), np.argsort(np.array(names))
    else:
        names, order = [str(value) for value in values], np.arange(len(values))
    labels = {
        split: order[np.searchsorted(values[order], each)].astype(np.int64)
        for split, each in flat.items()
    }
    lines = []
    if values.dtype.kind != "U" and names != [str(number) for number in range(len(names))]:
        lines.append(f"Labels: {few(names, 10)} are the classes 0 to {len(names) - 1}.")
    return tuple(names), labels, lines


def _flat(place: str, labels: Labels) -> Labels:
    """Return labels (count,), whole numbers or words. Raises DataError."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and len(labels):
        labels = _classes(place, labels)
    if labels.ndim != 1:
        raise DataError(f"{place}: expected one label an image; received the shape {labels.shape}.")
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind not in "iuU":
        example = f", such as {labels[0]!s}" if len(labels) else ""
        raise DataError(
            f"{place}: expected whole numbers or words; received {labels.dtype}{example}."
        )
    if labels.dtype.kind == "i" and len(labels) and labels.min() < 0:
        count = int((labels < 0).sum())
        raise DataError(
            f"{place}: {count} of {len(labels)} are below 0 (such as {labels.min()}), which marks "
            "images without a label; remove them."
        )
    return labels


def _classes(place: str, rows: Labels) -> Labels:
    """Return the class of each one-hot row. Raises DataError for several classes an image."""
    if rows.dtype.kind in "biuf" and np.isin(rows, (0, 1)).all():
        if (rows.sum(axis=1) == 1).all():
            chosen: Labels = rows.argmax(axis=1)
            return chosen
        kind = "several classes for an image (multi-label), or none"
    else:
        kind = "several values for an image"
    raise DataError(
        f"{place}: received {kind}, the shape {rows.shape}; expected one label each, or one-hot."
    )
