"""Trials side by side: what a comparison says, as its table and its JSON have it."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.costs import NativeCost
from netzoo.records import SCHEMA, DatasetRecord, Device, EpochRecord, to_plain


@dataclass(frozen=True)
class Spread:
    """A figure over n seeds.

    sd: the sample standard deviation; ci95: the 95 % interval of the mean, by Student's t; both
    None for one seed, ci95 also for seeds without any spread.
    """

    mean: float
    sd: float | None
    n: int
    values: tuple[float, ...]
    ci95: tuple[float, float] | None = None


@dataclass(frozen=True)
class Delta:
    """A model's test accuracy minus the baseline's, over the n seeds that both have.

    ci95: of one comparison. p: two-sided, corrected for all comparisons of the table (Holm).
    test: "paired t", over seeds; "McNemar", over the test images of one seed; "sign", over seeds
    that all differ by the same; "none" of one seed, where p is 1.
    """

    mean: float
    ci95: tuple[float, float] | None
    n: int
    p: float
    test: str


@dataclass(frozen=True)
class ModelRow:
    """One model's row of a comparison, over all its seeds.

    seeds: those of the trials that ended well, in the order of every Spread's values.
    gap: the accuracy on training images, dropout and augmentation off, minus that on test images.
    images_per_second: median over seeds. seconds: mean over seeds.
    training_flops: of one image, forward and backward.
    verdict: "better", "worse", "not separable", "did not train" or "diverged"; None for the
    baseline, and where nothing can be said. delta: to the baseline. more_seeds: how many more would
    separate the two with a chance of 80 %, if the difference is what it seems.
    untrained: the seeds that did not train.
    """

    name: str
    status: str
    input_shape: tuple[int | None, ...]
    params: int | None
    macs: int | None
    flops: int | None
    training_flops: int | None
    native: NativeCost | None
    train_accuracy: Spread | None
    test_accuracy: Spread | None
    gap: Spread | None
    train_loss: Spread | None
    test_loss: Spread | None
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


@dataclass(frozen=True)
class Comparison:
    """A set of trials side by side, as `netzoo compare --format json` prints it.

    recipe: its name, the seeds, and the settings of each model under "by_model".
    warnings: what was not the same for all models.
    """

    dataset: DatasetRecord
    recipe: dict[str, Any]
    baseline: str
    backend: str
    device: Device
    versions: dict[str, str]
    models: tuple[ModelRow, ...]
    uncounted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    command: str = ""
    commit: str | None = None
    schema: int = field(default=SCHEMA)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain dicts, lists, strings and numbers."""
        told: dict[str, Any] = to_plain(self)
        told["device"] = self.device.name
        told["device_kind"] = self.device.kind
        return {"schema": told.pop("schema"), **told}
