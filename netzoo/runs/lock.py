"""The lock of a folder: one process at a time works on it."""

import os
import time
from pathlib import Path

from netzoo.errors import BadInput

LOCK_SECONDS = 5.0  # a trial's process may need a moment to see that its parent is dead


def take(fd: int, folder: Path) -> None:
    """Lock an open file. Raises BadInput if another process holds it for LOCK_SECONDS."""
    deadline = time.monotonic() + LOCK_SECONDS
    while not try_to_take(fd):
        if time.monotonic() > deadline:
            raise BadInput(
                f"{folder} is in use by another netzoo; wait for it, or name another folder."
            )
        time.sleep(0.1)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock in a file."""
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not try_to_take(fd)
    finally:
        os.close(fd)


def try_to_take(fd: int) -> bool:
    """Lock an open file, and return whether it could be: nobody else holds it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing keeps two apart there
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
