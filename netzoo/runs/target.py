"""What a target asks of a comparison: a curve, and of each trial as many epochs as decide it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from netzoo.errors import BadInput
from netzoo.provenance import Device
from netzoo.records.trial import EpochRecord, Trial, TrialRecord, TrialStatus
from netzoo.results.target import NO_CURVE, accuracies, epochs_to_train
from netzoo.runs.request import AUTOMATIC, Request, recipe_of
from netzoo.runs.trainer import THE_END, Until

ANY = Device("cpu", "CPU")  # a recipe's curve is the same on all devices


@dataclass(frozen=True)
class Leg:
    """What is to be trained of a trial now.

    number: of the trial in the plan, from 1. epochs_left: to the end of the leg, at most.
    """

    trial: Trial
    number: int
    epochs_left: int
    until: Until = THE_END


@dataclass
class _Curves:
    """The curves of a model's trials by seed, and the trials that may go on."""

    epochs: int
    of_seeds: dict[int, list[float]] = field(default_factory=dict)
    open: dict[int, Leg] = field(default_factory=dict)


class ToTarget:
    """The way of a plan's trials to a target: from their curves to the legs that decide it."""

    def __init__(self, target: float) -> None:
        self._target = target
        self._models: dict[str, _Curves] = {}

    def note(
        self, trial: Trial, history: Sequence[EpochRecord], *, to_go: Leg | None = None
    ) -> None:
        """Note a trial's epochs. to_go: the leg to its end, None for one that has ended."""
        held = self._models.setdefault(trial.model, _Curves(trial.recipe.epochs))
        held.of_seeds[trial.seed] = accuracies(history, trial.recipe.curve or "")
        if to_go is not None:
            held.open[trial.seed] = to_go

    def end(self, record: TrialRecord) -> None:
        """Note the end of a leg; what has failed or diverged counts no more."""
        held, seed = self._models[record.trial.model], record.trial.seed
        if record.status in (TrialStatus.OK, TrialStatus.PAUSED):
            self.note(record.trial, record.history)
        elif record.status != TrialStatus.UNFINISHED:
            held.of_seeds.pop(seed, None)
        if record.status not in (TrialStatus.PAUSED, TrialStatus.UNFINISHED):
            held.open.pop(seed, None)

    def legs(self) -> list[Leg]:
        """Return what is to be trained next, in the order of the trials; [] if all is decided."""
        legs = []
        for held in self._models.values():
            for seed, epoch in epochs_to_train(held.of_seeds, self._target, held.epochs).items():
                leg = held.open.get(seed)
                if leg is None:
                    continue
                until = THE_END  # with its test images
                if epoch is None:
                    until = Until(accuracy=self._target)
                elif epoch < held.epochs:
                    until = Until(epoch=epoch)
                left = (epoch or held.epochs) - len(held.of_seeds[seed])
                legs.append(replace(leg, epochs_left=left, until=until))
        return sorted(legs, key=lambda leg: leg.number)


def check_target_of(request: Request) -> None:
    """Raise BadInput if no recipe of the request evaluates an accuracy after each epoch.

    As far as it is known before the device, which an automatic recipe depends on. Raises as
    `Request.check`.
    """
    request.check()
    names = AUTOMATIC.get(request.recipe, (request.recipe,))
    for spec in request.models:
        recipes = [recipe_of(spec, name, request.overrides, ANY) for name in names]
        if not any(each.curve for each in recipes):
            raise BadInput(NO_CURVE.format(model=spec.text))
