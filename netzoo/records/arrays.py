"""Arrays of a record, as bytes compressed by zlib; reading them needs no numpy."""

import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from netzoo.provenance import SCHEMA


@dataclass(frozen=True)
class Predictions:
    """The classes of the test images, true and predicted, in the order of the test split.

    Both arrays are unsigned 16-bit integers, little-endian, compressed by zlib.
    """

    labels: bytes
    predicted: bytes

    @classmethod
    def of(cls, labels: Sequence[int], predicted: Sequence[int]) -> "Predictions":
        """Return the predictions of labels and predicted classes, equal in number."""
        return cls(_packed(labels), _packed(predicted))

    def true_classes(self) -> Sequence[int]:
        """Return the true class of each test image, an integer from 0."""
        return _unpacked(self.labels)

    def predicted_classes(self) -> Sequence[int]:
        """Return the predicted class of each test image, an integer from 0."""
        return _unpacked(self.predicted)

    def correct(self) -> list[bool]:
        """Return for each test image whether the prediction is correct."""
        return [a == b for a, b in zip(self.true_classes(), self.predicted_classes(), strict=True)]


@dataclass(frozen=True)
class Filters:
    """The filters of a network's first convolution after its training.

    layer: its name. shape: height and width in pixels, input channels of a filter, number of
    filters. total: the number of filters of the layer, of which the first are kept.
    values: float16, little-endian, in the order of the shape, compressed by zlib.
    """

    layer: str
    shape: tuple[int, int, int, int]
    total: int
    values: bytes

    @classmethod
    def of(
        cls, layer: str, shape: tuple[int, int, int, int], total: int, values: bytes
    ) -> "Filters":
        """Return the filters of a layer; values: as above, but not compressed."""
        return cls(layer, shape, total, zlib.compress(values, 9))

    def unpacked(self) -> bytes:
        """Return the values as float16, little-endian, in the order of the shape."""
        return zlib.decompress(self.values)


@dataclass(frozen=True)
class Thumbnails:
    """The first test images of a data set, reduced, in the order of all trials' predictions.

    sha256: of the data set, as in its DatasetRecord. shape: height, width, channels.
    pixels: uint8, (count, height, width, channels), compressed by zlib.
    """

    sha256: str
    shape: tuple[int, int, int]
    count: int
    pixels: bytes
    schema: int = SCHEMA

    @classmethod
    def of(
        cls, sha256: str, shape: tuple[int, int, int], count: int, pixels: bytes
    ) -> "Thumbnails":
        """Return the thumbnails of a data set; pixels: as above, but not compressed."""
        return cls(sha256, shape, count, zlib.compress(pixels))

    def picture(self, number: int) -> bytes:
        """Return the pixels of a thumbnail, counted from 0, as uint8 in the order of the shape."""
        size = prod(self.shape)
        return self._unpacked[number * size : (number + 1) * size]

    @cached_property
    def _unpacked(self) -> bytes:
        return zlib.decompress(self.pixels)


def _packed(classes: Sequence[int]) -> bytes:
    numbers = array("H", classes)
    if sys.byteorder == "big":
        numbers.byteswap()
    return zlib.compress(numbers.tobytes(), 9)


def _unpacked(packed: bytes) -> "array[int]":
    numbers = array("H", zlib.decompress(packed))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
