"""What a comparison is to train, and what was measured of its models before."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.cost.result import Cost, NativeCost
from netzoo.provenance import SCHEMA, Device
from netzoo.records.trial import Trial, TrialRecord


@dataclass(frozen=True)
class Pace:
    """How long a model's trial takes, in seconds, by a few timed steps.

    start: of its process. first_step: the one that traces and compiles. epoch: of training, with
    what is measured after it. end: what is measured last.
    """

    start: float
    first_step: float
    epoch: float
    end: float

    def seconds(self, epochs: int) -> float:
        """Return the seconds that a trial with so many epochs to go should take."""
        return self.start + self.first_step + epochs * self.epoch + self.end


@dataclass(frozen=True)
class Plan:
    """What a comparison is to train, and what was found out before; the dicts are by model.

    request: what was asked for, as netzoo.compare takes it. failures: why a model cannot be
    trained. parts, heads: as in a TrialRecord.
    """

    request: dict[str, Any]
    baseline: str
    trials: tuple[Trial, ...]
    device: Device
    versions: dict[str, str]
    costs: dict[str, Cost]
    natives: dict[str, NativeCost]
    paces: dict[str, Pace]
    parts: dict[str, int]
    failures: dict[str, str]
    heads: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA

    def record(self, trial: Trial, **results: Any) -> TrialRecord:
        """Return the record of a planned trial; results: the other fields, or other values."""
        known: dict[str, Any] = {
            "device": self.device,
            "versions": self.versions,
            "cost": self.costs.get(trial.model),
            "native": self.natives.get(trial.model),
            "head": self.heads.get(trial.model),
        }
        return TrialRecord(trial=trial, **known | results)
