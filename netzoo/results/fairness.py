"""Warnings about settings and data that differ between the models of a comparison."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netzoo.recipe_search import Search
from netzoo.records.trial import TrialRecord, TrialStatus

# Properties that should be equal, by their place in a record. Input size is a part of the model.
_SAME: dict[str, Callable[[TrialRecord], Any]] = {
    "training images": lambda record: record.trial.dataset.sha256[:16],
    "validation share": lambda record: record.trial.recipe.validation,
    "augmentation": lambda record: record.trial.recipe.augment,
    "class weights": lambda record: record.trial.recipe.class_weight,
    "loss of training": lambda record: record.trial.recipe.loss,
    "average of the weights": lambda record: record.trial.recipe.ema,
    "mirrored test images": lambda record: record.trial.recipe.test_flip,
    "epochs": lambda record: record.trial.recipe.epochs,
    "device": lambda record: record.device.name,
    "number of devices": lambda record: record.trial.recipe.data_parallel,
    "number of threads": lambda record: record.device.threads or "not known",
    "number of trials side by side": lambda record: record.jobs,
    "precision": lambda record: record.trial.recipe.precision,
    "backend": lambda record: record.trial.backend,
    "versions": lambda record: ", ".join(f"{k} {v}" for k, v in record.versions.items()),
}

# Settings that a model's own spec may change on purpose, as in "alexnet@augment=flip".
_SETTINGS = {
    "augmentation": "augment",
    "class weights": "class_weight",
    "loss of training": "loss",
    "average of the weights": "ema",
    "mirrored test images": "test_flip",
    "epochs": "epochs",
    "precision": "precision",
}


def warnings(by_model: Mapping[str, Sequence[TrialRecord]], of: str = "model") -> list[str]:
    """Return a line for each property that differs between models; by_model: records by model.

    of: "backend" for records of one model by backend.
    """
    what = f"{of.capitalize()}s differ"
    lines = []
    kinds = {name: _kinds(records) for name, records in by_model.items()}
    for label, value_of in _SAME.items():
        if label == of:
            continue
        values = {
            name: sorted({str(value_of(record)) for record in records})
            for name, records in kinds.items()
            if _SETTINGS.get(label) not in _chosen(records[0])
        }
        if len({value for group in values.values() for value in group}) > 1:
            by_name = "; ".join(f"{name} {' and '.join(group)}" for name, group in values.items())
            lines.append(f"{what} in {label}: {by_name}.")
    tuned = {name: records[0].trial.recipe.tuned for name, records in by_model.items()}
    if _searches(by_model):
        lines += _effort_lines(by_model, of)
    elif len(set(tuned.values())) > 1:
        borrowed = ", ".join(name for name, own in tuned.items() if not own)
        lines.append(
            f"Hyperparameters were tuned for some models only, not for {borrowed}; another "
            "learning rate may suit these better."
        )
    seeds = {
        name: {r.trial.seed for r in rs if r.status == TrialStatus.OK}
        for name, rs in by_model.items()
    }
    finished = [numbers for numbers in seeds.values() if numbers]
    if any(numbers != finished[0] for numbers in finished):
        counts = ", ".join(f"{name} {len(numbers)}" for name, numbers in seeds.items())
        lines.append(f"{what} in number of finished seeds: {counts}.")
    return lines


def effort_line(by_model: Mapping[str, Sequence[TrialRecord]]) -> str | None:
    """Return that all models are compared after the same search effort; None if they are not."""
    searches = _searches(by_model)
    if len(searches) < max(len(by_model), 2) or _effort_lines(by_model, "model"):
        return None
    search = next(iter(searches.values()))
    return (
        f"Same search effort: {search.tried} settings each, {search.rungs[-1]} epochs at most, "
        f"chosen on validation images."
    )


def _chosen(record: TrialRecord) -> set[str]:
    """Return the settings that a model has on purpose: of its own spec, or found by its search."""
    search = record.trial.recipe.search
    found = set(search.space) if search is not None else set()
    return {*record.trial.spec.settings, *found, *(["loss"] if "label_smoothing" in found else [])}


def _searches(by_model: Mapping[str, Sequence[TrialRecord]]) -> dict[str, Search]:
    """Return the search that has chosen the settings of each model that has one."""
    found = {name: records[0].trial.recipe.search for name, records in by_model.items()}
    return {name: search for name, search in found.items() if search is not None}


def _effort_lines(by_model: Mapping[str, Sequence[TrialRecord]], of: str) -> list[str]:
    """Return a line for each part of the search effort that differs between models."""
    searches = _searches(by_model)
    without = [name for name in by_model if name not in searches]
    lines = []
    if without:
        lines.append(
            f"Settings were searched for {', '.join(searches)}, not for {', '.join(without)}, "
            "which may be better with others."
        )
    efforts = {name: search.effort for name, search in searches.items()}
    for part in next(iter(efforts.values())):
        values = {name: effort[part] for name, effort in efforts.items()}
        if len(set(values.values())) > 1:
            told = "; ".join(f"{name} {value}" for name, value in values.items())
            lines.append(f"{of.capitalize()}s differ in the search, in {part}: {told}.")
    return lines


def _kinds(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return a record for each combination of what many share, as read from a pack."""
    found = {}
    for record in records:
        trial = record.trial
        of = (id(trial.dataset), id(trial.recipe), id(record.device), id(record.versions))
        found[*of, trial.backend, record.jobs] = record
    return list(found.values())
