"""Atomic writes, and seals that detect later changes.

A file is written beside its path, synced to the disk, and then moved there; a power cut leaves the
old file or the new one. Text carries a seal, the SHA-256 of the text before it.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from netzoo.errors import DataError, StoreError

LONGEST_NAME = 240  # of the 255 characters of a file system, before the endings added here
_LINE_SEAL = re.compile(rb',"seal":"([0-9a-f]{64})"}\n?$')
_SEAL = re.compile(rb',\n "seal": "([0-9a-f]{64})"\n}\n$')


def write(path: Path, fill: Callable[[IO[bytes]], Any]) -> None:
    """Write a file atomically by a function that fills it, and create its folder if needed.

    Raises StoreError if that fails; the old file, if any, is then unchanged.
    """
    fresh = path.with_name(f".{path.name[:LONGEST_NAME]}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def write_text(path: Path, text: str) -> None:
    """Write a text as `write` does."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes as `write` does."""
    write(path, lambda file: file.write(content))


def sealed(text: str) -> str:
    """Return the text of a JSON object with a seal as its last key."""
    body = text.rstrip().removesuffix("}").rstrip()
    seal = hashlib.sha256(body.encode()).hexdigest()
    return f'{body},\n "seal": "{seal}"\n}}\n'


def read_sealed(path: Path) -> bytes:
    """Return the sealed text of a file. Raises DataError if it has changed since it was written."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    seal = _SEAL.search(text)
    if seal is None or hashlib.sha256(text[: seal.start()]).hexdigest() != seal[1].decode():
        raise damaged(path)
    return text


def unsealed(text: bytes) -> bytes:
    """Return the sealed text of a JSON object without its seal, which is not checked."""
    return _SEAL.sub(b"}", text)


def sealed_line(text: bytes) -> bytes:
    """Return the JSON of an object, in one line, with a seal as its last key and a line feed."""
    body = text.rstrip().removesuffix(b"}")
    return b'%s,"seal":"%s"}\n' % (body, hashlib.sha256(body).hexdigest().encode())


def is_sealed_line(line: bytes) -> bool:
    """Return whether a line is as `sealed_line` wrote it."""
    seal = _LINE_SEAL.search(line, max(0, len(line) - 90))
    return seal is not None and (
        hashlib.sha256(memoryview(line)[: seal.start()]).hexdigest() == seal[1].decode()
    )


def damaged(path: Path) -> DataError:
    """Return the error for a file that has changed since it was written."""
    return DataError(f"{path} was cut short or changed since it was written.")


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that nothing reads it again, and return its new path."""
    number = 1
    while (aside := path.with_name(f"{path.name[:LONGEST_NAME]}.damaged{number}")).exists():
        number += 1
    path.rename(aside)
    return aside
