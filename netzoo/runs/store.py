"""The folder of a comparison.

plan.json              the trials, and each model's profile
pictures.json          thumbnails of the first test images
split.tsv              which image trains and which tests, where the data set is files on disk
trials/ID.json         the record of a trial that ended
trials/pack-N.jsonl    a thousand of these records, and pack-N.index what lists need of them
probes/ID.json         the record of a probe that ended
trials/ID.checkpoint   the checkpoint of a trial that has not ended
models/ID.keras        the trained network of a trial, if it was asked for
logs/ID.log            standard error of the trial's process; logs/forkserver.log: of what forks it
comparison.json, table.txt   the result, as printed
study.json             the result of an ablation, a ladder, a probe, a lesson or a search
tuned.toml             the recipe that a search has chosen
tuning                 the folder of the search, before a comparison by what it has chosen
compiled               JAX's compilation cache, while a process works on the folder
decoded                the decoded images of files, while a process works on the folder
attempts/ID.lock       the fence of a trial that runs on another machine, as netzoo.runs.fence says
lock                   held by the process that works on the folder, and by its trial's process
"""

import contextlib
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from netzoo import disk
from netzoo.errors import BadInput, DataError
from netzoo.provenance import DatasetRecord
from netzoo.records.arrays import Thumbnails
from netzoo.records.codec import from_text, to_text
from netzoo.records.plan import Plan, PlanFile
from netzoo.records.trial import FINAL, Trial, TrialRecord
from netzoo.results.study import Study, kind_of, study_of
from netzoo.runs import checkpoint, fence, lock
from netzoo.runs.checkpoint import CheckpointMeta
from netzoo.runs.identity import identity
from netzoo.runs.packs import is_pack, names_in
from netzoo.runs.trial_records import Held, TrialRecords

DEFAULT_FOLDER = Path("runs")
PLAN, PICTURES, STUDY, BENCH = "plan.json", "pictures.json", "study.json", "bench.json"
SPLIT, BACKENDS = "split.tsv", "backends.json"
TRAININGS, PROBES = "trainings", "probes"  # the two folders of a lesson
TUNING, TOML = "tuning", "tuned.toml"  # the folder of a search, its recipe


class Store:
    """The folder of one comparison, to read; `open_to_write` gives it to one process alone.

    damaged: the files that were found to be changed or cut short, with the reason.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[tuple[Path, str]] = []
        self.lock_fd: int | None = None
        self.compiled, self.decoded = folder / "compiled", folder / "decoded"
        self.trials = TrialRecords(folder / "trials", self._damage)

    @property
    def name(self) -> str:
        """The folder's name; of one backend of several, "runs-name/torch"."""
        folder = self.folder.absolute()
        part = is_backends(folder.parent)
        return f"{folder.parent.name}/{folder.name}" if part else folder.name

    def plan(self) -> Plan | None:
        """Return the plan, None if there is none or it is damaged."""
        path = self.folder / PLAN
        file: PlanFile | None = self._read(path, lambda: _record(PlanFile, path))
        return None if file is None else file.plan()

    def pictures(self, dataset: DatasetRecord) -> Thumbnails | None:
        """Return the first test images of a data set, small.

        None if there are none, as in a folder of an older netzoo, if they are damaged, or if they
        are of another data set: of a plan that was never finished.
        """
        path = self.folder / PICTURES
        pictures: Thumbnails | None = self._read(path, lambda: _record(Thumbnails, path))
        return pictures if pictures is not None and pictures.sha256 == dataset.sha256 else None

    def record(self, trial: Trial) -> TrialRecord | None:
        """Return the record of a trial, None if it has not ended or its record is damaged."""
        return self.trials.record(trial)

    def probed(self) -> set[str]:
        """Return the identities of the trials whose network was probed."""
        return {name.rpartition("-at-")[0] for name in names_in(self.folder / "probes")}

    def progress(self, trial: Trial) -> CheckpointMeta | None:
        """Return the metadata of a trial's checkpoint, None if there is none."""
        path = self.checkpoint(trial)
        about: CheckpointMeta | None = self._read(path, lambda: checkpoint.read_meta(path))
        return about if about is not None and about.identity == identity(trial) else None

    def epochs_left(self, trial: Trial, name: str, held: Held) -> int:
        """Return the epochs that a trial has to go after those of its checkpoint, if it has one.

        name: its identity. held: what the folder holds, by one look for many trials.
        """
        meta = self.progress(trial) if name in held.checkpoints else None
        return trial.recipe.epochs - (len(meta.history) if meta else 0)

    def checkpoint(self, trial: Trial) -> Path:
        """Return where a trial's checkpoint is kept."""
        return self.folder / "trials" / f"{identity(trial)}.checkpoint"

    def model(self, trial: Trial) -> Path:
        """Return where a trial's trained network is kept."""
        return self.folder / "models" / f"{identity(trial)}.keras"

    def fence(self, trial: Trial) -> Path:
        """Return the file of a trial's fence."""
        return self.folder / "attempts" / f"{identity(trial)}.lock"

    def log(self, name: str) -> Path:
        """Return where a process writes its standard error."""
        return self.folder / "logs" / f"{name}.log"

    def keep_plan(self, plan: Plan) -> None:
        """Write the plan; what was told of another one goes."""
        for told in (STUDY, TOML):
            (self.folder / told).unlink(missing_ok=True)
        disk.write_text(self.folder / PLAN, disk.sealed(to_text(plan)))

    def keep_pictures(self, pictures: Thumbnails) -> None:
        """Write the first test images of the plan's data set."""
        disk.write_text(self.folder / PICTURES, disk.sealed(to_text(pictures)))

    def keep_trial(self, record: TrialRecord) -> list[str]:
        """Write the record of a trial that ended; one that came to its end needs no checkpoint.

        Returns the identities of the trials whose records are packed now, a thousand at once.
        """
        packed = self.trials.keep(record)
        if record.status in FINAL:
            self.checkpoint(record.trial).unlink(missing_ok=True)
        return packed

    def forget(self, trial: Trial) -> None:
        """Remove the record of a trial that failed and now runs again; its checkpoint stays."""
        self.trials.forget(trial)

    def keep(self, name: str, text: str) -> None:
        """Write a file of the result."""
        disk.write_text(self.folder / name, text)

    def discard(self) -> None:
        """Remove the folder if no trial, probe, bench or search was kept: nothing is of use."""
        if not any(any(self.folder.glob(kept)) for kept in ("trials/*", "probes/*", BENCH, TUNING)):
            shutil.rmtree(self.folder, ignore_errors=True)

    def set_aside_damaged(self) -> Iterator[str]:
        """Rename what was found damaged; yield a line for each."""
        while self.damaged:
            path, reason = self.damaged.pop()
            put = self.trials.packs.set_aside if is_pack(path) else disk.set_aside
            with contextlib.suppress(OSError):
                yield f"{reason} It is set aside as {put(path).name}."

    @contextlib.contextmanager
    def open_to_write(self) -> Iterator[None]:
        """Create the folder if it is missing, and lock it.

        Raises BadInput if it cannot be written, holds something else, or is in use.
        """
        parts = ("trials", "logs")
        with lock.locked(self.folder, is_store, "a comparison", parts) as self.lock_fd:
            for made in (self.compiled, self.decoded):  # of a process that was killed
                shutil.rmtree(made, ignore_errors=True)
            fence.shut_all(self.folder / "attempts")
            self.trials.begin_packing()
            try:
                yield
            finally:
                self.trials.end_packing()
                shutil.rmtree(self.compiled, ignore_errors=True)
                self.lock_fd = None

    def check_to_write(self) -> None:
        """Raise what `open_to_write` would, as far as can be told without changing anything."""
        lock.check(self.folder, is_store, "a comparison")

    def _read(self, path: Path, read: Any) -> Any:
        if not path.exists():
            return None
        try:
            return read()
        except DataError as error:
            self._damage(path, str(error))
            return None

    def _damage(self, path: Path, reason: str) -> None:
        if (path, reason) not in self.damaged:
            self.damaged.append((path, reason))


def keep_study(folder: str | Path | None, result: Study) -> None:
    """Save a study's result.

    Nothing without a folder, or into one that is gone since nothing was kept in it.
    """
    if folder is not None and Path(folder).is_dir():
        kept = {"kind": kind_of(result), "result": result.to_dict()}
        disk.write_text(Path(folder) / STUDY, disk.sealed(to_text(kept)))


def saved_study(folder: str | Path) -> Study | None:
    """Return the saved result of a study; None if there is none.

    Raises DataError if it is damaged.
    """
    path = Path(folder) / STUDY
    kept = sealed_in(path)
    return None if kept is None else study_of(kept["result"], str(path), kept.get("kind"))


def sealed_in(path: Path) -> dict[str, Any] | None:
    """Return what a sealed file holds; None if there is none. Raises DataError if it is damaged."""
    if not path.exists():
        return None
    return from_text(dict[str, Any], disk.read_sealed(path), str(path))


def open_store(folder: str | Path) -> Store:
    """Return the folder of a comparison, to read. Raises BadInput if it is none."""
    path = Path(folder)
    if not path.is_dir():
        raise BadInput(f"{str(folder)!r} is not a folder.")
    if not is_store(path):
        raise BadInput(f"{str(folder)!r} does not hold a comparison.")
    return Store(path)


def stores(folder: str | Path) -> list[Store]:
    """Return the comparisons in the folders of a folder, by name; of several backends, each one.

    Raises BadInput.
    """
    path = Path(folder)
    if not path.is_dir():
        raise BadInput(f"{str(folder)!r} is not a folder.")
    held = []
    for each in sorted(filter(Path.is_dir, path.iterdir())):
        held += stores(each) if is_backends(each) else [Store(each)] if is_store(each) else []
    return held


def in_use(store: Store) -> bool:
    """Return whether a process works on the folder now."""
    return lock.is_held(store.folder / lock.LOCK)


def new_folder(models: Sequence[str]) -> Path:
    """Return a folder name of time and models: runs/20260131-235959-lenet-alexnet."""
    names = "-".join(re.split("[:@]", name)[0] for name in models)
    words = re.sub(r"[^\w.-]+", "-", names)[:60]  # a name is not a path
    base = DEFAULT_FOLDER / f"{time.strftime('%Y%m%d-%H%M%S')}-{words}"
    number = 2
    folder = base
    while folder.exists():
        folder, number = base.with_name(f"{base.name}-{number}"), number + 1
    return folder


def is_backends(folder: str | Path) -> bool:
    """Return whether a folder holds a comparison of backends, each in a folder of its own."""
    return (Path(folder) / BACKENDS).exists()


def is_store(folder: Path) -> bool:
    """Return whether a folder holds a comparison, perhaps one that has just begun."""
    return (folder / PLAN).exists() or (folder / "trials").is_dir()


def _record(kind: Any, path: Path) -> Any:
    return from_text(kind, disk.read_sealed(path), str(path))
