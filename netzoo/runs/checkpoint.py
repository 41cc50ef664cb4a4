"""Where a training stood at the end of an epoch: its arrays, and what it had given so far.

One file, an uncompressed zip of numpy arrays (.npz), in which every byte that is read is covered by
a checksum; so weights and history are always of the same epoch.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netzoo import disk
from netzoo.records.codec import from_plain, to_line
from netzoo.records.trial import EpochRecord

_ABOUT = "about"


@dataclass(frozen=True)
class About:
    """What a checkpoint says of itself.

    identity: of the trial. threads: as in a Device. The rest as in a TrialRecord.
    """

    identity: str
    history: tuple[EpochRecord, ...]
    seconds: float
    test_reads: int
    parts: int
    threads: int | None = None


def write(path: Path, about: About, arrays: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all. Raises StoreError."""
    held: dict[str, Any] = {_ABOUT: np.frombuffer(to_line(about).encode(), np.uint8), **arrays}
    disk.write(path, lambda file: np.savez(file, **held))


def read(path: Path, identity: str) -> tuple[About, dict[str, Any]]:
    """Return what a checkpoint of a trial holds. Raises DataError if it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            about = _about(held)
            arrays = {key: held[key] for key in held.files if key != _ABOUT}
    except Exception as error:  # zipfile and numpy raise many kinds on a damaged file
        raise disk.damaged(path) from error
    if about.identity != identity:
        raise disk.damaged(path)
    return about, arrays


def read_about(path: Path) -> About:
    """Return what a checkpoint says of itself, without its arrays. Raises DataError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return _about(held)
    except Exception as error:
        raise disk.damaged(path) from error


def _about(held: Any) -> About:
    return from_plain(About, json.loads(held[_ABOUT].tobytes()))
