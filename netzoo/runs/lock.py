"""The lock of a folder: one process at a time works on it."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from netzoo.errors import BadInput

LOCK = "lock"  # the file
# May be in a folder before any training.
NOT_OF_A_RUN = {LOCK, "bench.json", "tuning", "tuned.toml"}
LOCK_SECONDS = 5.0  # a trial's process may need a moment to see that its parent is dead


@contextlib.contextmanager
def locked(
    folder: Path, is_ours: Callable[[Path], bool], what: str, parts: Sequence[str] = ("",)
) -> Iterator[int]:
    """Create a folder with its parts if it is missing, and lock it; yield the lock's file.

    Raises BadInput if it cannot be written, is in use, or holds something that is not ours; what:
    that is ours, in words.
    """
    refuse_file(folder)
    try:
        _refuse_others(folder, is_ours, what)
        for part in parts:
            (folder / part).mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        take(fd, folder)
        yield fd
    finally:
        os.close(fd)


def check(folder: Path, is_ours: Callable[[Path], bool], what: str) -> None:
    """Raise what `locked` would, as far as can be told without changing anything."""
    refuse_file(folder)
    try:
        _refuse_others(folder, is_ours, what)
        _check_may_write(folder)
        fd = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}.") from error
    try:
        take(fd, folder)
    finally:
        os.close(fd)


def refuse_file(folder: Path) -> None:
    """Raise BadInput if a folder cannot be made, since it is a file, or what it is to be in."""
    there = next(filter(os.path.exists, (folder, *folder.parents)), folder)
    if os.path.isfile(there):
        raise BadInput(f"{there} is a file; name a folder.")


def _refuse_others(folder: Path, is_ours: Callable[[Path], bool], what: str) -> None:
    others = {path.name for path in folder.glob("*")} - NOT_OF_A_RUN
    if others and not is_ours(folder):
        raise BadInput(f"{folder} holds something else than {what}; name another.")


def _check_may_write(folder: Path) -> None:
    """Raise OSError if nothing may be written into a folder, or where it would be made."""
    with contextlib.suppress(FileNotFoundError):
        folder.lstat()  # raises for a name that is too long
    there = next(filter(os.path.exists, (folder, *folder.parents)), folder)
    if not os.access(there, os.W_OK | os.X_OK):
        flags = os.statvfs(there).f_flag if hasattr(os, "statvfs") else 0
        is_read_only = flags & getattr(os, "ST_RDONLY", 0)
        number = errno.EROFS if is_read_only else errno.EACCES
        raise OSError(number, os.strerror(number))


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
