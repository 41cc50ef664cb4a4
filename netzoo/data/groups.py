"""Groups of images, such as a patient's: found in the images' names, kept on one side."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.data.settings import compiled
from netzoo.data.source import Split
from netzoo.errors import BadInput, DataError


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
            f"not in {missing[0]!r}; each needs one (.*?…|(.+) makes a group of each other file)."
        )
    return found


def held_out(
    place: str, found: Sequence[str], labels: NDArray[np.int64], share: float
) -> NDArray[np.bool]:
    """Return which images are held out: those of the groups whose names' SHA-256 fall into a share.

    found: the group of each image. Every class keeps a group to train on; one without a group held
    out gets the first that leaves each class such a group. Raises DataError if nothing is held out.
    """
    numbers = {each: hashlib.sha256(each.encode()).digest()[:8] for each in set(found)}
    places = np.array([int.from_bytes(numbers[each], "big") for each in found], np.uint64)
    held: NDArray[np.bool] = places < np.uint64(int(share * 2**64))
    classes = np.unique(labels)
    for label in classes:
        members = labels == label
        if held[members].all():
            held[places == places[members].max()] = False
    for label in classes:
        members = labels == label
        for first in () if held[members].any() else np.unique(places[members]):
            more = held | (places == first)
            if len(np.unique(labels[~more])) == len(classes):
                held = more
                break
    if not held.any():
        raise DataError(
            f"{place} has no test split, and no group could be held out that leaves each class "
            f"images to train on; it has {units.exact(len(numbers))} "
            f"group{'s' if len(numbers) > 1 else ''}."
        )
    return held


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
