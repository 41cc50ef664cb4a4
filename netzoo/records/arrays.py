"""Numbers of a record that are too many to be written out one by one: packed by zlib, as bytes.

No numpy is needed to read them.
"""

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

    Each is packed: unsigned 16-bit numbers, little-endian, compressed by zlib.
    """

    labels: bytes
    predicted: bytes

    @classmethod
    def of(cls, labels: Sequence[int], predicted: Sequence[int]) -> "Predictions":
        """Return the predictions of as many labels."""
        return cls(_packed(labels), _packed(predicted))

    def true(self) -> Sequence[int]:
        """Return the true class of each test image, as a number from 0."""
        return _unpacked(self.labels)

    def said(self) -> Sequence[int]:
        """Return the predicted class of each test image, as a number from 0."""
        return _unpacked(self.predicted)

    def correct(self) -> list[bool]:
        """Return for each test image whether its class was predicted."""
        return [a == b for a, b in zip(self.true(), self.said(), strict=True)]


@dataclass(frozen=True)
class Filters:
    """The filters of a network's first convolution, as its training left them.

    layer: its name. shape: height and width in pixels, the channels that a filter sees, filters.
    total: how many filters the layer has; of more than are kept, the first are.
    values: numbers in the order of the shape, float16, little-endian, compressed by zlib.
    """

    layer: str
    shape: tuple[int, int, int, int]
    total: int
    values: bytes

    @classmethod
    def of(
        cls, layer: str, shape: tuple[int, int, int, int], total: int, values: bytes
    ) -> "Filters":
        """Return the filters of a layer; values: as above, not yet compressed."""
        return cls(layer, shape, total, zlib.compress(values, 9))

    def unpacked(self) -> bytes:
        """Return the numbers in the order of the shape, as float16, little-endian."""
        return zlib.decompress(self.values)


@dataclass(frozen=True)
class Thumbnails:
    """The first test images of a data set, made small, in the order of every trial's predictions.

    sha256: of the data set, as in its DatasetRecord. shape: height, width and channels of each.
    pixels: unsigned bytes, (count, height, width, channels), compressed by zlib.
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
        """Return the pictures of a data set; pixels: as above, not yet compressed."""
        return cls(sha256, shape, count, zlib.compress(pixels))

    def picture(self, number: int) -> bytes:
        """Return the pixels of one picture, counted from 0, in the order of the shape."""
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
