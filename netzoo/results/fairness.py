"""What was not the same for the models of a comparison, so that a reader can weigh it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netzoo.records.trial import TrialRecord, TrialStatus

# What should be the same, and where a record has it. Input size is a part of the model.
_SAME: dict[str, Callable[[TrialRecord], Any]] = {
    "training images": lambda record: record.trial.dataset.sha256[:16],
    "validation share": lambda record: record.trial.recipe.validation,
    "augmentation": lambda record: record.trial.recipe.augment,
    "epochs": lambda record: record.trial.recipe.epochs,
    "device": lambda record: record.device.name,
    "number of threads": lambda record: record.device.threads or "not known",
    "precision": lambda record: record.trial.recipe.precision,
    "backend": lambda record: record.trial.backend,
    "versions": lambda record: ", ".join(f"{k} {v}" for k, v in record.versions.items()),
}

# What a model's own spec may ask for, as in "alexnet@augment=flip": then it is meant to differ.
_ASKED = {"augmentation": "augment", "epochs": "epochs", "precision": "precision"}


def warnings(by_model: Mapping[str, Sequence[TrialRecord]]) -> list[str]:
    """Return a line for each thing that the compared models did not have in common."""
    told = []
    for what, value_of in _SAME.items():
        values = {
            name: sorted({str(value_of(record)) for record in records})
            for name, records in by_model.items()
            if _ASKED.get(what) not in records[0].trial.spec.settings
        }
        if len({value for each in values.values() for value in each}) > 1:
            each = "; ".join(f"{name} {' and '.join(found)}" for name, found in values.items())
            told.append(f"Not the same {what} for all: {each}.")
    tuned = {name: records[0].trial.recipe.tuned for name, records in by_model.items()}
    if len(set(tuned.values())) > 1:
        borrowed = ", ".join(name for name, own in tuned.items() if not own)
        told.append(
            f"Hyperparameters were tuned for some models only: not for {borrowed}, which another "
            "learning rate may serve better."
        )
    seeds = {
        name: {r.trial.seed for r in rs if r.status == TrialStatus.OK}
        for name, rs in by_model.items()
    }
    finished = [found for found in seeds.values() if found]
    if any(found != finished[0] for found in finished):
        counts = ", ".join(f"{name} {len(found)}" for name, found in seeds.items())
        told.append(f"Not the same number of finished seeds for all: {counts}.")
    return told
