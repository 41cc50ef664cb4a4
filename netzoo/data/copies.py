"""Images that occur twice: of the same pixels, or nearly, by a perceptual hash.

Every image has a number: the training images first, then the test images.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netzoo.data.disk_images import Pixels, chunks
from netzoo.provenance import Doubts

NONE = -1  # no such image
_CLASS_BITS = 20  # of a packed class and image
_ONES = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Related:
    """The image that each image is a copy of, NONE without one; (count,) each.

    within: the first earlier image of the same split. across: for a test image, the first training
    image. other: an image of another class, in either split.
    """

    within: Numbers
    across: Numbers
    other: Numbers


def doubts(first: Numbers, labels: Sequence[Numbers], groups: Sequence[Numbers | None]) -> Doubts:
    """Return what weakens a verdict on training and test images.

    first: as `contents` returns it. labels, groups: of both splits.
    """
    if (first == np.arange(len(first))).all():  # the usual case, in a moment
        copied, contradicted = 0, 0
    else:
        found = related(first, np.concatenate(labels), len(labels[0]))
        copied, contradicted = int((found.across >= 0).sum()), int((found.other >= 0).sum())
    known = [set(each.tolist()) for each in groups if each is not None]
    shared = len(known[0] & known[1]) if len(known) == 2 else None
    return Doubts(copied, contradicted, shared)


def contents(splits: Sequence[Pixels]) -> Numbers:
    """Return for each image the first one of the same pixels, its own number if that is itself.

    A sum of the pixels, each times a random number, sorts the images; only those with equal sums
    are compared byte by byte.
    """
    sums = np.concatenate([_sums(chunk) for split in splits for chunk in chunks(split)])
    first = np.arange(len(sums))
    order = np.argsort(sums, kind="stable")
    same = np.flatnonzero(sums[order[1:]] == sums[order[:-1]])
    seen: dict[tuple[int, bytes], int] = {}
    for number in np.union1d(order[same], order[same + 1]).tolist():
        key = int(sums[number]), hashlib.sha256(_image(splits, number)).digest()
        first[number] = seen.setdefault(key, number)
    return first


def _image(splits: Sequence[Pixels], number: int) -> bytes:
    for split in splits:
        if number < len(split):
            return split[number].tobytes()
        number -= len(split)
    raise IndexError(number)


def _sums(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    if rest := -rows.shape[1] % 8:
        rows = np.pad(rows, ((0, 0), (0, rest)))
    words = rows.view(np.uint64)
    odd = np.random.default_rng(0).integers(0, 2**64, words.shape[1], np.uint64) | np.uint64(1)
    sums: NDArray[np.uint64] = words @ odd
    return sums


def related(
    nodes: Numbers,
    labels: Numbers,
    trained: int,
    pairs: Iterable[tuple[Numbers, Numbers]] = (),
) -> Related:
    """Return what each image is a copy of.

    nodes: of each image, from 0; images of one node are copies, and so are those of two nodes that
    are a pair. trained: the number of training images.
    """
    count, images = int(nodes.max()) + 1, np.arange(len(nodes))
    far = np.iinfo(np.int64).max
    packed = (labels << (63 - _CLASS_BITS)) | images
    first = [np.full(count, far), np.full(count, far)]  # of training and of test images
    for part, members in zip(first, (images[:trained], images[trained:]), strict=True):
        np.minimum.at(part, nodes[members], members)
    low, high = np.full(count, far), np.full(count, NONE)
    np.minimum.at(low, nodes, packed)
    np.maximum.at(high, nodes, packed)
    own = [part.copy() for part in (*first, low, high)]
    for one, other in pairs:
        for a, b in ((one, other), (other, one)):
            for part, kept in zip((*first, low), own[:3], strict=True):
                np.minimum.at(part, a, kept[b])
            np.maximum.at(high, a, own[3][b])
    within = np.concatenate([first[0][nodes[:trained]], first[1][nodes[trained:]]])
    across = np.where(images < trained, far, first[0][nodes])
    low, high = low[nodes], high[nodes]
    mask = (1 << (63 - _CLASS_BITS)) - 1
    other_class = np.where(low >> (63 - _CLASS_BITS) != labels, low, high)
    return Related(
        np.where(within < images, within, NONE),
        np.where(across < far, across, NONE),
        np.where(other_class >> (63 - _CLASS_BITS) != labels, other_class & mask, NONE),
    )


def near_pairs(
    hashes: NDArray[np.bool], most: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the pairs of hashes that differ in so many bits at most, some more than once.

    hashes: (count, bits). The bits are cut into most + 1 bands. Two hashes that differ in so many
    bits are equal in one band at least, so only those are compared (multi-index hashing, Norouzi,
    Punjani and Fleet 2012, section 3).
    """
    words = np.packbits(hashes, axis=1).view(np.uint16)
    for band in range(most + 1):
        bits = np.packbits(hashes[:, band :: most + 1], axis=1)
        keys = bits.view([("", bits.dtype, bits.shape[1])]).reshape(-1)
        _, keys = np.unique(keys, return_inverse=True)
        order = np.argsort(keys, kind="stable")
        ends = np.searchsorted(keys[order], keys[order], side="right")
        places, step = np.arange(len(order)), 1
        while len(places := places[places + step < ends[places]]):
            one, other = order[places], order[places + step]
            apart = _ONES[words[one] ^ words[other]].sum(axis=1, dtype=np.int64)
            near = apart <= most
            yield one[near], other[near]
            step += 1
