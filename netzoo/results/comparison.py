"""Trials side by side: what a comparison says, as its table and its JSON have it."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.costs import NativeCost
from netzoo.records import SCHEMA, DatasetRecord, Device, EpochRecord, from_plain, to_plain
from netzoo.stats import Delta, Spread
from netzoo.tabled import Tabled, frame
from netzoo.tables.table import Table


@dataclass(frozen=True)
class ModelRow:
    """One model's row of a comparison, over all its seeds.

    status: "ok"; "failed" if a trial failed or diverged; "unfinished" if some only did not end.
    seeds: those of the trials that ended well, in the order of every Spread's values.
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
    head: str | None = None


@dataclass(frozen=True)
class Comparison(Tabled):
    """A set of trials side by side, as `netzoo compare --format json` prints it.

    recipe: its name, the seeds, and the settings of each model under "by_model".
    warnings: what was not the same for all models.

    >>> import netzoo
    >>> comparison = netzoo.compare("lenet", recipe="quick", epochs=1, limit_train=100)
    >>> comparison.models[0].test_accuracy.n
    1
    >>> comparison.to_dict()["models"][0]["params"]
    61706
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
        told["threads"] = self.device.threads
        return {"schema": told.pop("schema"), **told}

    @classmethod
    def from_dict(cls, told: dict[str, Any], where: str) -> "Comparison":
        """Return the comparison that `to_dict` told; where: a name for it in the error.

        Raises DataError if it is not whole.
        """
        device = {
            "kind": told.get("device_kind"),
            "name": told.get("device"),
            "threads": told.get("threads"),
        }
        return from_plain(cls, {**told, "device": device}, where)

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame, a row a model; what there is not is NaN or None.

        Accuracies, their gap and their difference to the baseline (delta) are shares of one; n is
        how many seeds ended well. Raises MissingPackage without pandas.
        """
        return frame([_flat(row) for row in self.models])

    def plot(self, show: str = "accuracy", along: str = "epoch") -> Any:
        """Return the learning curves as an Altair chart, which notebooks show; None without any.

        show: "accuracy" or "loss". along: "epoch", "seconds", "images" or "flops".
        Raises UnknownName for anything else, MissingPackage without the packages of a report.
        """
        from netzoo.page import require_page

        require_page("plot")
        from netzoo.page.curves import chart

        return chart(self, show, along)

    def _repr_html_(self) -> str:
        try:
            from netzoo.page.drawing import accuracy_svg
        except ModuleNotFoundError:  # the packages of a report: the table says all the same
            return super()._repr_html_()
        return super()._repr_html_() + accuracy_svg(self)

    def table(self) -> Table:
        """Return the table of the models side by side, the origin of its figures below."""
        from netzoo.report.comparison import comparison_table

        return comparison_table(self)


def _flat(row: ModelRow) -> dict[str, Any]:
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


def _spread(name: str, value: Spread | None) -> dict[str, float | None]:
    mean, sd, ci95 = (None, None, None) if value is None else (value.mean, value.sd, value.ci95)
    low, high = ci95 or (None, None)
    return {
        name: mean,
        f"{name}_sd": sd,
        f"{name}_ci95_low": low,
        f"{name}_ci95_high": high,
    }
