"""Arrays of images and labels, as a source has read them, brought to training and test images."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.data import memory, splits
from netzoo.data.disk_images import DiskImages, chunks, only
from netzoo.data.labels import numbered
from netzoo.data.ranges import PIXELS, Range, limits, range_of
from netzoo.data.settings import Settings
from netzoo.data.source import Images, Split, split_table
from netzoo.errors import DataError

CHANNELS = (1, 3)
Array: TypeAlias = NDArray[Any] | DiskImages


@dataclass(frozen=True)
class _Part:
    """Some images, each with its label, its content's SHA-256, and its name: train[3]."""

    images: Array
    labels: NDArray[np.int64]
    digests: Sequence[bytes]
    names: Sequence[str]

    def only(self, chosen: NDArray[np.bool]) -> "_Part":
        """Return the chosen ones, in their order."""
        at = np.flatnonzero(chosen).tolist()
        digests, names = [self.digests[n] for n in at], [self.names[n] for n in at]
        return _Part(only(self.images, chosen), self.labels[chosen], digests, names)


def from_arrays(
    name: str,
    kind: str,
    found: Mapping[str, tuple[Array, NDArray[Any]]],
    settings: Settings,
    class_names: Sequence[str] | None = None,
    lines: Sequence[str] = (),
    *,
    are_pixels: bool = False,
) -> Images:
    """Return a data set of arrays, in their order; kind: in words, ".npz file".

    found: images, of any of the usual shapes, and labels, by split. class_names: of labels that are
    places in it; None: the labels that occur. lines: what was said of them so far. are_pixels:
    whether the values are 0 to 255, however few of them occur. Raises DataError.
    """
    test_name, words = splits.serving_as_test(found, name, settings)
    used = {split: found[split] for split in (splits.TRAIN, test_name) if split is not None}
    images, shape_words = _images(name, used, settings)
    names, labels, label_lines = _labels(name, used, class_names)
    _check_memory(name, images)
    values, range_words = _range(name, images, settings, are_pixels)
    parts = {split: _part(split, images[split], labels[split], values) for split in used}
    train = parts[splits.TRAIN]
    if test_name is None:
        held = splits.held_out(name, train.digests, train.labels, settings.test)
        train, test = train.only(~held), train.only(held)
        words = splits.held_out_words(settings.test)
    else:
        test = parts[test_name]
    pair = Split(train.images, train.labels), Split(test.images, test.labels)
    return Images(
        name,
        f"{kind}{words}{shape_words}{range_words}",
        tuple(names),
        *pair,
        lines=(
            *lines,
            *label_lines,
            *splits.class_lines(name, names, train.labels, test.labels),
            *splits.copy_lines(train.digests, test.digests),
        ),
        split_table=None if test_name else split_table(names, pair, (train.names, test.names)),
    )


def _check_memory(name: str, images: Mapping[str, Array]) -> None:
    """Raise DataError if images, a byte a value, do not fit into the free memory."""
    if all(isinstance(each, DiskImages) for each in images.values()):
        return
    count, shape = sum(map(len, images.values())), images[splits.TRAIN].shape[1:]
    what = f"{units.exact(count)} images of {units.shape(shape)} take"
    needed = count * int(np.prod(shape, dtype=np.int64))
    memory.check_bytes(name, needed, what, "take a smaller version")


def _part(split: str, images: Array, labels: NDArray[np.int64], values: Range) -> _Part:
    # Before they are scaled: another image, of another range, moves none.
    digests = [
        hashlib.sha256(np.ascontiguousarray(image).data).digest()
        for part in chunks(images)
        for image in part
    ]
    pixels = _mapped(images, values.pixels, images.shape[1:], np.uint8)
    return _Part(pixels, labels, digests, [f"{split}[{at}]" for at in range(len(images))])


def _mapped(
    images: Array,
    change: Callable[[NDArray[Any]], NDArray[Any]],
    shape: tuple[int, ...],
    dtype: Any = None,
) -> Array:
    """Return images changed to a shape and a type, by default their own; those on disk, as read."""
    if isinstance(images, DiskImages):
        return images.mapped(change, shape, dtype or images.dtype)
    return change(images)


def _labels(
    name: str, used: Mapping[str, tuple[Array, NDArray[Any]]], class_names: Sequence[str] | None
) -> tuple[Sequence[str], dict[str, NDArray[np.int64]], list[str]]:
    labels = {split: each for split, (_, each) in used.items()}
    found, numbers, lines = numbered(name, labels)
    if class_names is None:
        return found, numbers, lines
    most = max(map(int, found))
    if most >= len(class_names):
        raise DataError(f"{name}: labels are up to {most}; expected 0 to {len(class_names) - 1}.")
    places = np.array([int(each) for each in found])
    return class_names, {split: places[each] for split, each in numbers.items()}, []


def _range(
    name: str, images: Mapping[str, Array], settings: Settings, are_pixels: bool
) -> tuple[Range, str]:
    """Return the range of all images, by the training images, and the words for a source."""
    found = {}
    for split, each in images.items():
        of_parts = [limits(f"{name}, {split} images", part) for part in chunks(each)]
        lows, highs = zip(*of_parts, strict=True)
        found[split] = min(lows), max(highs)
    if settings.range is not None:
        values, rule = Range(*settings.range), "as asked for"
    elif are_pixels:
        values, rule = Range(*PIXELS), ""
    else:
        values, rule = range_of(name, [found[splits.TRAIN]]), "by the training images"
    if values.is_pixels:
        return values, ""
    return values, f"; values of {values.text} ({rule}) scaled to 0 … 255"


def _images(
    name: str, used: Mapping[str, tuple[Array, NDArray[Any]]], settings: Settings
) -> tuple[dict[str, Array], str]:
    """Return the images of each split, (count, height, width, channels), and how they lay."""
    images, words = {}, ""
    for split, (values, labels) in used.items():
        place = f"{name}, {split} images"
        if not values.size or not labels.ndim or values.shape[:1] != labels.shape[:1]:
            raise DataError(
                f"{place}: expected at least one image, and a label for each; received "
                f"images {values.shape} and labels {labels.shape}."
            )
        images[split], words = _channels_last(place, values, settings.channels)
    return images, words


def _channels_last(place: str, values: Array, order: str) -> tuple[Array, str]:
    """Return images (count, height, width, channels), and how they lay for a source's words."""
    if values.dtype.kind not in "biuf":
        raise DataError(f"{place}: expected numbers; received {values.dtype}.")
    if values.ndim == 2:
        return _square(place, values, order)
    if values.ndim == 3:
        return _mapped(values, lambda x: x[..., np.newaxis], (*values.shape[1:], 1)), ""
    if values.ndim == 4 and values.shape[3] in CHANNELS:
        return values, ""
    if values.ndim == 4 and values.shape[1] in CHANNELS:
        _, channels, height, width = values.shape
        moved = _mapped(values, lambda x: np.moveaxis(x, 1, -1), (height, width, channels))
        return moved, "; channels moved from first to last"
    volume = values.ndim == 5 or (values.ndim == 4 and min(values.shape[1:]) > 4)
    raise DataError(
        f"{place}: received {'volumes of ' if volume else ''}the shape {values.shape}; expected "
        "(count, height, width), or with 1 or 3 channels."
    )


def _square(place: str, rows: Array, order: str) -> tuple[Array, str]:
    """Return rows of numbers as square images of 1 or 3 channels."""
    for channels in CHANNELS:
        side = isqrt(rows.shape[1] // channels)
        if side * side * channels != rows.shape[1]:
            continue
        shape = side, side, channels

        def square(x: NDArray[Any], first: tuple[int, int, int] = (channels, side, side)) -> Any:
            return np.moveaxis(x.reshape(-1, *first), 1, -1)

        def plain(x: NDArray[Any], shape: tuple[int, int, int] = shape) -> Any:
            return x.reshape(-1, *shape)

        images = _mapped(rows, square if order == "first" else plain, shape)
        colour = f", channels {order}" if channels > 1 else ""
        return images, f"; rows of {rows.shape[1]} numbers as {units.shape(shape)}{colour}"
    raise DataError(
        f"{place}: received rows of {rows.shape[1]} numbers; expected those of a square image of 1 "
        "or 3 channels, such as 784 or 3072."
    )
