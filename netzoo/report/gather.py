"""From the folders of finished runs to what a page is made of."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, DataError, no_such
from netzoo.records.arrays import Thumbnails
from netzoo.records.trial import TrialRecord, TrialStatus
from netzoo.report.content import Content
from netzoo.results.rows import compare_groups
from netzoo.results.study import Study
from netzoo.runs.saved import saved_records
from netzoo.runs.store import PROBES, TRAININGS, open_store, saved_study


def gathered(folders: Sequence[str | Path], baseline: str | None = None) -> Content:
    """Return what the folders hold: records of the same model and settings together."""
    studies: list[Study] = []
    found: list[tuple[str, TrialRecord]] = []
    pictures: dict[str, Thumbnails] = {}
    notes: list[str] = []
    first = ""
    for folder in folders:
        whole = False  # a lesson's own result has those of its parts in it
        for part in _parts(Path(folder)):
            study = None if whole else _study(part, notes)
            if study is not None:
                studies.append(study)
            if _is_lesson(part):
                whole = study is not None
                continue
            store = open_store(part)
            records, base, damaged = saved_records(store)
            kept = store.pictures(records[0].trial.dataset) if records else None
            if kept is not None:
                pictures[kept.sha256] = kept
            found += [(part.name, record) for record in records]
            first = first or base
            notes += damaged
    by_model = _by_name(found)
    if not by_model and not studies:
        empty = f"there is nothing to show in {', '.join(map(str, folders))}."
        raise DataError(" ".join([empty, *notes]))
    first = _baseline(baseline, first, by_model)
    names = sorted(by_model, key=lambda name: name != first)
    drawn = next(iter(by_model.values()))[0].trial.dataset.sha256 if by_model else ""
    return Content(
        comparisons={name: compare_groups(by_model, name) for name in names},
        records={name: tuple(group) for name, group in by_model.items()},
        studies=tuple(studies),
        pictures=pictures.get(drawn),
        notes=tuple(notes),
    )


def _parts(folder: Path) -> list[Path]:
    """Return a folder, and if it is a lesson's, those of its trainings and its probes."""
    if not folder.is_dir():
        raise BadInput(f"{str(folder)!r} is not a folder.")
    if not _is_lesson(folder):
        return [folder]
    return [folder, *(part for name in (TRAININGS, PROBES) if (part := folder / name).is_dir())]


def _is_lesson(folder: Path) -> bool:
    return (folder / TRAININGS).is_dir()


def _study(folder: Path, notes: list[str]) -> Study | None:
    try:
        return saved_study(folder)
    except DataError as error:
        notes.append(str(error))
        return None


def _baseline(asked: str | None, planned: str, by_model: dict[str, Any]) -> str:
    if asked is not None and asked not in by_model:
        raise no_such("model", asked, by_model, where="these folders")
    if asked is not None or planned in by_model:
        return asked or planned
    return next(iter(by_model), "")


def _by_name(found: Sequence[tuple[str, TrialRecord]]) -> dict[str, list[TrialRecord]]:
    """Return the records by a name for each model, with what tells it apart if it comes twice.

    The seeds of one model with the same settings may be in several folders; a seed that is there
    twice counts once.
    """
    groups: dict[Any, dict[int, TrialRecord]] = {}
    homes: dict[Any, str] = {}
    for folder, record in found:
        trial = record.trial
        device = replace(record.device, threads=None)  # a warning tells them apart, if need be
        key = (trial.model, trial.backend, device, trial.recipe, trial.dataset.sha256)
        homes.setdefault(key, folder)
        seeds = groups.setdefault(key, {})
        if trial.seed not in seeds or seeds[trial.seed].status == TrialStatus.UNFINISHED:
            seeds[trial.seed] = record
    named: dict[str, list[TrialRecord]] = {}
    for key, seeds in groups.items():
        records = list(seeds.values())
        twins = [other for other in groups if other[0] == key[0]]
        name = key[0] if len(twins) == 1 else f"{key[0]} ({_apart(key, twins, homes)})"
        while name in named:
            name += "'"
        named[name] = records
    return named


def _apart(key: Any, twins: Sequence[Any], homes: dict[Any, str]) -> str:
    """Return what tells one of the groups of a model from the others, in a word."""
    ways: tuple[Callable[[Any], str], ...] = (
        lambda k: k[1],
        lambda k: k[2].name,
        lambda k: k[3].name,
        lambda k: k[3].precision,
        lambda k: homes[k],
    )
    for way in ways:
        if len({way(each) for each in twins}) == len(twins):
            return way(key)
    return f"{homes[key]}, {key[1]}"
