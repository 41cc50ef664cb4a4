"""The counts of the built-in models, kept in the user's cache folder for the list of models.

They hold for these sources of netzoo and these versions of Keras and Python, and are counted anew
for any other.
"""

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from netzoo import backend, disk
from netzoo.errors import StoreError
from netzoo.models.catalog import MODELS

_PACKAGE = Path(__file__).parents[1]
_BUILT_IN = "netzoo.models."


class Counts(NamedTuple):
    """The parameters of a model and the MACs of one image, at its native input, 10 classes."""

    params: int
    macs: int


def counts_of(names: Sequence[str]) -> dict[str, Counts]:
    """Return the counts of registered models: those that are kept, and the others, counted now."""
    known = _read()
    missing = [name for name in names if name not in known]
    if missing:
        backend.start("cpu", shapes_only=True)
        from netzoo.cost.by_name import summary

        for name in missing:
            cost = summary(name)
            known[name] = Counts(cost.params, cost.macs)
        _keep(known)
    return {name: known[name] for name in names}


def _read() -> dict[str, Counts]:
    """Return the counts that are kept and still hold; none of a file that is damaged."""
    found = {}
    with contextlib.suppress(
        OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError
    ):
        content = json.loads(file().read_text(encoding="utf-8"))
        if content["key"] == _key():
            for name, (params, macs) in content["counts"].items():
                if type(params) is type(macs) is int:
                    found[name] = Counts(params, macs)
    return found


def _keep(counts: Mapping[str, Counts]) -> None:
    """Keep the counts of the built-in models; nothing happens where that cannot be written."""
    built_in = {name: list(each) for name, each in counts.items() if _is_built_in(name)}
    with contextlib.suppress(StoreError, RuntimeError):
        disk.write_text(file(), json.dumps({"key": _key(), "counts": built_in}) + "\n")


def file() -> Path:
    """Return the file of the counts, in XDG_CACHE_HOME or ~/.cache. RuntimeError without a home."""
    folder = os.environ.get("XDG_CACHE_HOME")
    return (Path(folder) if folder else Path.home() / ".cache") / "netzoo" / "counts.json"


def _is_built_in(name: str) -> bool:
    """Return whether a model is of the package: the sources of others are not in the key."""
    return name in MODELS and str(MODELS[name].builder.__module__).startswith(_BUILT_IN)


@cache
def _key() -> str:
    """Return what the counts depend on, as a hash."""
    seen = hashlib.sha256(f"{version('keras')} {platform.python_version()}".encode())
    for room in ("models", "cost"):
        for path in sorted((_PACKAGE / room).glob("*.py")):
            seen.update(path.name.encode() + path.read_bytes())
    return seen.hexdigest()
