"""Thumbnails of the first test images, kept with the records of a comparison."""

import numpy as np
from numpy.typing import NDArray

from netzoo.data.source import Split
from netzoo.records.arrays import Thumbnails

MOST_PICTURES = 500
MOST_BYTES = 1_500_000  # before compression
LONGEST_SIDE_PX = 64


def thumbnails(test: Split, sha256: str) -> Thumbnails:
    """Return reduced images of a test split, the first ones up to the limits above.

    sha256: of the data set, for the record.
    """
    _, height, width, channels = test.images.shape
    rows, columns = _blocks(height, width)
    shape = height // rows, width // columns, channels
    few = test.images[: min(MOST_PICTURES, MOST_BYTES // int(np.prod(shape)))]
    pixels = b"".join(block_means(image, rows, columns).tobytes() for image in few)
    return Thumbnails.of(sha256, shape, len(few), pixels)


def block_means(image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return the means over blocks of an image, uint8, halves rounded up.

    rows, columns: the size of a block in pixels. (height, width, channels) -> (height // rows,
    width // columns, channels): incomplete blocks, at the bottom and the right, are omitted.
    """
    height, width, channels = image.shape
    down, across = height // rows, width // columns
    whole = image[: down * rows, : across * columns]
    blocks = whole.reshape(down, rows, across, columns, channels)
    size = rows * columns
    sums: NDArray[np.int64] = blocks.sum(axis=(1, 3), dtype=np.int64)
    return ((sums + size // 2) // size).astype(np.uint8)


def _blocks(height: int, width: int) -> tuple[int, int]:
    """Return the rows and columns of a block: the smallest square with which the image fits.

    A side that is shorter than the square is one block.
    """
    block = -(-max(height, width) // LONGEST_SIDE_PX)
    return min(block, height), min(block, width)
