"""The perceptual hash of images, by ImageHash: near copies have nearly the same bits.

pHash: the signs of an image's low frequencies about their median (Zauner 2010, section 3.2.1).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netzoo import backend
from netzoo.data.disk_images import Pixels, chunks
from netzoo.errors import require

INSTALL = 'pip install "netzoo[data]"'
SIDE = 16  # of the square of frequencies
BITS = SIDE * SIDE
USUAL_BITS, MOST_BITS = 16, 24  # that near copies differ in
_TOGETHER = 64  # images that a thread takes at a time
_LEAST_PX = 4 * SIDE  # of a side, to which the hash resizes


def library() -> Any:
    """Return the imagehash module. Raises MissingPackage."""
    return require("imagehash", "`near`", INSTALL)


def words() -> str:
    """Return the hash and its library's version, in words."""
    return f"pHash of {BITS} bits by ImageHash {version('imagehash')}"


def hashes(
    splits: Sequence[Pixels], told: Callable[[int], None] = lambda count: None
) -> NDArray[np.bool]:
    """Return the bits of each image, (count, BITS), in the order of the splits.

    told: called with the number of images so far. Raises MissingPackage.
    """
    phash = library().phash
    found = np.empty((sum(map(len, splits)), BITS), np.bool)

    def several(images: NDArray[np.uint8], start: int, at: int) -> None:
        for place, image in enumerate(images[at : at + _TOGETHER], start + at):
            found[place] = phash(_grey(image), hash_size=SIDE).hash.reshape(-1)

    start = 0
    with ThreadPoolExecutor(backend.cores()) as pool:
        for split in splits:
            for chunk in chunks(split):
                begins = range(0, len(chunk), _TOGETHER)
                for _ in pool.map(lambda at: several(chunk, start, at), begins):  # noqa: B023
                    pass
                start += len(chunk)
                told(start)
    return found


def _grey(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return an image in grey, a large one by the means of blocks, which takes a quarter of it."""
    if pixels.shape[-1] == 3:
        image = Image.fromarray(pixels).convert("L")
    elif pixels.shape[-1] == 1:
        image = Image.fromarray(pixels[..., 0])
    else:
        image = Image.fromarray(pixels.mean(axis=-1).astype(np.uint8))
    block = min(image.size) // _LEAST_PX
    return image.reduce(block) if block > 1 else image
