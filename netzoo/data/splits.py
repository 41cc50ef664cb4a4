"""Which images train and which test: the splits of a source, or a share held out by content."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.data.settings import Settings, few
from netzoo.errors import BadInput, DataError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# The names of folders, files and keys, in any case.
NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
}


def serving_as_test(
    splits: Collection[str], place: str, settings: Settings
) -> tuple[str | None, str]:
    """Return the split that serves as test, None for a share of the training images, and a note.

    Raises DataError without a training split, BadInput for a share that nothing is held out of.
    """
    if TRAIN not in splits:
        raise DataError(
            f"{place} has the splits {few(splits)}; expected train among them, since netzoo trains."
        )
    if settings.test != Settings().test and {TEST, VALIDATION} & set(splits):
        raise BadInput(
            f"{place} has the splits {few(splits)}, so no share is held out; leave out @test."
        )
    if TEST in splits:
        unused = "; its validation split is not used" if VALIDATION in splits else ""
        return TEST, unused
    if VALIDATION in splits:
        return VALIDATION, "; its validation split serves as the test split, since it has none"
    return None, ""


def held_out(
    place: str, digests: Sequence[bytes], labels: NDArray[np.int64], share: float
) -> NDArray[np.bool]:
    """Return which images are held out: those whose content falls into a share of all contents.

    digests: the SHA-256 of each content. Another image moves none of the others, and copies stay
    together, on every machine; a class therefore gives about the share, not exactly. Of a class of
    two contents or more, at least one is held out and at least one is not. Raises DataError if no
    class has two.
    """
    places = np.array([int.from_bytes(digest[:8], "big") for digest in digests], np.uint64)
    held: NDArray[np.bool] = places < np.uint64(int(share * 2**64))
    for label in np.unique(labels):
        members = labels == label
        contents = np.unique(places[members])
        if held[members].all():
            held[places == contents[-1]] = False
        elif not held[members].any() and len(contents) > 1:
            held[places == contents[0]] = True
    if not held.any():
        raise DataError(
            f"{place} has no test split, and no class with two different images, of which one "
            "could be held out."
        )
    return held


def held_out_words(share: float, group: str = "") -> str:
    """Return how the test split was made, for the words of a source; group: its expression."""
    if group:
        return (
            f"; about {units.percent(share, 0)} of the groups held out as test split, by the group "
            f"{group}"
        )
    return f"; about {units.percent(share, 0)} of each class held out as test split, by content"


def class_lines(
    place: str,
    class_names: Sequence[str],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
) -> list[str]:
    """Return what is to be said of the classes of both splits; labels: of all images.

    Raises DataError for fewer than two classes, or for a class with test images alone.
    """
    counts = [np.bincount(labels, minlength=len(class_names)) for labels in (train, test)]
    trained, tested = counts
    untrained = [
        name for name, n, m in zip(class_names, trained, tested, strict=True) if m and not n
    ]
    if untrained:
        raise DataError(
            f"{place}: test images of the class {few(map(repr, untrained))}, and no training "
            "images of it; a network cannot learn it."
        )
    found = [name for name, count in zip(class_names, trained, strict=True) if count]
    if len(found) < 2:
        raise DataError(
            f"{place}: training images of {len(found)} class{'' if len(found) == 1 else 'es'}"
            f"{''.join(f' ({name!r})' for name in found)}; expected two or more."
        )
    lines = []
    without = [name for name, count in zip(class_names, trained, strict=True) if not count]
    if without:
        lines.append(f"No images of the class {few(without)}: networks have an output for it.")
    unseen = [n for n, a, b in zip(class_names, trained, tested, strict=True) if a and not b]
    if unseen:
        lines.append(f"No test images of the class {few(unseen)}.")
    each = (
        f"{word} {units.exact(int(split.sum()))} images, {_spread(split[trained > 0])} a class"
        for word, split in (("training", trained), ("test", tested))
    )
    lines.append(f"Classes: {len(found)} ({few(found, 10)}); {'; '.join(each)}.")
    return lines


def _spread(counts: NDArray[np.int64]) -> str:
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low} to {high}"


def copy_lines(train: Sequence[bytes], test: Sequence[bytes]) -> list[str]:
    """Return what is to be said of images whose content occurs twice; the SHA-256 of each."""
    known = set(train)
    across = sum(digest in known for digest in test)
    within = len(train) - len(known) + len(test) - len(set(test))
    is_copy = "image is a copy" if across == 1 else "images are copies"
    found = [
        (across, f"test {is_copy} of training images"),
        (within, "copy in one split" if within == 1 else "copies in one split"),
    ]
    told = [f"{units.exact(count)} {words}" for count, words in found if count]
    return [f"Copies: {', '.join(told)}."] if told else []
