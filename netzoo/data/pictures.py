"""Image files as the pixels of a data set's images, by Pillow."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.errors import BadInput, require

MODES = {1: ("L", "grey"), 3: ("RGB", "RGB colour")}  # by channels
WORDS = {"L": "grey", "1": "black and white", "P": "a palette", "LA": "grey with transparency"}
DEEP = ("I", "F")  # modes of more than 8 bits a channel begin so


def picture(path: Path, shape: tuple[int, int, int]) -> tuple[NDArray[np.uint8], str]:
    """Return an image file's pixels, uint8 of the shape, and what was done to get them, in words.

    shape: height, width, channels. The image is turned as its camera says, converted to grey or
    colour, and resized bilinearly with antialias; transparency is dropped.
    Raises BadInput for a file that Pillow does not read, or of more than 8 bits a channel;
    MissingPackage without Pillow.
    """
    pillow = require("PIL.Image", "an image file", 'pip install "netzoo[report]"')
    operations = require("PIL.ImageOps", "an image file", 'pip install "netzoo[report]"')
    height, width, channels = shape
    if channels not in MODES:
        raise BadInput(f"the network takes images of {channels} channels; a file has 1 or 3.")
    if not path.is_file():
        raise BadInput(f"{str(path)!r} is not a file.")
    try:
        with pillow.open(path) as opened:
            image = operations.exif_transpose(opened)
            image.load()
    except Exception as error:  # Pillow raises many kinds for a damaged file
        raise BadInput(f"{path} is not an image that Pillow reads.") from error
    if image.mode.startswith(DEEP):
        raise BadInput(f"{path} has pixels of mode {image.mode}; expected 8 bits a channel.")
    mode, name = MODES[channels]
    changes = [units.pixels(image.height, image.width)]
    if image.mode != mode:
        changes.append(f"converted from {WORDS.get(image.mode, image.mode)} to {name}")
        image = image.convert("RGBA").convert(mode) if image.mode == "P" else image.convert(mode)
    if (image.height, image.width) != (height, width):
        changes.append(f"resized to {units.pixels(height, width)}")
        image = image.resize((width, height), pillow.Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(shape), ", ".join(changes)
