"""Arrays that were read whole and exceed the budget of memory: brought to a file, and freed."""

from dataclasses import replace

import numpy as np

from netzoo import units
from netzoo.data import cache, memory
from netzoo.data.disk_images import DiskImages, chunks
from netzoo.data.source import Images, Split
from netzoo.data.spool import spooled
from netzoo.errors import DataError


def within_budget(images: Images) -> Images:
    """Return a data set whose images are on disk if they exceed the budget of memory.

    For sources that can only be read whole: it takes their memory once, not for the training.
    """
    splits = images.train, images.test
    in_memory = [split for split in splits if not isinstance(split.images, DiskImages)]
    count, shape = sum(map(len, in_memory)), images.image_shape
    why = memory.exceeding(count, shape) if in_memory else None
    if why is None:
        return images
    room = cache.room_bytes()
    try:
        if count * int(np.prod(shape, dtype=np.int64)) > room:
            raise DataError
        train, test = map(_on_disk, splits)
    except DataError:
        where = f"{cache.folder()} has room for {units.quantity(room, 'B')}, so they stay in memory"
        return replace(images, lines=(*images.lines, f"Images: {why}; {where}."))
    where = f"they are written to a file in {cache.folder()} and read from there, by place"
    lines = *images.lines, f"Images: {why}; {where}."
    return replace(images, train=train, test=test, lines=lines)


def _on_disk(split: Split) -> Split:
    """Return a split whose images are in a file. Raises DataError where the disk is full."""
    if isinstance(split.images, DiskImages):
        return split
    images = spooled(chunks(split.images), len(split), split.images.shape[1:], np.uint8)
    return Split(images, split.labels)
