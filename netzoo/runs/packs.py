"""Packs: the records of many trials that ended, one a line, in a file for a thousand of them.

trials/pack-00001.jsonl   whole records, each line with a seal of its own
trials/pack-00001.index   their index, which is made anew where it is missing or does not fit

A pack is written once, whole, by the process that holds the lock of the folder; only then are the
files of its records removed. So a reader that looks at the files first and at the packs next finds
each record, and a kill at any moment loses none: at worst a record is there twice.
"""

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from netzoo import disk
from netzoo.errors import DataError, StoreError
from netzoo.records.codec import from_text
from netzoo.records.index import (
    Index,
    More,
    Rest,
    Row,
    decoded,
    digest_of,
    encoded,
    fill,
    row_of,
    shared_part,
)
from netzoo.records.trial import ListedRecord, TrialRecord
from netzoo.results.scores import counts_of, recalls_of
from netzoo.runs.identity import identity

_NAME = re.compile(r"pack-(\d{5,})\.jsonl")


class PackedRecord(ListedRecord):
    """A record in a pack, of which `whole` reads the line."""

    def whole(self) -> TrialRecord:
        """Return the whole record, or this one if its line is damaged."""
        read: Callable[[], TrialRecord | None] | None = self.__dict__.get("_read")
        return self if read is None else read() or self


@dataclass(frozen=True)
class Entry:
    """A record as a pack takes it: with its line; without one, if the line is damaged."""

    name: str
    line: bytes
    record: TrialRecord | None


class Packs:
    """The packs in the folder of the trials of a comparison.

    damage: is told of each damaged file, and why.
    """

    def __init__(self, folder: Path, damage: Callable[[Path, str], None]) -> None:
        self.folder, self._damage = folder, damage
        self.mends = False  # whether to write an index that is missing or does not fit
        self._known: set[str] | None = None  # the digests that are written in the indexes

    def paths(self) -> list[Path]:
        """Return the packs, oldest first."""
        found = [self.folder / name for name in names_in(self.folder) if _NAME.fullmatch(name)]
        return sorted(found, key=_number)

    def rows(self, *, whole: bool = False, only: Collection[str] | None = None) -> dict[str, Row]:
        """Return the row of each packed record, by name; of two the newer.

        whole: with what a comparison needs, not only a list. only: the names of those to return.
        """
        found: dict[str, Row] = {}
        shared: dict[str, ListedRecord] = {}
        for path in self.paths():
            index = self._index(path, whole=whole)
            if index is None or not shared.keys() | index.shared.keys() >= set(index.uses):
                index = self._indexed(path)
                if self.mends:
                    with contextlib.suppress(StoreError):  # it does without
                        self._keep_index(path, index, shared.keys())
            shared |= index.shared
            parts = [shared[digest] for digest in index.uses]
            for row in index.rows:
                if only is None or row.name in only:
                    row.shared, row.pack = parts[row.shared], path
                    found[row.name] = row
        return found

    def read(self, row: Row) -> TrialRecord | None:
        """Return the whole record of a row, None if its line is damaged."""
        path: Path = row.pack
        if (more := row.more or self._more(row)) is None:
            return None
        try:
            with path.open("rb") as file:
                file.seek(more.start)
                line = file.read(more.length)
            return self._record(path, line)
        except (OSError, DataError) as error:
            self._damage(path, str(error))
            return None

    def record(self, row: Row, more: More) -> TrialRecord:
        """Return the record of a row, without its predictions and filters."""
        made = object.__new__(PackedRecord)
        fill(made, row, more)
        made.__dict__["_read"] = partial(self.read, row)
        return made

    def add(self, entries: Sequence[Entry]) -> None:
        """Write a pack and its index."""
        last = _number(self.paths()[-1]) if self.paths() else 0
        path = self.folder / f"pack-{last + 1:05d}.jsonl"
        if self._known is None:
            self._known = {digest for each in self.paths() for digest in self._digests(each)}
        disk.write_bytes(path, b"".join(entry.line for entry in entries))
        index = _index_of(entries)
        self._keep_index(path, index, self._known)
        self._known |= index.shared.keys()

    def set_aside(self, path: Path) -> Path:
        """Rename a damaged pack, its good lines being in a new one, and return its new path."""
        if good := [entry for entry in self._entries(path) if entry.record is not None]:
            self.add(good)
        aside = disk.set_aside(path)
        _index_path(path).unlink(missing_ok=True)
        self._known = None
        return aside

    def _indexed(self, path: Path) -> Index:
        """Return the index of a pack, made from its lines."""
        entries = list(self._entries(path))
        if any(entry.record is None for entry in entries):
            self._damage(path, str(disk.damaged(path)))
        return _index_of(entries)

    def _keep_index(self, path: Path, index: Index, known: Collection[str]) -> None:
        """Write an index; known: the digests that older ones have."""
        new = {digest: part for digest, part in index.shared.items() if digest not in known}
        lines = encoded(Index(index.pack_bytes, index.uses, new, index.rows))
        disk.write_bytes(_index_path(path), b"".join(map(disk.sealed_line, lines)))

    def _digests(self, path: Path) -> Collection[str]:
        index = self._index(path)
        return () if index is None else index.shared.keys()

    def _index(self, path: Path, *, whole: bool = False) -> Index | None:
        """Return the index of a pack as it is written, None if it is missing or does not fit."""
        try:
            with _index_path(path).open("rb") as file:
                lines = [file.readline(), file.readline()] if whole else [file.readline()]
            size = path.stat().st_size
        except OSError:
            return None
        if not all(map(disk.is_sealed_line, lines)):
            return None
        index: Index | None = decoded(Index, lines[0])
        if index is None or index.pack_bytes != size:
            return None
        if whole:
            rest: Rest | None = decoded(Rest, lines[1])
            if rest is None or len(rest.more) != len(index.rows):
                return None
            for row, more in zip(index.rows, rest.more, strict=True):
                row.more = more
        return index

    def _more(self, row: Row) -> More | None:
        """Return the rest of a row that was read for a list."""
        index = self._index(row.pack, whole=True) or self._indexed(row.pack)
        return next((each.more for each in index.rows if each.name == row.name), None)

    def _entries(self, path: Path) -> Iterator[Entry]:
        """Yield what a pack holds, damaged lines without a record."""
        try:
            with path.open("rb") as file:
                for line in file:
                    try:
                        record = self._record(path, line)
                        yield Entry(identity(record.trial), line, record)
                    except DataError:
                        yield Entry("", line, None)
        except OSError as error:
            self._damage(path, f"{path} cannot be read: {error.strerror or error}.")

    def _record(self, path: Path, line: bytes) -> TrialRecord:
        if not disk.is_sealed_line(line):
            raise disk.damaged(path)
        return from_text(TrialRecord, line, str(path))


def _index_of(entries: Iterable[Entry]) -> Index:
    rows: list[Row] = []
    shared: dict[str, ListedRecord] = {}
    uses: dict[str, int] = {}
    start = 0
    for entry in entries:
        record, length = entry.record, len(entry.line)
        if record is not None:
            part = shared_part(record, counts_of(record))
            digest = digest_of(part)
            shared.setdefault(digest, part)
            use = uses.setdefault(digest, len(uses))
            rows.append(row_of(entry.name, record, recalls_of(record), use, (start, length)))
        start += length
    return Index(pack_bytes=start, uses=list(uses), shared=shared, rows=rows)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, [] if there is none."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def is_pack(path: Path) -> bool:
    """Return whether a file is a pack."""
    return _NAME.fullmatch(path.name) is not None


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _index_path(path: Path) -> Path:
    return path.with_suffix(".index")
