"""Checkpoints: the arrays and the history of a training at the end of an epoch.

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
class CheckpointMeta:
    """The metadata of a checkpoint.

    identity: of the trial. threads: as in a Device. The rest as in a TrialRecord.
    """

    identity: str
    history: tuple[EpochRecord, ...]
    seconds: float
    test_reads: int
    parts: int
    threads: int | None = None


def write(path: Path, meta: CheckpointMeta, arrays: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all. Raises StoreError."""
    held: dict[str, Any] = {_ABOUT: np.frombuffer(to_line(meta).encode(), np.uint8), **arrays}
    disk.write(path, lambda file: np.savez(file, **held))


def read(path: Path, identity: str) -> tuple[CheckpointMeta, dict[str, Any]]:
    """Return the metadata and arrays of a trial's checkpoint. Raises DataError if it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            meta = _meta(held)
            arrays = {key: held[key] for key in held.files if key != _ABOUT}
    except Exception as error:  # zipfile and numpy raise many kinds on a damaged file
        raise disk.damaged(path) from error
    if meta.identity != identity:
        raise disk.damaged(path)
    return meta, arrays


def read_meta(path: Path) -> CheckpointMeta:
    """Return the metadata of a checkpoint, without its arrays. Raises DataError."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            return _meta(held)
    except Exception as error:
        raise disk.damaged(path) from error


def _meta(held: Any) -> CheckpointMeta:
    return from_plain(CheckpointMeta, json.loads(held[_ABOUT].tobytes()))
