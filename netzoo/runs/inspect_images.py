"""What is in a data set: counts, sizes, copies, damaged files, groups, and pictures of it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netzoo import backend, disk, units
from netzoo.data import copies, groups, open_to_inspect, perceptual, sheets
from netzoo.data.moments import moments
from netzoo.data.progress import Counting
from netzoo.data.settings import compiled
from netzoo.data.source import Images
from netzoo.errors import BadInput, MissingPackage, no_such
from netzoo.provenance import COMMAND, Device
from netzoo.recipes import AUGMENTATIONS
from netzoo.records.codec import to_text
from netzoo.results.inspection import (
    Copies,
    Damaged,
    Groups,
    Inspection,
    Pair,
    SharedGroup,
    SplitFacts,
)
from netzoo.runs.callback import Callback, CallbackList, told_of_images

FILE = "images.json"
CONTACT, AUGMENT = "contact-sheet.png", "augment.png"
EXAMPLES = 50  # of each kind that a result holds
WORDS = ("training", "test")


def inspect_images(
    dataset: str | Path,
    *,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    group: str | None = None,
    near: int | None = None,
    augment: str | None = None,
    seed: int = 0,
    output: str | Path | None = None,
    callbacks: Sequence[Callback] = (),
) -> Inspection:
    """Inspect the images of a data set: what is in it, and what of it weakens a verdict.

    dataset, data_dir, memory: as in netzoo.open_images; damaged files are named and left out.
    group: a regular expression that finds the group of an image, such as a patient, in the path of
    its file below the folder; the first group of it that matches something, or the whole match.
    near: the number of bits of 256 in which the perceptual hashes of near copies differ at most,
    0 to 24, by default 16; without the package imagehash they are not looked for.
    augment: an augmentation as in a recipe, such as "flip+crop", to draw. seed: of its draws.
    output: a folder for images.json, contact-sheet.png and augment.png; None writes nothing.
    Raises BadInput, also for a name in which the group is not found, UnknownName, DataError, and
    MissingPackage if near is given without imagehash.

    >>> import netzoo
    >>> found = netzoo.inspect_images("fashion_mnist_sample")
    >>> found.exact.contradicted
    0
    """
    check(group, near, augment, seed, output)
    callback = CallbackList(callbacks)
    if near is not None:
        perceptual.library()
    callback.on_wait("reading the images")
    began = time.perf_counter()
    with told_of_images(callback):
        images = open_to_inspect(dataset, data_dir, memory=memory)
    whole = units.exact(len(images.train) + len(images.test))
    callback.on_message(f"Read {whole} images in {units.seconds(time.perf_counter() - began)}.")
    names = names_of(images)
    found = None if group is None else _groups(images, group, names)
    callback.on_wait("looking for copies")
    record = images.record(None if data_dir is None else str(data_dir))
    if found is not None and record.doubts is not None:
        record = replace(record, doubts=replace(record.doubts, shared_groups=len(found.shared)))
    exact, near_copies, words = _copies(images, names, near, callback)
    means, deviations = moments(images.train.images)
    bits = perceptual.USUAL_BITS if near is None else near
    result = Inspection(
        backend="none",
        device=Device("cpu", f"CPU ({backend.cores()} cores)"),
        versions=backend.versions(),
        command=COMMAND.get(),
        dataset=record,
        splits=_splits(images),
        means=means,
        deviations=deviations,
        exact=exact,
        near=near_copies,
        near_bits=bits,
        near_hash=words,
        groups=found if found is not None else _own_groups(images),
        damaged=tuple(Damaged(*each) for each in (images.files.damaged if images.files else ())),
        lines=images.lines,
    )
    if output is None:
        return result
    callback.on_wait("drawing")
    return _kept(result, images, augment, seed, Path(output))


def check(
    group: str | None,
    near: int | None,
    augment: str | None,
    seed: int,
    output: str | Path | None,
) -> None:
    """Raise BadInput or UnknownName for a wrong argument of `inspect_images`."""
    if group is not None:
        compiled(group)
    if near is not None and not (type(near) is int and 0 <= near <= perceptual.MOST_BITS):
        raise BadInput(
            f"`near` is a number of bits from 0 to {perceptual.MOST_BITS}; received {near!r}."
        )
    if augment is not None and augment not in AUGMENTATIONS:
        raise no_such("augmentation", augment, AUGMENTATIONS)
    if type(seed) is not int or not 0 <= seed < 2**31:
        raise BadInput(f"`seed` is a whole number from 0 to {2**31 - 1}; received {seed!r}.")
    if augment is not None and output is None:
        raise BadInput("`augment` is drawn into a folder; name one by `output`.")
    if output is not None and Path(output).exists() and not Path(output).is_dir():
        raise BadInput(f"`output` {str(output)!r} is a file; expected a folder.")


def names_of(images: Images) -> tuple[Sequence[str], Sequence[str]]:
    """Return the names of training and test images: of files, else test[3] for their place."""
    if images.split_table is None:
        train, test = (
            [f"{word}[{at}]" for at in range(len(split))]
            for word, split in (("train", images.train), ("test", images.test))
        )
        return train, test
    rows = [line.split("\t", 1)[:1] + line.rsplit("\t", 1)[1:] for line in _lines(images)]
    train, test = ([name for word, name in rows if word == kind] for kind in ("train", "test"))
    return train, test


def _lines(images: Images) -> list[str]:
    return (images.split_table or "").split("\n")[:-1]


def _splits(images: Images) -> tuple[SplitFacts, SplitFacts]:
    height, width, channels = images.image_shape
    facts = []
    for number, split in enumerate((images.train, images.test)):
        if images.files is None:
            sizes = np.array([[height, width]])
            kinds = {"grey" if channels == 1 else "colour": len(split)}
        else:
            sizes = np.array(images.files.sizes[number])
            kinds = dict(Counter(images.files.kinds[number]).most_common())
        heights, widths = (
            (int(side.min()), int(np.median(side)), int(side.max())) for side in sizes.T
        )
        by_class = np.bincount(split.labels, minlength=len(images.class_names))
        counts = tuple(map(int, by_class))
        facts.append(SplitFacts(WORDS[number], len(split), counts, heights, widths, kinds))
    return facts[0], facts[1]


def _groups(images: Images, expression: str, names: Sequence[Sequence[str]]) -> Groups:
    if images.files is None:
        raise BadInput(f"{images.name} has no files whose names could tell of groups.")
    found = [Counter(groups.named(images.name, expression, each)) for each in names]
    return _shared(expression, *found)


def _own_groups(images: Images) -> Groups | None:
    """Return the groups of the data set's own setting, None without one."""
    if images.train.groups is None:
        return None
    expression = images.name.partition("group=")[2]
    return _groups(images, expression, names_of(images))


def _shared(expression: str, train: Counter[str], test: Counter[str]) -> Groups:
    both = sorted(train.keys() & test.keys())
    return Groups(
        expression,
        len(train.keys() | test.keys()),
        tuple(SharedGroup(name, train[name], test[name]) for name in both),
        sum(test[name] for name in both),
    )


def _copies(
    images: Images, names: tuple[Sequence[str], Sequence[str]], near: int | None, callback: Callback
) -> tuple[Copies, Copies | None, str]:
    """Return exact and near copies, and the hash in words, or how to install its package."""
    parts = images.train.images, images.test.images
    labels = np.concatenate([images.train.labels, images.test.labels])
    trained, every = len(images.train), [*names[0], *names[1]]
    nobody = np.zeros(len(labels), bool)
    same = copies.related(images.contents, labels, trained)
    exact = _told(same, (nobody, nobody, nobody), images, labels, every)
    began = time.perf_counter()
    try:
        with told_of_images(callback):
            bits = perceptual.hashes(parts, Counting("hashing", len(labels)).reach)
    except MissingPackage:
        return exact, None, perceptual.INSTALL
    callback.on_message(f"Hashed them in {units.seconds(time.perf_counter() - began)}.")
    callback.on_wait("comparing the hashes")
    packed, nodes = np.unique(np.packbits(bits, axis=1), axis=0, return_inverse=True)
    hashes = np.unpackbits(packed, axis=1).astype(bool)
    pairs = copies.near_pairs(hashes, perceptual.USUAL_BITS if near is None else near)
    alike = copies.related(nodes.reshape(-1), labels, trained, pairs)
    known = same.within >= 0, same.across >= 0, same.other >= 0
    return exact, _told(alike, known, images, labels, every), perceptual.words()


def _told(
    found: copies.Related,
    known: tuple[NDArray[np.bool], NDArray[np.bool], NDArray[np.bool]],
    images: Images,
    labels: NDArray[np.int64],
    names: Sequence[str],
) -> Copies:
    """Return the numbers of copies with examples; known: copies of each kind to leave out."""
    trained, classes = len(images.train), images.class_names
    within, across, other = (
        (partner >= 0) & ~out
        for partner, out in zip((found.within, found.across, found.other), known, strict=True)
    )

    def examples(chosen: NDArray[np.bool], partners: NDArray[np.int64]) -> tuple[Pair, ...]:
        pairs = dict.fromkeys(
            tuple(sorted((int(partners[at]), int(at)))) for at in np.flatnonzero(chosen)
        )
        return tuple(
            Pair((names[a], names[b]), (classes[labels[a]], classes[labels[b]]))
            for a, b in list(pairs)[:EXAMPLES]
        )

    counts = [np.bincount(labels[each], minlength=len(classes)) for each in (across, other)]
    return Copies(
        train=int(within[:trained].sum()),
        test=int(within[trained:].sum()),
        test_copies=int(across.sum()),
        contradicted=int(other.sum()),
        by_class=tuple((int(a), int(b)) for a, b in zip(*counts, strict=True)),
        within_examples=examples(within, found.within),
        across_examples=examples(across, found.across),
        contradicted_examples=examples(other, found.other),
    )


def _kept(
    result: Inspection, images: Images, augment: str | None, seed: int, folder: Path
) -> Inspection:
    """Write the pictures and the result into a folder; return the result, which names them."""
    pictures = {"Some images of each class": CONTACT}
    disk.write_bytes(folder / CONTACT, sheets.contact_sheet(images.train, images.class_names))
    if augment is None:
        (folder / AUGMENT).unlink(missing_ok=True)  # of other images
    else:
        backend.keep_tensorflow_off_gpu()
        sheet = sheets.augment_sheet(images.train, images.class_names, augment, seed)
        disk.write_bytes(folder / AUGMENT, sheet)
        pictures[f"Effect of the augmentation {augment}, seed {seed}"] = AUGMENT
    result = replace(result, pictures=pictures)
    disk.write_text(folder / FILE, to_text(result))
    return result
