"""The pixels of image files: in memory, or on disk where they exceed the budget of memory.

On disk they are decoded once to a file of the cache, row by row. Where its disk lacks the room, the
files of each batch are decoded as it is read.
"""

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.data import cache, memory, pictures
from netzoo.data.disk_images import DiskImages, Pixels, Places
from netzoo.data.pictures import Header
from netzoo.data.reading import Files, Form, each
from netzoo.errors import DataError

DECODING = "decoding"
Part = tuple[Files, Sequence[Header]]
Shape = tuple[int, int, int]
# Batches are decoded one after another, each by all cores.
_ONE_BATCH = threading.Lock()


def decoded(
    parts: Sequence[Part], form: Form
) -> tuple[list[tuple[Pixels, list[str]]], tuple[str, ...]]:
    """Return the images of each part, uint8 (count, height, width, channels), and what to say.

    With the images, for each of them, "" or the reason why it could not be decoded.
    """
    shape = *form.size, form.channels
    keys = [_key(heads, form, shape) for _, heads in parts]
    of_parts = [(files, form, shape, key) for (files, _), key in zip(parts, keys, strict=True)]
    why = memory.exceeding(sum(len(files) for files, _ in parts), shape)
    if why is None:
        return [_in_memory(*about) for about in of_parts], ()
    missing = sum(len(files) for files, *_, key in of_parts if not cache.is_kept(key))
    room = cache.room_bytes()
    if missing * int(np.prod(shape, dtype=np.int64)) <= room:
        try:
            found = [_in_file(*about) for about in of_parts]
            where = f"they are decoded once to {cache.folder()} and read from there, by place"
            return found, (f"Images: {why}; {where}.",)
        except OSError:  # another program has filled the disk
            room = cache.room_bytes()
    where = (
        f"{cache.folder()} has room for {units.quantity(room, 'B')}, so each is decoded whenever "
        "it is read, which takes longer"
    )
    return [_each_time(*about) for about in of_parts], (f"Images: {why}; {where}.",)


def _key(heads: Sequence[Header], form: Form, shape: Shape) -> str:
    about = form.kind, shape, form.range, pictures.decoder()
    return cache.key_of([head.digest for head in heads], *about)


def _in_memory(files: Files, form: Form, shape: Shape, key: str) -> tuple[Pixels, list[str]]:
    if (kept := cache.load(key)) is not None and not any(cache.reasons(key) or ()):
        return kept, [""] * len(files)
    images = np.zeros((len(files), *shape), np.uint8)
    decode = _decoder(files, form)

    def read(place: int) -> None:
        images[place] = decode(place)

    reasons = _words(each(read, len(files), DECODING))
    if not any(reasons):
        cache.keep(key, images)
    return images, reasons


def _in_file(files: Files, form: Form, shape: Shape, key: str) -> tuple[Pixels, list[str]]:
    """Return images that are decoded to a file once. Raises OSError where the disk is full."""
    kept = cache.opened(key, len(files), shape)
    if kept is not None:
        return kept, cache.reasons(key) or [""] * len(files)
    decode = _decoder(files, form)
    full: list[OSError] = []
    with cache.written(key, len(files), shape) as (rows, images):

        def store(place: int) -> None:
            pixels = decode(place)
            try:
                rows.write(place, pixels)
            except OSError as error:
                full.append(error)

        reasons = _words(each(store, len(files), DECODING))
        if full:
            raise full[0]
        if any(reasons):
            cache.keep_reasons(key, reasons)
    return images, reasons


def _each_time(files: Files, form: Form, shape: Shape, key: str) -> tuple[Pixels, list[str]]:
    """Return images that are decoded whenever they are read."""
    decode = _decoder(files, form)

    def read(places: Places) -> NDArray[np.uint8]:
        images = np.empty((len(places), *shape), np.uint8)

        def one(at: int) -> None:
            images[at] = decode(int(places[at]))

        with _ONE_BATCH:
            reasons = _words(each(one, len(places)))
        for at, reason in enumerate(reasons):
            if reason:
                raise DataError(f"{files.names[int(places[at])]} has changed: {reason}.")
        return images

    reasons = cache.reasons(key)
    if reasons is None or len(reasons) != len(files):

        def check(place: int) -> None:
            decode(place)

        reasons = _words(each(check, len(files), DECODING))
        cache.keep_reasons(key, reasons)
    return DiskImages(read, len(files), shape), reasons


def _decoder(files: Files, form: Form) -> Callable[[int], NDArray[np.uint8]]:
    """Return the function from a place to the pixels of its file, uint8."""

    def decode(place: int) -> NDArray[np.uint8]:
        with files.open(place) as file:
            values = pictures.pixels(file, form.kind, form.size)
        return values if form.range is None else form.range.pixels(values)

    return decode


def _words(found: Sequence[object]) -> list[str]:
    return [str(reason or "") for reason in found]
