"""One model's row of a comparison: its figures over all seeds."""

from dataclasses import dataclass
from typing import Any

from netzoo.cost.result import NativeCost
from netzoo.records.trial import EpochRecord, TrialStatus
from netzoo.stats import Delta, Estimate


@dataclass(frozen=True)
class ModelRow:
    """One model's row of a comparison, over all its seeds.

    status: OK, FAILED if a trial failed or diverged, UNFINISHED if some only did not end.
    seeds: those of the trials that ended well, in the order of every Estimate's values.
    gap: the accuracy on training images, dropout and augmentation off, minus that on test images.
    images_per_second: median over seeds. seconds: mean over seeds.
    training_flops: of one image, forward and backward.
    verdict: "better", "worse", "not separable", "did not train" or "diverged"; None for the
    baseline, and where nothing can be said. delta: to the baseline. more_seeds: how many more would
    separate the two with a chance of 80 %, if the difference is what it seems.
    untrained: the seeds that did not train.
    head: in words, what was changed at the network's end to train it, None for nothing.
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
    head: str | None = None


def flat(row: ModelRow) -> dict[str, Any]:
    """Return a row's figures without any structure."""
    delta = row.delta
    low, high = (delta and delta.ci95) or (None, None)
    return {
        "name": row.name,
        "status": row.status,
        "n": len(row.seeds),
        "input_shape": row.input_shape,
        "params": row.params,
        "macs": row.macs,
        "flops": row.flops,
        "training_flops": row.training_flops,
        **_spread("train_accuracy", row.train_accuracy),
        **_spread("test_accuracy", row.test_accuracy),
        **_spread("gap", row.gap),
        **_spread("train_loss", row.train_loss),
        **_spread("test_loss", row.test_loss),
        "images_per_second": row.images_per_second,
        "seconds": row.seconds,
        "delta": delta and delta.mean,
        "delta_ci95_low": low,
        "delta_ci95_high": high,
        "delta_p": delta and delta.p,
        "delta_test": delta and delta.test,
        "verdict": row.verdict,
        "more_seeds": row.more_seeds,
        "error": row.error,
    }


def _spread(name: str, value: Estimate | None) -> dict[str, float | None]:
    mean, sd, ci95 = (None, None, None) if value is None else (value.mean, value.sd, value.ci95)
    low, high = ci95 or (None, None)
    return {
        name: mean,
        f"{name}_sd": sd,
        f"{name}_ci95_low": low,
        f"{name}_ci95_high": high,
    }
