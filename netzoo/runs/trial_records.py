"""The records of a comparison's trials: a file each, and packs of a thousand."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netzoo import disk
from netzoo.errors import DataError, StoreError
from netzoo.records.codec import from_text, to_one_line, to_text
from netzoo.records.index import Row
from netzoo.records.plan import MANY
from netzoo.records.trial import FINAL, Trial, TrialRecord
from netzoo.records.trials import Trials
from netzoo.runs.identity import identities, identity
from netzoo.runs.packs import Entry, Packs, names_in

NO_RECORDS: Mapping[str, TrialRecord] = {}


@dataclass
class Held:
    """What a folder holds of its trials, by name, as one look finds it.

    files: the trials whose record is a file. packed: the rows of the others. whole: whether rows
    have all that a comparison needs, not only what a list shows.
    """

    files: set[str]
    checkpoints: set[str]
    packed: Mapping[str, Row]
    whole: bool


class TrialRecords:
    """The records in the folder of the trials of a comparison.

    Any number of processes may write at a time, also on several machines: each record is first a
    file of its own. The one that holds the folder's lock packs them, between `begin_packing` and
    `end_packing`.
    """

    def __init__(self, folder: Path, damage: Callable[[Path, str], None]) -> None:
        self.folder, self._damage = folder, damage
        self.packs = Packs(folder, damage)
        self._packs_them = False
        self._unpacked = 0  # written since it packed
        self._packing = threading.Lock()

    def look(self, *, whole: bool = False, only: Collection[str] | None = None) -> Held:
        """Return what is there now; whole: as in Held. only: the names of the packed ones."""
        files, checkpoints = set(), set()
        # The files first: what is packed in between is then found in its pack.
        for entry in names_in(self.folder):
            name, _, kind = entry.rpartition(".")
            if kind == "json":
                files.add(name)
            elif kind == "checkpoint":
                checkpoints.add(name)
        return Held(files, checkpoints, self.packs.rows(whole=whole, only=only), whole)

    def each(
        self, trials: Trials, held: Held, known: Mapping[str, TrialRecord] = NO_RECORDS
    ) -> Iterator[tuple[str, Trial, int, TrialRecord | Row | None]]:
        """Yield the name of each trial, its kind and its seed, and what a look has found of it.

        That is None without a record, or if it is damaged. A packed record is a row; if the rows
        are whole, it is a record, but for its predictions and filters. known: records that need
        not be read.
        """
        files, kinds = held.files, trials.kinds
        for name, place, seed in zip(identities(trials), trials.places, trials.seeds, strict=True):
            kind = kinds[place]
            record: TrialRecord | Row | None = known.get(name)
            if record is None and name in files:
                record = self._file(name, kind.with_seed(seed))
                if record is None and not self.path(name).exists():  # it was packed since
                    held.packed = self.packs.rows(whole=held.whole)
            if record is None and (row := held.packed.get(name)) is not None:
                record = row if row.more is None else self.packs.record(row, row.more)
            yield name, kind, seed, record

    def record(self, trial: Trial) -> TrialRecord | None:
        """Return the record of a trial, None if it has not ended or its record is damaged."""
        name = identity(trial)
        if (record := self._file(name, trial)) is not None:
            return record
        row = self.packs.rows().get(name)
        return None if row is None else self.packs.read(row)

    def trials(self) -> list[Trial]:
        """Return the trials whose records can be read, by name."""
        held = self.look()
        found: dict[str, Trial] = {
            name: row.shared.trial.with_seed(row.seed) for name, row in held.packed.items()
        }
        for name in held.files:
            record = self._file(name)
            if record is not None:
                found[name] = record.trial
        return [found[name] for name in sorted(found)]

    def keep(self, record: TrialRecord) -> list[str]:
        """Write a record; return the names of those that are packed now."""
        disk.write_text(self.path(identity(record.trial)), disk.sealed(to_text(record)))
        if self._packs_them:
            self._unpacked += 1
            if self._unpacked >= MANY:
                return self.pack()
        return []

    def forget(self, trial: Trial) -> None:
        """Remove the record of a trial that failed and now runs again."""
        self.path(identity(trial)).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return where the record of a trial is written."""
        return self.folder / f"{name}.json"

    def begin_packing(self) -> None:
        """Pack from now on; what there is at once. Only for whoever holds the folder's lock."""
        self._packs_them = True
        self.packs.mends = True
        self.pack()

    def end_packing(self) -> None:
        """Pack for the last time, what others have written too."""
        if self._packs_them and self.folder.is_dir():
            self.pack()
        self._packs_them = self.packs.mends = False

    def pack(self) -> list[str]:
        """Pack the files of trials that need not run again, in thousands; return their names.

        A rest of less than a thousand stays.
        """
        packed: list[str] = []
        with self._packing:
            self._unpacked = 0
            names = [name[:-5] for name in names_in(self.folder) if name.endswith(".json")]
            if len(names) < MANY:
                return packed
            entries: list[Entry] = []
            with contextlib.suppress(StoreError):  # the files will do
                for name in sorted(names):
                    with contextlib.suppress(DataError):  # whoever reads it says so
                        entries += self._entry(name)
                    if len(entries) == MANY:
                        self.packs.add(entries)
                        for entry in entries:
                            self.path(entry.name).unlink(missing_ok=True)
                        packed += [entry.name for entry in entries]
                        entries = []
        return packed

    def _entry(self, name: str) -> list[Entry]:
        """Return a record as a pack takes it, [] if its trial runs again, or is another one."""
        path = self.path(name)
        text = disk.read_sealed(path)
        record = from_text(TrialRecord, text, str(path))
        if record.status not in FINAL or identity(record.trial) != name:
            return []
        return [Entry(name, disk.sealed_line(to_one_line(disk.unsealed(text))), record)]

    def _file(self, name: str, trial: Trial | None = None) -> TrialRecord | None:
        """Return the record in a trial's file; trial: the one that it should be of."""
        path = self.path(name)
        try:
            record = from_text(TrialRecord, disk.read_sealed(path), str(path))
        except DataError as error:
            if path.exists():
                self._damage(path, str(error))
            return None
        if trial is None or record.trial == trial or identity(record.trial) == name:
            return record
        self._damage(path, f"{path} is the record of another trial.")
        return None
