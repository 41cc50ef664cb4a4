"""What a trained network's .keras file says besides the network: how to feed it, what it reached.

The file is a zip, and this its member netzoo.json, which Keras ignores; so it moves with the file.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, DataError
from netzoo.provenance import SCHEMA, Device
from netzoo.records.codec import from_text, to_text
from netzoo.records.trial import Trial

MEMBER = "netzoo.json"
MOST_BYTES = 1 << 26  # of a description, or of Keras's own: a file may pretend to hold anything


@dataclass(frozen=True)
class SavedModel:
    """The training of a saved network.

    size: height and width of its inputs, to which images of the data set's size are resized.
    shift, scale: of its inputs, by channel or one for all: (pixel - shift) / scale, a pixel being
    from 0 to 255. parts, head: as in a TrialRecord. test_loss, test_accuracy: after the last epoch.
    """

    trial: Trial
    size: tuple[int, int]
    shift: tuple[float, ...]
    scale: tuple[float, ...]
    parts: int
    head: str | None
    test_loss: float
    test_accuracy: float
    device: Device
    versions: dict[str, str]
    schema: int = SCHEMA


def own_classes(path: Path) -> dict[str, str]:
    """Return the classes of a .keras file that are not Keras's own, with their registered names.

    Keras loads them in safe mode only in a process that has registered them.
    Raises DataError for a damaged file.
    """
    try:
        return dict(_own(json.loads(_member(path, "config.json") or b"")))
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error


def _own(config: Any) -> Iterator[tuple[str, str]]:
    if isinstance(config, dict):
        name, module = config.get("class_name"), str(config.get("module"))
        if name is not None and "module" in config and not module.startswith(("keras", "builtins")):
            yield name, config.get("registered_name") or name
        for value in config.values():
            yield from _own(value)
    elif isinstance(config, list):
        for value in config:
            yield from _own(value)


def add_to(path: Path, about: SavedModel) -> None:
    """Add the description to a .keras file."""
    with zipfile.ZipFile(path, "a") as held:
        held.writestr(MEMBER, to_text(about))


def about(path: Path) -> SavedModel:
    """Return the description in a .keras file.

    Raises BadInput for a file that is none, or has none; DataError for a damaged one.
    """
    if not path.exists():
        raise BadInput(f"{str(path)!r} does not exist.")
    if path.suffix.lower() != ".keras" or not path.is_file():
        raise BadInput(f"{path} is not a .keras file, as `save_models` writes it.")
    text = _member(path, MEMBER)
    if text is None:
        raise BadInput(
            f"{path} does not say how its images were scaled, nor its classes; expected a file "
            "that `save_models` wrote."
        )
    return from_text(SavedModel, text, f"{MEMBER} in {path}")


def _member(path: Path, name: str) -> bytes | None:
    """Return a member of a zip file, None if it has none of this name. Raises DataError."""
    try:
        with zipfile.ZipFile(path) as held:
            if name not in held.namelist():
                return None
            if held.getinfo(name).file_size > MOST_BYTES:
                raise _damaged(path)
            return held.read(name)
    # RuntimeError: it is encrypted, or compressed in a way that Python does not know.
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} was cut short, or is no .keras file.")
