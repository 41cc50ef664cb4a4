"""The row of one model in a comparison: its figures over all seeds."""

from dataclasses import dataclass
from typing import Any

from netzoo.cost.result import NativeCost
from netzoo.records.trial import EpochRecord, TrialStatus
from netzoo.results.target import TimeToAccuracy
from netzoo.stats import Delta, Estimate


@dataclass(frozen=True)
class ModelRow:
    """The row of one model in a comparison, over all its seeds.

    status: OK, FAILED if a trial failed or diverged, else UNFINISHED if one is unfinished, else
    PAUSED if one is paused: the figures of the end are then missing, since the seeds that came to
    it are not chosen by chance.
    seeds: those of the OK trials, in the order of every Estimate's values.
    gap: the generalization gap, training accuracy minus test accuracy after the last epoch,
    augmentation and dropout off.
    images_per_second: of training, median over seeds. seconds: mean over seeds.
    training_flops: of one image, forward and backward.
    verdict: on the comparison's metric, "better", "worse", "not separable", "did not train" or
    "diverged"; None for the baseline, and without a test. delta: to the baseline. more_seeds: the
    number of additional seeds for 80 % power at the observed effect size.
    untrained: the seeds that did not train. parts, test_reads, jobs: the maximum over the trials.
    head: as in a TrialRecord.
    balanced_accuracy: mean recall over the classes, of the test images. class_recalls: of each
    class, the mean over seeds; None for a class without test images. Both are empty if no
    predictions were kept.
    model, backend: of the trials; name differs from model where one is in several rows.
    first_step_seconds: median over seeds; process_bytes, device_bytes: the maximum over the trials;
    as in a TrialRecord.
    ece: the expected calibration error on the test images, a share of one; None if a trial's record
    does not have it.
    crossed_delta, crossed_verdict: as delta and verdict, over seeds and test images, both as
    samples; None for one seed, and if no predictions were kept.
    target: when its mean curve is at the comparison's target; None without a target, or a curve.
    """

    name: str
    status: TrialStatus
    input_shape: tuple[int | None, ...]
    params: int | None
    macs: int | None
    flops: int | None
    training_flops: int | None
    native: NativeCost | None
    train_accuracy: Estimate | None
    test_accuracy: Estimate | None
    gap: Estimate | None
    train_loss: Estimate | None
    test_loss: Estimate | None
    images_per_second: float | None
    seconds: float | None
    history: tuple[tuple[EpochRecord, ...], ...]
    seeds: tuple[int, ...]
    error: str | None
    verdict: str | None = None
    delta: Delta | None = None
    more_seeds: int | None = None
    untrained: tuple[int, ...] = ()
    parts: int = 1
    test_reads: int = 0
    jobs: int = 1
    head: str | None = None
    balanced_accuracy: Estimate | None = None
    class_recalls: tuple[float | None, ...] = ()
    model: str = ""
    backend: str = ""
    first_step_seconds: float | None = None
    process_bytes: int | None = None
    device_bytes: int | None = None
    ece: Estimate | None = None
    crossed_delta: Delta | None = None
    crossed_verdict: str | None = None
    target: TimeToAccuracy | None = None


def flat(row: ModelRow) -> dict[str, Any]:
    """Return a row's figures as a flat dict; missing ones are None."""
    return {
        "name": row.name,
        "model": row.model,
        "backend": row.backend,
        "status": row.status,
        "n": len(row.seeds),
        "input_shape": row.input_shape,
        "params": row.params,
        "macs": row.macs,
        "flops": row.flops,
        "training_flops": row.training_flops,
        **_estimate("train_accuracy", row.train_accuracy),
        **_estimate("test_accuracy", row.test_accuracy),
        **_estimate("balanced_accuracy", row.balanced_accuracy),
        **_estimate("gap", row.gap),
        **_estimate("train_loss", row.train_loss),
        **_estimate("test_loss", row.test_loss),
        "images_per_second": row.images_per_second,
        "seconds": row.seconds,
        "first_step_seconds": row.first_step_seconds,
        "process_bytes": row.process_bytes,
        "device_bytes": row.device_bytes,
        **_delta("delta", row.delta),
        "verdict": row.verdict,
        "more_seeds": row.more_seeds,
        "error": row.error,
        **_estimate("ece", row.ece),
        **_delta("crossed_delta", row.crossed_delta),
        "crossed_verdict": row.crossed_verdict,
        **_target(row.target),
    }


def _target(told: TimeToAccuracy | None) -> dict[str, float | None]:
    return {
        f"target_{name}": None if told is None else getattr(told, name)
        for name in ("epoch", "seconds", "training_flops", "best")
    }


def _estimate(name: str, value: Estimate | None) -> dict[str, float | None]:
    low, high = _bounds(None if value is None else value.ci95)
    return {
        name: None if value is None else value.mean,
        f"{name}_sd": None if value is None else value.sd,
        f"{name}_ci95_low": low,
        f"{name}_ci95_high": high,
    }


def _delta(name: str, value: Delta | None) -> dict[str, float | str | None]:
    low, high = _bounds(None if value is None else value.ci95)
    return {
        name: None if value is None else value.mean,
        f"{name}_ci95_low": low,
        f"{name}_ci95_high": high,
        f"{name}_p": None if value is None else value.p,
        f"{name}_test": None if value is None else value.test,
    }


def _bounds(interval: tuple[float, float] | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else interval
