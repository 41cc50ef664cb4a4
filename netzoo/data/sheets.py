"""Pictures of a data set: some images of each class, and what an augmentation makes of them."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from netzoo.data.source import Split

CELL_PX = 72  # of an image's longer side
LABEL_PX, GAP_PX, TEXT_PX = 150, 4, 14
EACH, MOST_CLASSES = 10, 40  # images of a class; classes
ORIGINALS, DRAWS = 8, 7
_LAST_LETTER = "\u017f"  # up to which Pillow's own typeface has letters


def contact_sheet(split: Split, class_names: Sequence[str]) -> bytes:
    """Return a PNG with a row for each of the first MOST_CLASSES classes, evenly over its images.

    A class whose name has letters that Pillow's typeface lacks is named by its number.
    """
    rows = []
    for number in range(min(len(class_names), MOST_CLASSES)):
        members = np.flatnonzero(split.labels == number)
        chosen = members[np.linspace(0, len(members) - 1, min(EACH, len(members))).astype(int)]
        rows.append([_image(split, int(place)) for place in chosen])
    return _png(_written(class_names[: len(rows)], range(len(rows))), rows)


def augment_sheet(split: Split, class_names: Sequence[str], name: str, seed: int) -> bytes:
    """Return a PNG with a row for each of some images: the original, then draws of it.

    split: the first image of each of ORIGINALS classes is taken, then the second ones. name: of
    the augmentation, as in a recipe. seed: with the draw's number it decides every pixel.
    """
    from netzoo.data import augment

    few = split.limited(min(ORIGINALS, len(split)), len(class_names))
    images = np.asarray(few.images)
    drawn = [images]
    drawn += [
        np.asarray(augment.augmented(images, name, [seed, number])) for number in range(DRAWS)
    ]
    words = _written([class_names[label] for label in few.labels], few.labels.tolist())
    heads = ["original", *(f"draw {number}" for number in range(1, DRAWS + 1))]
    return _png(words, [[each[place] for each in drawn] for place in range(len(images))], heads)


def _image(split: Split, place: int) -> NDArray[np.uint8]:
    image: NDArray[np.uint8] = np.asarray(split.images[place : place + 1])[0]
    return image


def _written(names: Sequence[str], numbers: Sequence[int]) -> list[str]:
    return [
        name if name and max(name) <= _LAST_LETTER else f"class {number}"
        for name, number in zip(names, numbers, strict=True)
    ]


def _png(
    words: Sequence[str],
    rows: Sequence[Sequence[NDArray[np.uint8]]],
    heads: Sequence[str] = (),
) -> bytes:
    """Return a PNG with a row for each of the words, and its images beside.

    heads: of the columns.
    """
    step = CELL_PX + GAP_PX
    begin = GAP_PX + (TEXT_PX + 2 * GAP_PX if heads else 0)
    size = LABEL_PX + step * max(map(len, rows)), begin + step * len(rows)
    page = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(TEXT_PX)
    for column, head in enumerate(heads):
        draw.text((LABEL_PX + column * step, GAP_PX), head, "black", font)
    for row, (label, images) in enumerate(zip(words, rows, strict=True)):
        top = begin + row * step
        draw.text((GAP_PX, top + (CELL_PX - TEXT_PX) // 2), _fitting(label, font), "black", font)
        for column, pixels in enumerate(images):
            page.paste(_cell(pixels), (LABEL_PX + column * step, top))
    file = BytesIO()
    page.save(file, "PNG", optimize=True)
    return file.getvalue()


def _cell(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return an image with a longer side of CELL_PX; small ones keep their square pixels."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] != 3 else pixels).convert("RGB")
    scale = CELL_PX / max(image.size)
    size = [max(1, round(side * scale)) for side in image.size]
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return image.resize((size[0], size[1]), way)


def _fitting(text: str, font: Any) -> str:
    """Return a text that fits beside the images, cut at its end if it must be."""
    room = LABEL_PX - 3 * GAP_PX
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"
