"""The trials of a comparison, and each model's measured profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netzoo.cost.result import Cost, NativeCost
from netzoo.provenance import SCHEMA, Device
from netzoo.records.codec import to_plain
from netzoo.records.trial import Trial, TrialRecord, TrialStatus
from netzoo.records.trials import Trials

MANY = 1000  # trials, beyond which a folder keeps them packed


@dataclass(frozen=True)
class Timing:
    """The duration of a model's trial in seconds, estimated from a few timed steps.

    start: of the process. first_step: with tracing and compilation. epoch: one epoch of training
    and its evaluation. end: the final evaluation.
    """

    start: float
    first_step: float
    epoch: float
    end: float

    def seconds(self, epochs: int) -> float:
        """Return the estimated duration of a trial with this number of epochs left, in seconds."""
        return self.start + self.first_step + epochs * self.epoch + self.end


@dataclass(frozen=True)
class Footprint:
    """What one trial of a model takes, in bytes.

    state_bytes: of weights, moving averages and the optimizer's variables, as a checkpoint holds
    them. checkpoint_bytes: of its file. network_bytes: of a saved network's file, about.
    filter_bytes: of the filters in its record, 0 without any.
    """

    state_bytes: int
    checkpoint_bytes: int
    network_bytes: int
    filter_bytes: int


@dataclass(frozen=True)
class ModelProfile:
    """The measurements of a model before its training.

    cost, native: None for a model that cannot be traced or built. timing: None for a model that
    cannot be trained, with the reason in failure. parts, head: as in a TrialRecord. footprint: None
    in plans of older versions.
    """

    cost: Cost | None = None
    native: NativeCost | None = None
    timing: Timing | None = None
    parts: int = 1
    head: str | None = None
    failure: str | None = None
    footprint: Footprint | None = None


@dataclass(frozen=True)
class Plan:
    """The trials to run, and each model's profile.

    request: the arguments of netzoo.compare that decide the numbers. profiles: by model. metric:
    what the verdicts are of. target: an accuracy at which the trials may stop, None for none.
    """

    request: dict[str, Any]
    baseline: str
    trials: Sequence[Trial]
    device: Device
    versions: dict[str, str]
    profiles: Mapping[str, ModelProfile]
    schema: int = SCHEMA
    metric: str = "accuracy"
    target: float | None = None

    @property
    def failures(self) -> dict[str, str]:
        """Return the reasons of the models that cannot be trained, by model."""
        return self._by_model("failure")

    @property
    def costs(self) -> dict[str, Cost]:
        """Return the costs of the counted models, by model."""
        return self._by_model("cost")

    @property
    def timings(self) -> dict[str, Timing]:
        """Return the timings of the models that can be trained, by model."""
        return self._by_model("timing")

    def record(self, trial: Trial, status: TrialStatus, **results: Any) -> TrialRecord:
        """Return the record of a planned trial; results: further fields, or other values."""
        profile = self.profiles.get(trial.model, ModelProfile())
        known: dict[str, Any] = {
            "device": self.device,
            "versions": self.versions,
            "cost": profile.cost,
            "native": profile.native,
            "head": profile.head,
        }
        return TrialRecord(trial=trial, status=status, **known | results)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values, with the keys of a PlanFile."""
        plain: dict[str, Any] = to_plain(self.content())
        return plain

    def content(self) -> "PlanFile":
        """Return the content of the plan's file."""
        packed = Trials.of(self.trials) if len(self.trials) > MANY else None
        return PlanFile(
            request=self.request,
            baseline=self.baseline,
            trials=() if packed else tuple(self.trials),
            device=self.device,
            versions=self.versions,
            costs=self.costs,
            natives=self._by_model("native"),
            paces=self.timings,
            parts={name: p.parts for name, p in self.profiles.items() if p.failure is None},
            failures=self.failures,
            heads=self._by_model("head"),
            footprints=self._by_model("footprint"),
            schema=self.schema,
            metric=self.metric,
            kinds=packed.kinds if packed else (),
            places=list(packed.places) if packed else [],
            seeds=list(packed.seeds) if packed else [],
            target=self.target,
        )

    def _by_model(self, fact: str) -> dict[str, Any]:
        facts = {name: getattr(profile, fact) for name, profile in self.profiles.items()}
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True)
class PlanFile:
    """The file of a plan, with a dict by model for each fact of a profile.

    kinds, places, seeds: the trials of a plan of many, as in Trials; trials is then empty.
    """

    request: dict[str, Any]
    baseline: str
    trials: tuple[Trial, ...]
    device: Device
    versions: dict[str, str]
    costs: dict[str, Cost]
    natives: dict[str, NativeCost]
    paces: dict[str, Timing]
    parts: dict[str, int]
    failures: dict[str, str]
    heads: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA
    metric: str = "accuracy"
    kinds: tuple[Trial, ...] = ()
    places: list[int] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    target: float | None = None

    def plan(self) -> Plan:
        """Return the plan."""
        models = dict.fromkeys(trial.model for trial in self.kinds or self.trials)
        profiles = {
            name: ModelProfile(
                cost=self.costs.get(name),
                native=self.natives.get(name),
                timing=self.paces.get(name),
                parts=self.parts.get(name, 1),
                head=self.heads.get(name),
                failure=self.failures.get(name),
                footprint=self.footprints.get(name),
            )
            for name in models
        }
        return Plan(
            self.request,
            self.baseline,
            Trials(self.kinds, self.places, self.seeds) if self.kinds else self.trials,
            self.device,
            self.versions,
            profiles,
            self.schema,
            self.metric,
            self.target,
        )
