"""The first test images, small enough to be kept with the records of a comparison."""

import numpy as np
from numpy.typing import NDArray

from netzoo.data.source import Split
from netzoo.records.arrays import Thumbnails

MOST_PICTURES = 500
MOST_BYTES = 1_500_000  # before they are packed
LONGEST_SIDE_PX = 64


def pictures(test: Split, sha256: str) -> Thumbnails:
    """Return the first images of a test split, as many as the limits allow.

    sha256: of the data set that the split is of, for its record.
    """
    few = test.images[:MOST_PICTURES]
    _, height, width, channels = few.shape
    rows, columns = _blocks(height, width)
    shape = height // rows, width // columns, channels
    few = few[: MOST_BYTES // int(np.prod(shape))]
    pixels = b"".join(smaller(image, rows, columns).tobytes() for image in few)
    return Thumbnails.of(sha256, shape, len(few), pixels)


def smaller(image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return the means of blocks of so many rows and columns, uint8, halves rounded up.

    (height, width, channels) -> (height // rows, width // columns, channels): what does not fill a
    block, below and to the right, is left out.
    """
    height, width, channels = image.shape
    down, across = height // rows, width // columns
    whole = image[: down * rows, : across * columns]
    blocks = whole.reshape(down, rows, across, columns, channels)
    size = rows * columns
    sums: NDArray[np.int64] = blocks.sum(axis=(1, 3), dtype=np.int64)
    return ((sums + size // 2) // size).astype(np.uint8)


def _blocks(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of a block: the smallest square that makes the image fit.

    A side that is shorter than that is one block.
    """
    block = -(-max(height, width) // LONGEST_SIDE_PX)
    return min(block, height), min(block, width)
