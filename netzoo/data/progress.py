"""How far the images of a data set are read, told to whoever waits for them."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from netzoo import units

# What is done sooner is not told; then a bar is told a few times a second.
PATIENCE_SECONDS, EVERY_SECONDS = 2.0, 0.5

Tell = Callable[[str], None]
_TELL: ContextVar[Tell | None] = ContextVar("tell", default=None)


@contextlib.contextmanager
def told_to(tell: Tell) -> Iterator[None]:
    """Let images that are read within the context tell how far they are, in words."""
    before = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(before)


class Counting:
    """A count of images that rises, told with the time left once it takes long.

    what: what is done to them ("decoding").
    """

    def __init__(self, what: str, count: int) -> None:
        self._what, self._count, self._tell = what, count, _TELL.get()
        self._began = self._told = time.monotonic()

    def reach(self, done: int) -> None:
        """Note that so many are done."""
        now = time.monotonic()
        passed = now - self._began
        if self._tell is None or passed < PATIENCE_SECONDS or now - self._told < EVERY_SECONDS:
            return
        self._told = now
        left = units.seconds(passed * (self._count - done) / max(done, 1))
        whole = units.exact(self._count)
        self._tell(f"{self._what} {whole} images: {units.exact(done)} done, {left} left")
