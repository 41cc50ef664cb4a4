"""Copies of images, exact and near, against every pair compared; and what is told of them."""

import numpy as np
import pytest

from netzoo.data import copies, disk_images, sample
from netzoo.data.source import Images, Split
from netzoo.provenance import Doubts

CLASSES = ("a", "b", "c")


class Read:
    """Images that are read in slices, as those that the memory does not hold."""

    def __init__(self, images):
        self.images, self.shape, self.most = images, images.shape, 0

    def __len__(self):
        return len(self.images)

    def __getitem__(self, key):
        part = self.images[key]
        self.most = max(self.most, part.nbytes)
        return part


def few(seed, count, shape=(3, 5, 1)):
    """Return images with few different pixels, so that many are copies, and labels."""
    random = np.random.default_rng(seed)
    rough = random.integers(0, 3, (count, 1, 1, 1), np.uint8)
    images = np.broadcast_to(rough, (count, *shape)).copy()
    images[::3, 0, 0, 0] = 9
    return images, random.integers(0, len(CLASSES), count)


def by_pairs(alike, labels, trained):
    """Return what `related` does, by a look at every pair of a square of truths."""
    within, across, other = [], [], []
    for at, label in enumerate(labels):
        near = np.flatnonzero(alike[at])
        same = [n for n in near if (n < trained) == (at < trained) and n < at]
        within.append(min(same, default=-1))
        across.append(min((n for n in near if n < trained <= at), default=-1))
        other.append(any(labels[n] != label for n in near))
    return within, across, other


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(3, 5, 1), (4, 4, 3), (1, 1, 1)])
def test_exact_copies_are_those_of_every_pair(seed, shape):
    images, labels = few(seed, 40, shape)
    found = copies.related(copies.contents((images[:25], images[25:])), labels, 25)
    rows = images.reshape(len(images), -1)
    within, across, other = by_pairs((rows[:, None] == rows).all(axis=2), labels, 25)
    assert found.within.tolist() == within
    assert found.across.tolist() == across
    assert (found.other >= 0).tolist() == other
    for at in np.flatnonzero(found.other >= 0):
        assert labels[found.other[at]] != labels[at]
        assert (images[found.other[at]] == images[at]).all()


@pytest.mark.parametrize("most", [0, 1, 5, 24])
def test_near_copies_are_those_of_every_pair(most):
    random = np.random.default_rng(most)
    hashes = random.integers(0, 2, (60, 256)).astype(bool)
    for at in range(30, 60):  # a hash of the first half with some bits turned
        turned = random.choice(256, at % 31, replace=False)
        hashes[at] = hashes[at % 10]
        hashes[at, turned] ^= True
    apart = (hashes[:, None] != hashes).sum(axis=2)
    pairs = [zip(*each, strict=True) for each in copies.near_pairs(hashes, most)]
    found = {tuple(sorted(map(int, pair))) for each in pairs for pair in each}
    assert found == {(b, a) for a in range(60) for b in range(a) if apart[a, b] <= most}
    labels = random.integers(0, 3, 60)
    near = copies.related(np.arange(60), labels, 35, copies.near_pairs(hashes, most))
    within, across, other = by_pairs((apart <= most) & ~np.eye(60, dtype=bool), labels, 35)
    assert near.within.tolist() == within
    assert near.across.tolist() == across
    assert (near.other >= 0).tolist() == other


def test_equal_sums_of_other_pixels_are_no_copies(monkeypatch):
    images, _ = few(0, 12)
    images[:, 1, 1, 0] = np.arange(12)
    monkeypatch.setattr(copies, "_sums", lambda chunk: np.zeros(len(chunk), np.uint64))
    assert copies.contents((images[:6], images[6:])).tolist() == list(range(12))


def test_images_are_read_in_slices(monkeypatch):
    images, _ = few(1, 40)
    monkeypatch.setattr(disk_images, "CHUNK_BYTES", 4 * images[0].nbytes)
    read = Read(images[:25]), Read(images[25:])
    assert (copies.contents(read) == copies.contents((images[:25], images[25:]))).all()
    assert max(part.most for part in read) == 4 * images[0].nbytes


def test_a_record_has_the_doubts_and_a_limit_those_of_its_images():
    images = sample.sample()
    train, test = images.train.images[:40].copy(), images.test.images[:20].copy()
    test[3] = train[7]
    train[9] = train[8]
    labels = np.arange(40) % 3
    made = Images("made", "here", CLASSES, Split(train, labels), Split(test, labels[:20]))
    assert made.record(None).doubts == Doubts(1, 4, None)  # test 3 and train 7, train 8 and 9
    assert made.limited(6, 3).record(None).doubts == Doubts(0, 0, None)
    assert images.record(None).doubts == Doubts(0, 0, None)


def test_groups_on_both_sides_are_counted_of_the_images_of_a_limit():
    images, _ = few(0, 12)
    images[:, 1, 1, 0] = np.arange(12)
    groups = np.array([0, 0, 0, 1, 1, 1, 2, 2, 0, 2, 2, 2])
    made = Images(
        "made",
        "here",
        CLASSES,
        Split(images[:6], np.arange(6) % 3, groups[:6]),
        Split(images[6:], np.arange(6) % 3, groups[6:]),
    )
    assert made.record(None).doubts.shared_groups == 1
    limited = made.limited(6, 2)
    assert limited.test.groups.tolist() == [2, 2]
    assert limited.record(None).doubts.shared_groups == 0
    kept = made.with_validation(0.5)
    assert (len(kept.train.groups), len(kept.validation.groups)) == (3, 3)
