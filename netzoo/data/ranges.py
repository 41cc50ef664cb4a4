"""Numbers of any range as pixels of 0 to 255, by one rule for all images of a data set."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netzoo.errors import DataError

# Ranges that are in use; the first that holds all training values is taken.
PIXELS = (0.0, 255.0)
USUAL = ((0.0, 1.0), (-1.0, 1.0), (0.0, 16.0), PIXELS)
BLOCK = 1 << 22  # values that are converted at a time


@dataclass(frozen=True)
class Range:
    """The values that become 0 and 255; values outside are clipped."""

    low: float
    high: float

    @property
    def is_pixels(self) -> bool:
        """Return whether the values are pixels already."""
        return (self.low, self.high) == PIXELS

    @property
    def text(self) -> str:
        """Return the range as text: "0 … 4095"."""
        return f"{self.low:g} … {self.high:g}"

    def pixels(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return values as pixels: scaled, rounded, then clipped, in this order."""
        if values.dtype == np.uint8 and self.is_pixels:
            return values
        done = np.empty(values.shape, np.uint8)
        rows = max(1, BLOCK // max(1, int(np.prod(values.shape[1:]))))
        for start in range(0, len(values), rows):
            part = values[start : start + rows].astype(np.float64)
            scaled = np.rint((part - self.low) * (255 / (self.high - self.low)))
            done[start : start + rows] = np.clip(scaled, 0, 255)
        return done


def limits(place: str, values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the largest value. Raises DataError for NaN and infinity."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise DataError(f"{place}: values are {low:g} to {high:g}; expected finite numbers.")
    return low, high


def range_of(place: str, found: Iterable[tuple[float, float]], *, usual: bool = True) -> Range:
    """Return the range of training images with such limits.

    usual: whether a range in use that holds them all is taken, not the limits themselves.
    Raises DataError if all values are equal.
    """
    lows, highs = zip(*found, strict=True)
    low, high = min(lows), max(highs)
    if low == high:
        raise DataError(f"{place}: every value of every training image is {low:g}.")
    for known in USUAL if usual else ():
        if known[0] <= low and high <= known[1]:
            return Range(*known)
    return Range(low, high)
