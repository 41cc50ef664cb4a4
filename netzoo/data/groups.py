"""Groups of images, such as a patient's: found in the images' names, kept on one side."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from netzoo import units
from netzoo.data.settings import compiled
from netzoo.data.source import Split
from netzoo.errors import BadInput


def named(place: str, pattern: str, names: Sequence[str]) -> list[str]:
    """Return the group of each name: the first group of the expression that matched, or all of it.

    place: the words before an error. Raises BadInput for a name without a match.
    """
    expression = compiled(pattern)
    found = []
    for name in names:
        match = expression.search(name)
        parts = [] if match is None else [*match.groups(), match[0]]
        found.append(next((part for part in parts if part), ""))
    missing = [name for name, group in zip(names, found, strict=True) if not group]
    if missing:
        raise BadInput(
            f'{place}: the group "{pattern}" is found in the names of '
            f"{units.exact(len(names) - len(missing))} of {units.exact(len(names))} images, and "
            f"not in {missing[0]!r}; each needs one (…|(.+) makes a group of each other file)."
        )
    return found


def digests(found: Sequence[str]) -> list[bytes]:
    """Return the SHA-256 of each group's name."""
    return [hashlib.sha256(group.encode()).digest() for group in found]


def added(
    place: str, pattern: str, parts: Sequence[Split], names: Sequence[Sequence[str]]
) -> list[Split]:
    """Return the splits with the number of each image's group; names: of their images."""
    found = [named(place, pattern, each) for each in names]
    numbers = {group: at for at, group in enumerate(sorted({g for each in found for g in each}))}
    return [
        replace(part, groups=np.array([numbers[group] for group in each], np.int64))
        for part, each in zip(parts, found, strict=True)
    ]
