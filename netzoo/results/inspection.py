"""What is in a data set, and what of it weakens a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from netzoo import units
from netzoo.provenance import DatasetRecord, Provenance
from netzoo.results.result import Result
from netzoo.tables.notes import data_line, doubt_lines_of, versions_text
from netzoo.tables.table import Cell, Column, Table

SHOWN = 3  # examples in a line
CHANNELS = {1: "grey", 3: "red, green, blue"}

_COLUMNS = (
    Column("Class", "class", numeric=False),
    Column("Training\nimages", "train"),
    Column("Share", "train_share"),
    Column("Test\nimages", "test"),
    Column("Share", "test_share"),
    Column("Test images copied\nfrom training", "test_copies"),
    Column("Same pixels as\nanother class", "contradicted"),
)


@dataclass(frozen=True)
class SplitFacts:
    """One split: its images, those of each class, and their sizes before any was resized.

    heights, widths: the smallest, the median and the largest, in px. kinds: the number of images
    that are "grey", "colour" or "numbers" (of more than 8 bits).
    """

    name: str
    images: int
    by_class: tuple[int, ...]
    heights: tuple[int, int, int]
    widths: tuple[int, int, int]
    kinds: dict[str, int]


@dataclass(frozen=True)
class Damaged:
    """A file that cannot be read, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Pair:
    """Two images, by their names, and their classes; of copies across splits, training first."""

    names: tuple[str, str]
    classes: tuple[str, str]


@dataclass(frozen=True)
class Copies:
    """Images that are copies of another one, and the first of each kind as examples.

    train, test: images that are copies of an earlier image of their split. test_copies: test
    images that are copies of a training image. contradicted: images that are copies of an image of
    another class, in either split. by_class: the last two for each class.
    """

    train: int
    test: int
    test_copies: int
    contradicted: int
    by_class: tuple[tuple[int, int], ...]
    within_examples: tuple[Pair, ...]
    across_examples: tuple[Pair, ...]
    contradicted_examples: tuple[Pair, ...]


@dataclass(frozen=True)
class SharedGroup:
    """A group with images on both sides of the split."""

    name: str
    train: int
    test: int


@dataclass(frozen=True)
class Groups:
    """The groups of images: the expression that finds them, their number, those on both sides.

    test_images: the test images of the groups on both sides.
    """

    expression: str
    count: int
    shared: tuple[SharedGroup, ...]
    test_images: int


@dataclass(frozen=True)
class Inspection(Provenance, Result):
    """The images of a data set, as `netzoo data --format json` prints it.

    means, deviations: of the training images' pixels from 0 to 1, by channel, as networks get them.
    exact: images of the same pixels. near: images whose perceptual hashes differ in near_bits bits
    at most and whose pixels are not the same; None where the hash's package is not installed.
    near_hash: the hash, in words. groups: None where none were asked for. lines: what was said as
    the images were read. pictures: the files written, by what they show. backend: "none".

    >>> import netzoo
    >>> found = netzoo.inspect_images("fashion_mnist_sample")
    >>> found.splits[0].by_class[:2], found.exact.test_copies
    ((600, 600), 0)
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    dataset: DatasetRecord
    splits: tuple[SplitFacts, SplitFacts]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    exact: Copies
    near: Copies | None = None
    near_bits: int = 0
    near_hash: str = ""
    groups: Groups | None = None
    damaged: tuple[Damaged, ...] = ()
    lines: tuple[str, ...] = ()
    pictures: dict[str, str] | None = None

    def _table(self, *, every: bool) -> Table:
        found = any(map(any, self.exact.by_class))
        columns = _COLUMNS if every or found else _COLUMNS[:-2]
        rows = [row[: len(columns)] for row in self._rows()]
        return Table(columns, rows, [line for _, lines in self.sections() for line in lines])

    def _rows(self) -> list[list[Cell]]:
        train, test = self.splits
        by_class = zip(
            self.dataset.class_names,
            train.by_class,
            test.by_class,
            self.exact.by_class,
            strict=True,
        )
        whole = (
            "(all)",
            train.images,
            test.images,
            (self.exact.test_copies, self.exact.contradicted),
        )
        rows = []
        for name, trained, tested, (copies, contradicted) in [*by_class, whole]:
            rows.append(
                [
                    Cell(name, name),
                    _count(trained),
                    _share(trained, train.images),
                    _count(tested),
                    _share(tested, test.images),
                    _count(copies),
                    _count(contradicted),
                ]
            )
        return rows

    def sections(self) -> list[tuple[str, list[str]]]:
        """Return what was found, in words: headings, each with its lines."""
        doubts = doubt_lines_of(self.dataset, where="")
        return [
            ("Verdicts", doubts or ["Nothing was found that weakens a verdict."]),
            ("Images", [data_line(self.dataset), *map(_split_line, self.splits), self._pixels()]),
            ("Copies", [*_copy_lines(self), *_near_lines(self)]),
            ("Groups", _group_lines(self)),
            ("Damaged files", _damaged_lines(self.damaged)),
            ("Reading", list(self.lines)),
            (
                "Reproduce",
                [
                    f"{versions_text(self.versions)}.",
                    *([f"Command: {self.command}"] if self.command else []),
                ],
            ),
        ]

    def _pixels(self) -> str:
        each = [
            f"mean {', '.join(f'{value:.4f}' for value in self.means)}",
            f"standard deviation {', '.join(f'{value:.4f}' for value in self.deviations)}",
        ]
        channels = CHANNELS.get(len(self.means), f"{len(self.means)} channels")
        shape = units.shape(self.dataset.image_shape)
        return (
            f"Pixels of the training images, {shape}, from 0 to 1 ({channels}): {'; '.join(each)}."
        )


def _count(number: int) -> Cell:
    return Cell(number, units.exact(number))


def _share(number: int, whole: int) -> Cell:
    return Cell(round(number / whole, 6), units.percent(number / whole))


def _split_line(split: SplitFacts) -> str:
    """Return the balance, the sizes and the kinds of a split's images, in words."""
    present = [count for count in split.by_class if count]
    low, high = min(present), max(present)
    balance = f"{units.exact(low)} a class"
    if low != high:
        balance = (
            f"{units.exact(low)} to {units.exact(high)} a class, {high / low:.1f} times as many"
        )
    kinds = ", ".join(f"{units.exact(count)} {kind}" for kind, count in split.kinds.items())
    return (
        f"{split.name.capitalize()} images: {units.exact(split.images)}, {balance}; "
        f"{_span('height', split.heights)}, {_span('width', split.widths)}; {kinds}."
    )


def _span(name: str, found: tuple[int, int, int]) -> str:
    low, middle, high = found
    if low == high:
        return f"{name} {low} px"
    return f"{name} {low} to {high} px (median {middle})"


def _copy_lines(found: Inspection) -> list[str]:
    exact, train, test = found.exact, found.dataset.train, found.dataset.test
    return [
        f"Test images with the pixels of a training image: {_of(exact.test_copies, test)}"
        f"{_such(exact.across_examples)}.",
        f"Images with the pixels of an earlier one of their split: {_of(exact.train, train)} "
        f"training, {_of(exact.test, test)} test{_such(exact.within_examples)}.",
        "Images with the pixels of an image of another class: "
        f"{_of(exact.contradicted, train + test)}{_such(exact.contradicted_examples)}.",
    ]


def _near_lines(found: Inspection) -> list[str]:
    """Return the lines of near copies, or how to find them."""
    near, train, test = found.near, found.dataset.train, found.dataset.test
    if near is None:
        return [f"Near copies were not looked for: {found.near_hash}."]
    return [
        f"Near copies, of other pixels: {found.near_hash}, {found.near_bits} bits apart at most.",
        f"Test images near a training image: {_of(near.test_copies, test)}"
        f"{_such(near.across_examples)}.",
        f"Images near an earlier one of their split: {_of(near.train, train)} training, "
        f"{_of(near.test, test)} test{_such(near.within_examples)}.",
        "Images near an image of another class: "
        f"{_of(near.contradicted, train + test)}{_such(near.contradicted_examples)}.",
    ]


def _group_lines(found: Inspection) -> list[str]:
    groups = found.groups
    if groups is None:
        return []
    if not (shared := groups.shared):
        return [f"Groups by {groups.expression}: {units.exact(groups.count)}, each on one side."]
    each = [f"{g.name} ({g.train} training, {g.test} test images)" for g in shared]
    return [
        f"Groups by {groups.expression}: {units.exact(groups.count)}; on both sides of the split: "
        f"{units.exact(len(shared))}, with {units.exact(groups.test_images)} test images: "
        f"{_few(each)}. Where there is no test split, @group={groups.expression} behind the path "
        "keeps each on one side."
    ]


def _damaged_lines(damaged: Sequence[Damaged]) -> list[str]:
    if not damaged:
        return []
    return [
        f"Damaged: {units.exact(len(damaged))} file{'s'[: len(damaged) - 1]}, left out here; a "
        "comparison refuses them, or leaves them out by @damaged=skip behind the path.",
        *(f"Damaged: {each.name}: {each.reason}." for each in damaged),
    ]


def _of(count: int, whole: int) -> str:
    return f"{units.exact(count)} ({units.percent(count / whole)})" if count else "0"


def _such(pairs: Sequence[Pair]) -> str:
    """Return some of the pairs in words; with their classes where these differ."""
    told = []
    for pair in pairs[:SHOWN]:
        (first, other), (its, others) = pair.names, pair.classes
        classes = f" ({its}, {others})" if its != others else ""
        told.append(f"{first} and {other}{classes}")
    return f", such as {'; '.join(told)}" if told else ""


def _few(words: Sequence[str]) -> str:
    more = f" and {units.exact(len(words) - SHOWN)} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
