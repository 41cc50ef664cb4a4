"""The result of a data source: uint8 images, labels, class names, origin, fingerprint."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netzoo.data import disk_images
from netzoo.data.copies import contents, doubts
from netzoo.data.disk_images import Pixels, chunks
from netzoo.errors import BadInput, DataError
from netzoo.provenance import DatasetRecord
from netzoo.registry import Registry


@dataclass(frozen=True)
class Split:
    """Images, uint8 (count, height, width, channels), and their labels, int64 (count,).

    Images beyond the budget of memory are on disk: images[start:stop] and images[places] read them.
    groups: the number of each image's group, int64 (count,); None without groups.
    """

    images: Pixels
    labels: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def limited(self, count: int | None, classes: int, kind: str = "") -> "Split":
        """Return `count` images, the first of each class, in their order.

        The first images of all classes are selected before the second of any, and so on: classes
        are balanced if they have enough images, and a smaller limit selects a subset of a larger
        one's images.
        classes: their number. kind: the word before "images" in the error, "training " or "test ".
        Raises BadInput if the split has fewer images.
        """
        if count is None or count == len(self):
            return self
        if count > len(self):
            raise BadInput(
                f"a limit of {count} {kind}images exceeds the {len(self)} of the data set."
            )
        rank = _rank_in_class(self.labels, classes)
        return self.only(np.sort(np.lexsort((self.labels, rank))[:count]))

    def only(self, chosen: NDArray[np.intp] | NDArray[np.bool]) -> "Split":
        """Return the images at some places, in their order, with their labels and groups."""
        groups = None if self.groups is None else self.groups[chosen]
        return Split(disk_images.only(self.images, chosen), self.labels[chosen], groups)

    def held_out(self, share: float, classes: int) -> tuple["Split", "Split"]:
        """Return the kept part and the held-out part: a share of each class, evenly spread over it.

        A share of 0.1 of a class with 95 images is every tenth image, 9 in all. Of images in groups
        it is whole groups, as many as come nearest to the share.
        """
        if self.groups is None:
            rank = _rank_in_class(self.labels, classes)
            held = np.floor((rank + 1) * share) > np.floor(rank * share)
        else:
            held = np.isin(self.groups, _groups_of_share(self.groups, self.labels, share))
        return self.only(~held), self.only(held)


@dataclass(frozen=True)
class FileFacts:
    """What the files of images say, training before test.

    sizes: height and width in px of each, before it is resized. kinds: as in `pictures`. damaged:
    the name of each file that is left out, and the reason.
    """

    sizes: tuple[tuple[tuple[int, int], ...], ...]
    kinds: tuple[tuple[str, ...], ...]
    damaged: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Images:
    """A data set.

    source: its origin, in words. validation: the held-out part of the training images, None before
    `with_validation`. lines: what is to be said of how it was read. split_table: as `split_table`
    returns it, of all images whatever the limits; None for a source whose splits are fixed.
    files: of all images, whatever the limits; None for a source that has none.
    """

    name: str
    source: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    validation: Split | None = None
    lines: tuple[str, ...] = ()
    split_table: str | None = None
    files: FileFacts | None = None

    def __post_init__(self) -> None:
        for word, split in (("training", self.train), ("test", self.test)):
            _check_split(f"{word} split of {self.name} ({self.source})", split, self.class_names)
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError(
                f"{self.name} ({self.source}): training images are {self.train.images.shape[1:]}, "
                f"test images {self.test.images.shape[1:]}; expected one shape."
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Return height, width and channels of every image."""
        height, width, channels = self.train.images.shape[1:]
        return height, width, channels

    @property
    def train_images_measured(self) -> int:
        """Return the number of training images in an evaluation: that of the test images."""
        return min(len(self.train), len(self.test))

    def limited(self, train: int | None, test: int | None) -> "Images":
        """Return the data set with the first images of each class of both splits.

        train, test: numbers of images, None for all. Raises BadInput if a split has fewer.
        """
        classes = len(self.class_names)
        return replace(
            self,
            train=self.train.limited(train, classes, "training "),
            test=self.test.limited(test, classes, "test "),
        )

    def with_validation(self, share: float) -> "Images":
        """Return the data set with a share of each class's training images held out.

        Raises BadInput if either part is empty.
        """
        if share == 0:
            return self
        train, validation = self.train.held_out(share, len(self.class_names))
        if not len(train) or not len(validation):
            raise BadInput(
                f"validation {share:g} of {len(self.train)} training images holds out "
                f"{len(validation)} and leaves {len(train)}; both must be at least 1."
            )
        return replace(self, train=train, validation=validation)

    @cached_property
    def contents(self) -> NDArray[np.int64]:
        """Return for each image, training before test, the first one of the same pixels."""
        return contents((self.train.images, self.test.images))

    def sha256(self) -> str:
        """Return the SHA-256 of shapes and values: images and labels, training before test."""
        digest = hashlib.sha256()
        for split in (self.train, self.test):
            digest.update(repr(split.images.shape).encode())
            for part in chunks(split.images):
                digest.update(np.ascontiguousarray(part).data)
            labels = split.labels.astype("<i8")
            digest.update(repr(labels.shape).encode())
            digest.update(np.ascontiguousarray(labels).data)
        return digest.hexdigest()

    def as_recorded(self, record: DatasetRecord) -> "Images":
        """Return the images of a record, limited as they were.

        Raises DataError if they have changed.
        """
        changed = f"{self.name} has changed since this comparison began: expected"
        if len(self.train) < record.train or len(self.test) < record.test:
            raise DataError(
                f"{changed} {record.train} training and {record.test} test images, found "
                f"{len(self.train)} and {len(self.test)}; begin again in another folder."
            )
        images = self.limited(record.train, record.test)
        sha256 = images.sha256()
        if sha256 != record.sha256:
            raise DataError(
                f"{changed} SHA-256 {record.sha256[:16]}…, found {sha256[:16]}…; begin again in "
                "another folder."
            )
        return images

    def record(self, data_dir: str | None) -> DatasetRecord:
        """Return the description of the data set for a record; data_dir: as it was named."""
        return DatasetRecord(
            name=self.name,
            source=self.source,
            train=len(self.train),
            test=len(self.test),
            sha256=self.sha256(),
            image_shape=self.image_shape,
            class_names=self.class_names,
            data_dir=data_dir,
            chance=float(np.bincount(self.test.labels).max() / len(self.test)),
            doubts=doubts(
                self.contents,
                (self.train.labels, self.test.labels),
                (self.train.groups, self.test.groups),
            ),
        )


def split_table(
    class_names: Sequence[str], parts: Sequence[Split], names: Sequence[Sequence[str]]
) -> str:
    """Return which image trains and which tests, a line each: split, class, name, with tabs.

    parts: training and test images. names: of the images in their source.
    """
    return "".join(
        f"{word}\t{class_names[label]}\t{name}\n"
        for word, part, each in zip(("train", "test"), parts, names, strict=True)
        for label, name in zip(part.labels, each, strict=True)
    )


# A source opens its images from a given folder, or without one from its usual places.
SOURCES: Registry[Callable[[Path | None], Images]] = Registry("data set")


def _groups_of_share(
    groups: NDArray[np.int64], labels: NDArray[np.int64], share: float
) -> list[int]:
    """Return the groups to hold out, each class's spread over it in the order of its images.

    A group is of the class of its first image.
    """
    numbers, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    held, passed, taken = [], dict[int, int](), dict[int, int]()  # images by class
    for at in np.argsort(first):
        label, size = int(labels[first[at]]), int(sizes[at])
        passed[label] = passed.get(label, 0) + size
        over = taken.get(label, 0) + size - share * passed[label]
        under = share * passed[label] - taken.get(label, 0)
        if over <= under:
            held.append(int(numbers[at]))
            taken[label] = taken.get(label, 0) + size
    return held


def _rank_in_class(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return the number of earlier images of the same class, for each image."""
    rank = np.empty(len(labels), np.int64)
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    return rank


def _check_split(name: str, split: Split, class_names: tuple[str, ...]) -> None:
    if split.images.dtype != np.uint8 or split.images.ndim != 4:
        raise DataError(
            f"{name}: expected uint8 images (count, height, width, channels); "
            f"received {split.images.dtype} {split.images.shape}."
        )
    if len(split) == 0 or split.labels.shape != (len(split),):
        raise DataError(
            f"{name}: expected at least one image, and a label for each; "
            f"received {len(split)} images and labels {split.labels.shape}."
        )
    low, high = int(split.labels.min()), int(split.labels.max())
    if low < 0 or high >= len(class_names):
        raise DataError(
            f"{name}: labels are {low} to {high}; expected 0 to {len(class_names) - 1}."
        )
