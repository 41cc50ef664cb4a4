"""Comparisons on several backends: one in a folder for each, and the table of all.

The folder of the comparison holds

backends.json               which backends, in which order, and what became of those left out
tensorflow, torch, jax      the comparison on each, as netzoo.runs.store has it
comparison.json, table.txt  the result, as printed
lock                        held by the process that works on the folder
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

from netzoo import disk
from netzoo.backend import INSTALL
from netzoo.errors import DataError, Interrupted, NetzooError, StoreError
from netzoo.provenance import SCHEMA
from netzoo.records.codec import from_text, to_text
from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.results.backends import BackendComparison, by_model, compare_backends, row_name
from netzoo.results.comparison import Comparison
from netzoo.results.estimate import TrainingEstimate
from netzoo.results.metric import check_metric
from netzoo.results.target import check_curves
from netzoo.runs import lock
from netzoo.runs.backend_names import chosen_backends, skipped_words
from netzoo.runs.callback import Callback
from netzoo.runs.estimate import Estimated, estimating
from netzoo.runs.request import AUTOMATIC, Request
from netzoo.runs.saved import saved_metric, saved_records, saved_target
from netzoo.runs.store import BACKENDS, Store, is_backends, is_store

NOT_BEGUN = "has not begun."
OURS = is_backends, "a comparison of backends"

# Trains the request on a backend in a folder; also returns whether Ctrl-C has asked to stop.
Train = Callable[[Request, str, Path | None], tuple[Comparison, bool]]


@dataclass(frozen=True)
class BackendsFile:
    """The backends of a comparison in their order; missing, failed: as in a BackendComparison."""

    backends: tuple[str, ...]
    missing: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    schema: int = SCHEMA


def on_backends(
    backends: Sequence[str] | str,
    request: Request,
    output: str | Path | None,
    callback: Callback,
    train: Train,
) -> BackendComparison:
    """Train a request on each of several backends, and return and keep the comparison of all.

    An automatic recipe is the one of the first backend's device for all. The error of the first
    backend is that of the request; another one that fails is told, and the rest go on.
    Raises as `chosen_backends`, and as netzoo.compare.
    """
    names, skipped = chosen_backends(backends)
    request.check()
    if estimating():
        raise Estimated(_estimate(names, request, output, train))
    with contextlib.ExitStack() as stack:
        if output is None:
            output = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "comparison"
        folder = Path(output)
        stack.enter_context(lock.locked(folder, *OURS))
        file = BackendsFile(tuple(names), {name: skipped_words(name) for name in skipped})
        _keep(folder, file)
        for name, words in file.missing.items():
            callback.on_message(f"{name} {words}")
        stopped = False
        try:
            for number, name in enumerate(names, 1):
                callback.on_backend_begin(name, number, len(names))
                try:
                    comparison, stopped = train(request, name, folder / name)
                except StoreError:
                    raise
                except NetzooError as error:
                    if number == 1:
                        raise
                    file = _failed(file, name, error)
                    _keep(folder, file)
                    callback.on_message(f"{name} {file.missing[name]}")
                    continue
                if request.recipe in AUTOMATIC:
                    request = replace(request, recipe=comparison.recipe["name"])
                if stopped:
                    break
        except KeyboardInterrupt:
            stopped = True
            if not any(is_store(folder / name) for name in names):
                raise
        finally:
            _discard_empty(folder)
        _keep(folder, file)
        result = saved_backends(folder).comparison()
        disk.write_text(folder / "comparison.json", to_text(result))
        disk.write_text(folder / "table.txt", result.table().render("table") + "\n")
        if stopped and not _is_complete(result):
            raise Interrupted(result)
        return result


def _estimate(
    names: Sequence[str], request: Request, output: str | Path | None, train: Train
) -> TrainingEstimate:
    """Return the estimate of the trainings on all backends."""
    if output is not None:
        lock.check(Path(output), *OURS)
    found: list[TrainingEstimate] = []
    for name in names:
        try:
            train(request, name, None if output is None else Path(output) / name)
        except Estimated as end:
            found.append(end.result.on(name))
        if request.recipe in AUTOMATIC:
            request = replace(request, recipe=found[0].recipe["name"])
    return reduce(TrainingEstimate.beside, found)


@dataclass(frozen=True)
class SavedBackends:
    """What the folder of a comparison of backends holds.

    records: of each backend with trials. baseline: a model. notes: a line for each damaged file.
    missing, failed, target: as in a BackendComparison.
    """

    records: dict[str, list[TrialRecord]]
    baseline: str
    metric: str
    missing: dict[str, str]
    failed: tuple[str, ...]
    notes: tuple[str, ...]
    target: float | None = None

    def comparison(
        self,
        metric: str | None = None,
        first: str | None = None,
        target: float | None = None,
    ) -> BackendComparison:
        """Return the comparison of the backends.

        metric: what the verdicts are of; by default that of the comparison, as is the target.
        first: the backend that the others are compared with; by default the first. Raises
        UnknownName for another metric, BadInput for a target without a curve.
        """
        if metric is not None:
            check_metric(metric)
        if target is not None:
            check_curves(record.trial for held in self.records.values() for record in held)
        order = sorted(self.records, key=lambda name: name != first)
        records = {name: self.records[name] for name in order}
        judged = self.baseline, metric or self.metric
        about = *judged, self.missing, self.failed, target or self.target
        return compare_backends(records, *about)

    def by_row(self) -> dict[str, tuple[TrialRecord, ...]]:
        """Return the records by the names of the comparison's rows, in their order."""
        return {
            row_name(model, backend): tuple(group)
            for model, held in by_model(self.records).items()
            for backend, group in held.items()
        }


def saved_backends(folder: str | Path, *, whole: bool = False) -> SavedBackends:
    """Return what a folder holds; whole: as in `netzoo.runs.saved.saved_records`.

    Raises DataError if there is no trial in it.
    """
    folder = Path(folder)
    file, notes = _read(folder)
    records, baseline, metric, target = {}, "", "", None
    for name in file.backends:
        if is_store(folder / name):
            store = Store(folder / name)
            held, base, damaged = saved_records(store, whole=whole)
            notes += damaged
            if held:
                records[name] = held
                baseline, metric = baseline or base, metric or saved_metric(store)
                target = target or saved_target(store)
    if not records:
        raise DataError(" ".join([f"{folder} holds no trial to show.", *notes]))
    missing = {name: NOT_BEGUN for name in file.backends if name not in records} | file.missing
    about = baseline, metric, missing, file.failed, tuple(notes), target
    return SavedBackends(records, *about)


def _read(folder: Path) -> tuple[BackendsFile, list[str]]:
    """Return the backends of a folder; if their file is damaged, those that it holds, and why."""
    path = folder / BACKENDS
    try:
        return from_text(BackendsFile, disk.read_sealed(path), str(path)), []
    except DataError as error:
        return BackendsFile(tuple(n for n in INSTALL if is_store(folder / n))), [str(error)]


def _keep(folder: Path, file: BackendsFile) -> None:
    disk.write_text(folder / BACKENDS, disk.sealed(to_text(file)))


def _failed(file: BackendsFile, name: str, error: NetzooError) -> BackendsFile:
    words = {**file.missing, name: f"failed: {error}"}
    return replace(file, missing=words, failed=(*file.failed, name))


def _is_complete(result: BackendComparison) -> bool:
    """Return whether every backend has begun, and every trial has ended."""
    unfinished = any(row.status == TrialStatus.UNFINISHED for row in result.models)
    return not unfinished and NOT_BEGUN not in result.missing.values()


def _discard_empty(folder: Path) -> None:
    """Remove the folder if no backend has left anything in it."""
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= {BACKENDS, lock.LOCK}:
        shutil.rmtree(folder, ignore_errors=True)
