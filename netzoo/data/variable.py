"""Variables of the environment that tell the processes of a command what its first one decided."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def set_within(name: str, value: str) -> Iterator[None]:
    """Set a variable within the context, for this process and those that it starts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
