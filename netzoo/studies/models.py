"""The models that a study starts from and makes: registered ones, and builders of the user's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netzoo.models.catalog import MODELS, model_info, model_spec, name_of
from netzoo.models.spec import REGISTERED
from netzoo.runs.callback import Callback
from netzoo.runs.describe import describe
from netzoo.runs.request import check_trainable


@dataclass(frozen=True)
class StudyModel:
    """A model of a study.

    name: its spec. family: of a registered model, or the builder's own text ("mine.py:build").
    changes: those that its name makes. options: the arguments of its builder, with its values.
    choices: other values, each of one argument, that a study may try. defaults: of a builder of the
    user's.
    """

    name: str
    family: str
    changes: Mapping[str, Any]
    options: Mapping[str, Any]
    choices: tuple[tuple[str, Any], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> str:
        """Return the spec of this model's family with these changes alone."""
        if any(info.family == self.family for info in MODELS.values()):
            return name_of(self.family, changes)
        made = {key: each for key, each in changes.items() if self.defaults.get(key) != each}
        text = ",".join(f"{key}={value}" for key, value in made.items())
        return f"{self.family}:{text}" if text else self.family


def study_model(name: str, callback: Callback) -> StudyModel:
    """Return the model of a spec without settings; a builder of the user's is imported elsewhere.

    Raises UnknownName or BadInput.
    """
    spec = model_spec(name)
    if spec.origin == REGISTERED:
        info = model_info(spec)
        variants = [each.changes for each in MODELS.values() if each.family == info.family]
        alone = tuple(pair for each in variants if len(each) == 1 for pair in each.items())
        return StudyModel(info.name, info.family, info.changes, info.options, alone)
    check_trainable(spec)
    found = describe(spec, callback)
    options = {**found.options, **spec.changes}
    choices = tuple(
        (key, value)
        for key, values in found.choices.items()
        for value in values
        if value != options[key]
    )
    family = spec.model.rpartition(":")[0] if spec.changes else spec.model
    return StudyModel(spec.model, family, dict(spec.changes), options, choices, found.options)
