"""One image file as pixels, by Pillow: its content decides, not its name.

Turned as its EXIF says; transparency laid on white; palettes and one-bit images converted before
anything else; of several frames the first. Nothing reads a colour profile.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from netzoo import units
from netzoo.errors import BadInput

FORMATS = (*("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "QOI", "TIFF", "WEBP"),)
# Files so named are images to whoever put them there: that they cannot be read is no small matter.
ENDINGS = {
    *(".avif", ".bmp", ".dib", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm"),
    *(".png", ".pnm", ".ppm", ".qoi", ".tif", ".tiff", ".webp"),
    *(".arw", ".cr2", ".dcm", ".dng", ".eps", ".heic", ".heif", ".ico", ".jxl", ".nef", ".psd"),
    *(".svg", ".tga"),
}
WHITE = (255, 255, 255, 255)
GREY, COLOUR, NUMBERS = "grey", "colour", "numbers"
_TURNED_SIDEWAYS = (5, 6, 7, 8)  # of EXIF's orientations


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says before its pixels are decoded.

    digest: SHA-256 of the file. size: height and width as they will be decoded. kind: GREY, COLOUR
    or NUMBERS, which have more than 8 bits. is_deep: 16-bit colour, of which Pillow reads 8.
    """

    digest: bytes
    size: tuple[int, int]
    kind: str
    frames: int
    is_turned: bool
    is_transparent: bool
    is_deep: bool


class NotAnImage(Exception):
    """A file whose content is none of FORMATS."""


def decoder() -> str:
    """Return the name and version of what decodes: another one may give other pixels."""
    return f"Pillow {version('pillow')}"


def header(file: IO[bytes]) -> Header:
    """Return the header of an open file. Raises NotAnImage, and whatever Pillow raises."""
    with _opened(file) as image:
        width, height = image.size
        limit = Image.MAX_IMAGE_PIXELS
        if limit is not None and width * height > limit:
            raise ValueError(f"{width} x {height} px exceed Pillow's limit of {limit} pixels")
        tiles = getattr(image, "tile", ())
        orientation = _orientation(image)
        turned_by_pillow = image.format == "TIFF"
        if orientation in _TURNED_SIDEWAYS and not turned_by_pillow:
            height, width = width, height
        several = getattr(image, "is_animated", False) and image.format != "MPO"
        about = partial(
            Header,
            size=(height, width),
            kind=_kind(image.mode),
            frames=int(getattr(image, "n_frames", 1)) if several else 1,
            is_turned=orientation in range(2, 9),
            is_transparent=image.has_transparency_data,
            is_deep=_kind(image.mode) == COLOUR and any("16" in str(tile[3]) for tile in tiles),
        )
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
        return about(digest=digest.digest())


def pixels(file: IO[bytes], kind: str, size: tuple[int, int]) -> NDArray[Any]:
    """Return an image of a size: uint8 (height, width, 1 or 3), float32 (…, 1) for NUMBERS.

    Another size is stretched to it, bilinear and antialiased. Raises whatever Pillow raises.
    """
    with _opened(file) as image:
        image.load()
        if _orientation(image) != 1:
            ImageOps.exif_transpose(image, in_place=True)
        if kind == NUMBERS:
            image = Image.fromarray(np.asarray(image, np.float32))
        elif image.has_transparency_data:
            flat = Image.new("RGBA", image.size, WHITE)
            flat.alpha_composite(image.convert("RGBA"))
            image = flat.convert("RGB").convert("L" if kind == GREY else "RGB")
        elif image.mode != (mode := "L" if kind == GREY else "RGB"):
            image = image.convert(mode)
        if image.size != size[::-1]:
            image = image.resize(size[::-1], Image.Resampling.BILINEAR)
        array = np.asarray(image)
    return array[..., np.newaxis] if array.ndim == 2 else array


def _opened(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    try:
        return Image.open(file, formats=_formats())
    except UnidentifiedImageError:
        is_empty = not file.seek(0, 2)
        words = "an empty file" if is_empty else "not an image that Pillow reads"
        raise NotAnImage(words) from None


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 without any.

    A PNG may have it behind its pixels: there it is known once they are loaded.
    """
    if image.format != "TIFF" and not any("exif" in key or "xmp" in key for key in image.info):
        return 1
    return int(image.getexif().get(0x0112, 1))


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _kind(mode: str) -> str:
    if mode in ("1", "L", "LA", "La"):
        return GREY
    return NUMBERS if mode[0] in "IF" else COLOUR


def is_image(path: Path) -> bool:
    """Return whether a file's content is an image that Pillow may read, whatever its name."""
    try:
        with path.open("rb") as file, _opened(file):
            return True
    except NotAnImage:
        return False
    except Exception:  # it begins as an image, and its header is damaged
        return True


def picture(path: Path, shape: tuple[int, int, int]) -> tuple[NDArray[np.uint8], str]:
    """Return an image file's pixels, uint8 of the shape, and what was done to get them, in words.

    shape: height, width, channels. Raises BadInput for a file that Pillow does not read, or of more
    than 8 bits a channel.
    """
    height, width, channels = shape
    if channels not in (1, 3):
        raise BadInput(f"the network takes images of {channels} channels; a file has 1 or 3.")
    if not path.is_file():
        raise BadInput(f"{str(path)!r} is not a file.")
    kind = GREY if channels == 1 else COLOUR
    try:
        with path.open("rb") as file:
            found = header(file)
            array = None if found.kind == NUMBERS else pixels(file, kind, (height, width))
    except Exception as error:  # Pillow raises many kinds for a damaged file
        raise BadInput(f"{path} is not an image that Pillow reads.") from error
    if array is None:
        raise BadInput(f"{path} has more than 8 bits a channel; expected 8.")
    changes = [units.pixels(*found.size)]
    if found.is_transparent:
        changes.append("laid on white")
    if found.kind != kind:
        changes.append(f"converted from {found.kind} to {kind}")
    if found.size != (height, width):
        changes.append(f"resized to {units.pixels(height, width)}")
    return array, ", ".join(changes)
