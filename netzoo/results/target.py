"""Time to accuracy: the first epoch, second and FLOP at which a model's mean curve has a target.

Source: Mattson et al. 2020, MLPerf Training Benchmark, section 3 (time to a quality target); Jordan
2024, 94 % on CIFAR-10 in 3.29 seconds on a single GPU (the mean over runs, and what the clock has).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from statistics import fmean
from typing import Any

from netzoo import units
from netzoo.errors import BadInput
from netzoo.provenance import DatasetRecord
from netzoo.recipes import Recipe
from netzoo.records.trial import EpochRecord, Epochs, Trial, TrialRecord, TrialStatus
from netzoo.stats import SAME, Estimate, estimate

MOST_PERCENT = 100
LEAST_PERCENT = 2  # from here on a number that is too large is taken for percent
NO_CURVE = (
    "a target needs the accuracy after each epoch, and {model} is evaluated at its end alone; add "
    "validation images, such as --validation 0.1."
)


@dataclass(frozen=True)
class Point:
    """The mean curve of a model at the end of an epoch, over its seeds.

    low, high: of the single seeds. seconds: of training until then, mean over the seeds, as `clock`
    has it. training_flops: until then; None for a model that is not counted.
    """

    epoch: int
    accuracy: float
    low: float
    high: float
    seconds: float
    training_flops: int | None


@dataclass(frozen=True)
class TimeToAccuracy:
    """When a model has a target: the first epoch at which the mean over its n seeds is at it.

    split: of the curve, "validation" or "test". epoch, seconds, training_flops: at the end of that
    epoch, as in a Point; None if the target is not reached. best: the highest mean over the seeds.
    epochs: those that all seeds have; planned: those of the recipe.
    seed_epochs, seed_seconds: the first epoch of each seed's own curve, and its seconds, over the
    seeds that reach it; None if none does.
    """

    split: str
    n: int
    epochs: int
    planned: int
    best: float
    epoch: int | None
    seconds: float | None
    training_flops: int | None
    seed_epochs: Estimate | None
    seed_seconds: Estimate | None


def check_target(value: Any) -> float:
    """Return a target, a number or a text of one. Raises BadInput for anything else."""
    text = str(value).strip()
    try:
        number = float("nan") if isinstance(value, bool) else float(text.removesuffix("%"))
    except ValueError:
        number = float("nan")
    if 0 < number <= 1 and not text.endswith("%"):
        return number
    meant = ""
    if LEAST_PERCENT <= number <= MOST_PERCENT:
        meant = f"; did you mean {units.three_digits(number / 100)}?"
    end = "" if meant else "."
    raise BadInput(
        "a target is an accuracy as a share of one, above 0 and at most 1, such as 0.9; received "
        f"{value!r}{meant}{end}"
    )


def check_curves(trials: Iterable[Trial]) -> None:
    """Raise BadInput unless each trial evaluates its accuracy after each epoch."""
    for trial in trials:
        if trial.recipe.curve is None:
            raise BadInput(NO_CURVE.format(model=trial.model))


def passes(accuracy: float, target: float) -> bool:
    """Return whether an accuracy is at the target; a smaller lack is a rounding error."""
    return accuracy >= target - SAME


def first_passing(curve: Sequence[float], target: float) -> int | None:
    """Return the first epoch, from 1, of a curve that is at the target, None for none."""
    return next((n for n, accuracy in enumerate(curve, 1) if passes(accuracy, target)), None)


def accuracies(history: Sequence[EpochRecord], split: str) -> list[float]:
    """Return the accuracy on a split after each epoch, up to the first that has none."""
    name = f"{split}_accuracy"
    told = history.of(name) if isinstance(history, Epochs) else [getattr(e, name) for e in history]
    curve: list[float] = []
    for accuracy in told:
        if accuracy is None or not isfinite(accuracy):
            break
        curve.append(accuracy)
    return curve


def train_images(dataset: DatasetRecord, recipe: Recipe) -> int:
    """Return the number of images that an epoch trains on, without those held out.

    Up to rounding: a share of each class is held out.
    """
    return round(dataset.train * (1 - recipe.validation))


def clock(history: Sequence[EpochRecord], images: int) -> list[float]:
    """Return the seconds of training until the end of each epoch.

    They hold the steps and the reading of their images. The first step of each process, with its
    compiling, counts as another one, so that a training that was stopped and went on has the time
    of one that was not; evaluation and checkpoints do not count. images: of an epoch.
    """
    seconds = (e.images_per_second and images / e.images_per_second for e in history)
    # An epoch of a single step has no pace but its own.
    return list(accumulate(s or e.seconds for s, e in zip(seconds, history, strict=True)))


def counted(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the trials with a curve to judge: those that failed or diverged are left out."""
    return [r for r in records if r.status in (TrialStatus.OK, TrialStatus.PAUSED)]


def mean_curve(records: Sequence[TrialRecord]) -> list[Point]:
    """Return the mean curve of a model's trials over the epochs that all of them have.

    Trials that failed or diverged are left out, as in every figure of a comparison. Empty if one is
    unfinished, or without a curve.
    """
    if any(record.status == TrialStatus.UNFINISHED for record in records):
        return []
    told = counted(records)
    split = records[0].trial.recipe.curve
    if not told or split is None:
        return []
    images = train_images(told[0].trial.dataset, told[0].trial.recipe)
    curves = [accuracies(record.history, split) for record in told]
    clocks = [clock(record.history, images) for record in told]
    cost = told[0].cost
    flops = None if cost is None else cost.training_flops
    return [
        Point(
            epoch=number,
            accuracy=fmean(at),
            low=min(at),
            high=max(at),
            seconds=fmean(seconds[number - 1] for seconds in clocks),
            training_flops=flops and flops * images * number,
        )
        for number, at in enumerate(zip(*curves, strict=False), 1)
    ]


def time_to_accuracy(records: Sequence[TrialRecord], target: float) -> TimeToAccuracy | None:
    """Return when a model's trials have a target; None where `mean_curve` is empty."""
    points = mean_curve(records)
    if not points:
        return None
    recipe = records[0].trial.recipe
    images = train_images(records[0].trial.dataset, recipe)
    split = recipe.curve or ""
    told = counted(records)
    own = [first_passing(accuracies(record.history, split), target) for record in told]
    reached = [(r, epoch) for r, epoch in zip(told, own, strict=True) if epoch is not None]
    at = next((point for point in points if passes(point.accuracy, target)), None)
    return TimeToAccuracy(
        split=split,
        n=len(told),
        epochs=len(points),
        planned=recipe.epochs,
        best=max(point.accuracy for point in points),
        epoch=None if at is None else at.epoch,
        seconds=None if at is None else at.seconds,
        training_flops=None if at is None else at.training_flops,
        seed_epochs=estimate([float(epoch) for _, epoch in reached], least=1.0),
        seed_seconds=estimate([clock(r.history, images)[epoch - 1] for r, epoch in reached]),
    )


def epochs_to_train(
    curves: Mapping[int, Sequence[float]], target: float, epochs: int
) -> dict[int, int | None]:
    """Return how far each seed is still to be trained for `time_to_accuracy` to be decided.

    curves: of each seed, as far as it is trained. epochs: of the recipe. A seed is trained until
    its own curve is at the target: None. Then those that are behind are trained to the next epoch
    at which the mean may be. Whatever is trained beyond that does not change the result.
    """
    ahead: dict[int, int | None] = {
        seed: None
        for seed, curve in curves.items()
        if len(curve) < epochs and first_passing(curve, target) is None
    }
    if ahead or not curves:
        return ahead
    common = min(map(len, curves.values()))
    means = [fmean(at) for at in zip(*(curve[:common] for curve in curves.values()), strict=True)]
    if common == epochs or first_passing(means, target) is not None:
        return {}
    may = (e for e in range(common + 1, epochs) if passes(_most(curves.values(), e), target))
    until = next(may, epochs)
    return {seed: until for seed, curve in curves.items() if len(curve) < until}


def _most(curves: Any, epoch: int) -> float:
    """Return the highest mean that an epoch can have, where some seeds are not trained to it."""
    return fmean(curve[epoch - 1] if len(curve) >= epoch else 1.0 for curve in curves)
