"""Read the folders of finished runs into the content of a page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, DataError, no_such
from netzoo.records.arrays import Thumbnails
from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.report.content import Content
from netzoo.report.latency import latencies
from netzoo.results.bench import Bench
from netzoo.results.rows import compare_groups
from netzoo.results.study import Study
from netzoo.results.tuning import Tuning
from netzoo.runs.backends import saved_backends
from netzoo.runs.bench import saved_bench
from netzoo.runs.saved import saved_metric, saved_records, saved_target
from netzoo.runs.store import (
    PROBES,
    TRAININGS,
    TUNING,
    Store,
    is_backends,
    is_store,
    open_store,
    saved_study,
    stores,
)


def gather(folders: Sequence[str | Path], baseline: str | None = None) -> Content:
    """Return the content of the folders, with the seeds of each model in one group.

    baseline: a model; for the folder of a comparison of backends, a backend.
    Raises BadInput for a folder without netzoo's files, UnknownName for a baseline that no
    folder has, DataError if the folders have no result.
    """
    if len(folders) == 1 and is_backends(folders[0]):
        return _of_backends(Path(folders[0]), baseline)
    studies: list[Study] = []
    benches: list[Bench] = []
    records: list[tuple[str, TrialRecord]] = []  # each with the name of its folder
    pictures: dict[str, Thumbnails] = {}
    notes: list[str] = []
    first = metric = ""
    target: float | None = None
    for folder in folders:
        complete = False  # a lesson's own result includes those of its parts
        for part in _parts(Path(folder)):
            bench = _saved(saved_bench, part, notes)
            if bench is not None:
                benches.append(bench)
                if not is_store(part):
                    continue
            study = None if complete else _saved(saved_study, part, notes)
            if study is not None:
                studies.append(study)
            if _is_lesson(part):
                complete = study is not None
                continue
            if is_backends(part) or isinstance(study, Tuning):
                continue
            store = open_store(part)
            saved, base, damaged = saved_records(store, whole=True)
            thumbnails = store.pictures(saved[0].trial.dataset) if saved else None
            if thumbnails is not None:
                pictures[thumbnails.sha256] = thumbnails
            records += [(part.name, record) for record in saved]
            first, metric = first or base, metric or saved_metric(store)
            target = target or saved_target(store)
            notes += damaged
    by_model = _by_name(records)
    if not by_model and not studies:
        what = "the speed of models, and no results," if benches else "no results"
        empty = f"{what} in {', '.join(map(str, folders))}."
        raise DataError(" ".join([empty, *notes]))
    first = _baseline(baseline, first, by_model)
    names = sorted(by_model, key=lambda name: name != first)
    if benches:
        notes += _without_latency(by_model, benches)
    shown = next(iter(by_model.values()))[0].trial.dataset.sha256 if by_model else ""
    return Content(
        comparisons={name: compare_groups(by_model, name, metric, target=target) for name in names},
        records={name: tuple(group) for name, group in by_model.items()},
        studies=tuple(studies),
        pictures=pictures.get(shown),
        notes=tuple(notes),
        benches=tuple(benches),
    )


def _of_backends(folder: Path, first: str | None) -> Content:
    """Return the content of a comparison of backends, against each of them; first: at first."""
    saved = saved_backends(folder, whole=True)
    if first is not None and first not in saved.records:
        raise no_such("backend", first, saved.records, where=str(folder))
    comparisons = {name: saved.comparison(first=name) for name in saved.records}
    chosen = first or next(iter(comparisons))
    records = saved.by_row()
    held = (Store(folder / name) for name in saved.records)
    data = next(iter(records.values()))[0].trial.dataset
    notes = list(saved.notes)
    bench = _saved(saved_bench, folder, notes)
    return Content(
        comparisons={chosen: comparisons.pop(chosen), **comparisons},
        records=records,
        pictures=next(filter(None, (store.pictures(data) for store in held)), None),
        notes=tuple(notes),
        benches=() if bench is None else (bench,),
    )


def _parts(folder: Path) -> list[Path]:
    """Return a folder; also those of a lesson's parts, of a search, and of each of backends."""
    if not folder.is_dir():
        raise BadInput(f"{str(folder)!r} is not a folder.")
    if is_backends(folder):
        return [folder, *(store.folder for store in stores(folder))]
    if not _is_lesson(folder):
        search = [folder / TUNING] if (folder / TUNING).is_dir() else []
        return [*([folder] if is_store(folder) or not search else []), *search]
    return [folder, *(part for name in (TRAININGS, PROBES) if (part := folder / name).is_dir())]


def _is_lesson(folder: Path) -> bool:
    return (folder / TRAININGS).is_dir()


def _saved(read: Callable[[Path], Any], folder: Path, notes: list[str]) -> Any:
    """Return what a function reads in a folder, None with a note if it is damaged."""
    try:
        return read(folder)
    except DataError as error:
        notes.append(str(error))
        return None


def _without_latency(by_model: dict[str, list[TrialRecord]], benches: Sequence[Bench]) -> list[str]:
    known = latencies(by_model, benches)
    missing = [name for name in by_model if name not in known]
    if not missing:
        return []
    return [
        f"No latency of {', '.join(missing)}: bench.json has none by the same backend, input size "
        "and precision."
    ]


def _baseline(requested: str | None, planned: str, by_model: dict[str, Any]) -> str:
    if requested is not None and requested not in by_model:
        raise no_such("model", requested, by_model, where="these folders")
    if requested is not None or planned in by_model:
        return requested or planned
    return next(iter(by_model), "")


def _by_name(records: Sequence[tuple[str, TrialRecord]]) -> dict[str, list[TrialRecord]]:
    """Return the records of each model, by a name that is unique on the page.

    The seeds of one model with the same settings may be in several folders; a duplicate seed
    counts once. Models that differ in their settings only have the difference in brackets.
    """
    groups: dict[Any, dict[int, TrialRecord]] = {}
    homes: dict[Any, str] = {}  # the first folder of each group
    for folder, record in records:
        trial = record.trial
        device = replace(record.device, threads=None)  # a comparison warns of different numbers
        key = (trial.model, trial.backend, device, trial.recipe, trial.dataset.sha256)
        homes.setdefault(key, folder)
        seeds = groups.setdefault(key, {})
        undone = (TrialStatus.UNFINISHED, TrialStatus.PAUSED)
        if trial.seed not in seeds or seeds[trial.seed].status in undone:
            seeds[trial.seed] = record
    named: dict[str, list[TrialRecord]] = {}
    for key, seeds in groups.items():
        group = list(seeds.values())
        twins = [other for other in groups if other[0] == key[0]]
        name = key[0] if len(twins) == 1 else f"{key[0]} ({_difference(key, twins, homes)})"
        while name in named:
            name += "'"
        named[name] = group
    return named


def _difference(key: Any, twins: Sequence[Any], homes: dict[Any, str]) -> str:
    """Return a word that only one of a model's groups has: backend, device, recipe or folder."""
    attributes: tuple[Callable[[Any], str], ...] = (
        lambda k: k[1],
        lambda k: k[2].name,
        lambda k: k[3].name,
        lambda k: k[3].precision,
        lambda k: homes[k],
    )
    for attribute in attributes:
        if len({attribute(twin) for twin in twins}) == len(twins):
            return attribute(key)
    return f"{homes[key]}, {key[1]}"
