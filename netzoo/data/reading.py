"""Many image files: their headers, one size, one kind of pixels, read in threads."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netzoo import backend, units
from netzoo.data import pictures
from netzoo.data.pictures import Header
from netzoo.data.progress import Counting
from netzoo.data.ranges import Range, limits, range_of
from netzoo.data.settings import Settings
from netzoo.errors import BadInput, DataError

TOGETHER = 32  # files that a thread takes at a time


@dataclass(frozen=True)
class Files:
    """Image files of one split. names: what people read. open: gives the file of a place."""

    names: Sequence[str]
    open: Callable[[int], IO[bytes]]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def only(self, places: Sequence[int] | NDArray[np.intp]) -> "Files":
        """Return the files of some places, in their order."""
        kept = [int(place) for place in places]
        names = [self.names[place] for place in kept]
        return Files(names, lambda place: self.open(kept[place]), self.labels[kept])


@dataclass(frozen=True)
class Form:
    """The one form of all images: kind as in `pictures`, height and width, range of NUMBERS."""

    kind: str
    size: tuple[int, int]
    range: Range | None
    words: str

    @property
    def channels(self) -> int:
        """Return the number of channels."""
        return 3 if self.kind == pictures.COLOUR else 1


def headers(files: Files) -> list[Header | str]:
    """Return the header of each file; where it cannot be read, the reason."""

    def read(place: int) -> Header | str:
        with files.open(place) as file:
            return pictures.header(file)

    return each(read, len(files))


def form_of(
    place: str, train: Files, heads: Sequence[Header], test: Sequence[Header], settings: Settings
) -> Form:
    """Return the form of a data set by its training images.

    heads: of the training images. test: of the test images. The size is the commonest one if half
    of the images have it, else the square with the median of their shorter sides. Raises DataError
    for images of 8 bits mixed with others, or for numbers that are not finite.
    """
    kinds = Counter(head.kind for head in heads)
    if pictures.NUMBERS in kinds and len(kinds) > 1:
        count = kinds[pictures.NUMBERS]
        raise DataError(
            f"{place}: {count} of {len(heads)} training images have more than 8 bits a value, the "
            "others 8; expected one kind, since there is no common range."
        )
    kind = pictures.COLOUR if pictures.COLOUR in kinds else next(iter(kinds))
    if settings.range is not None and kind != pictures.NUMBERS:
        raise BadInput(
            f"{place}: its images have 8 bits a value, which are 0 … 255 already; leave out @range."
        )
    sizes = Counter(head.size for head in heads)
    size, count = sizes.most_common(1)[0]
    if settings.size is not None:
        size, rule = settings.size, "the size asked for"
    elif 2 * count >= len(heads):
        rule = "the commonest size"
    else:
        side = int(np.median([min(head.size) for head in heads]))
        size, rule = (side, side), "the median of the shorter sides"
    words = ""
    if any(head.size != size for head in (*heads, *test)):
        words = f"; resized to {units.shape(size)} px ({rule}), stretched, bilinear and antialiased"
    found = None
    if kind == pictures.NUMBERS:
        found = Range(*settings.range) if settings.range else _range(place, train, heads)
        rule = "as asked for" if settings.range else "the range of the training images"
        words += f"; values of {found.text} ({rule}) scaled to 0 … 255"
    return Form(kind, size, found, words)


def _range(place: str, files: Files, heads: Sequence[Header]) -> Range:
    def read(at: int) -> tuple[float, float]:
        with files.open(at) as file:
            values = pictures.pixels(file, pictures.NUMBERS, heads[at].size)
        return limits(f"{place}, {files.names[at]}", values)

    found = each(read, len(files))
    for one in found:
        if isinstance(one, DataError):
            raise one
    return range_of(place, [one for one in found if isinstance(one, tuple)], usual=False)


def each(read: Callable[[int], Any], count: int, what: str = "reading") -> list[Any]:
    """Return what a function gives for each place, in threads; what it raises as its words.

    what: what it does to images, to be told while it takes long.
    """
    threads = backend.cores()
    together = max(1, min(TOGETHER, -(-count // threads)))

    def several(start: int) -> list[Any]:
        return [_words_of(read, place) for place in range(start, min(start + together, count))]

    counting, every = Counting(what, count), []
    with _quiet(), ThreadPoolExecutor(threads) as pool:
        for found in pool.map(several, range(0, count, together)):
            every += found
            counting.reach(len(every))
    return every


def _words_of(read: Callable[[int], Any], place: int) -> Any:
    try:
        return read(place)
    except DataError as error:
        return error
    except pictures.NotAnImage as error:
        return str(error)
    except Exception as error:  # a damaged file can raise anything in its decoder
        first = (getattr(error, "strerror", None) or str(error)).strip().partition("\n")[0]
        return first or type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Pillow warns of; its limit of pixels is checked by the header."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield
