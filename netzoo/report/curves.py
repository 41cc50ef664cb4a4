"""The learning curves of all models: loss and accuracy as training goes on."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import altair as alt

from netzoo import units
from netzoo.errors import no_such
from netzoo.records.trial import EpochRecord
from netzoo.report.figure import Choice, Figure, color, fading, picked, rows_named
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

NAME = "curves"
SPLITS = ("test", "validation", "train")  # the first that there is is shown first
WIDTH_PX = 560  # of a chart that stands alone
METRICS = {"accuracy": "Accuracy, %", "loss": "Loss"}
AXES = {
    "epoch": "Epoch",
    "seconds": "Seconds of training",
    "images": "Training images seen",
    "flops": "Training FLOPs",
}


def curves(comparison: Comparison) -> Figure | None:
    """Return the curves of each model's trials; None if no epoch has ended."""
    names = [model.name for model in comparison.models]
    rows = [row for model in comparison.models for row in _rows(model, comparison)]
    if not rows:
        return None
    splits = [split for split in SPLITS if any(row["split"] == split for row in rows)]
    charts = {f"{y}-{x}": _chart(x, y, names, splits[0]) for y in METRICS for x in AXES}
    return Figure(
        NAME,
        "Learning curves",
        (
            "Lines: means over the seeds; bands: from the lowest to the highest seed. On training "
            "images as it trained: augmented, dropout on, weights moving.",
            {},
        ),
        rows,
        charts,
        (
            Choice("Show", tuple(METRICS.items())),
            Choice("Along", tuple(AXES.items())),
            Choice("Images", tuple((split, split) for split in splits), signal="split"),
        ),
        ("Model", "Images", "Epoch", "Accuracy, %", "Loss"),
        [
            [
                row["model"],
                row["split"],
                str(row["epoch"]),
                f"{row['accuracy']:.1f}",
                units.decimal(row["loss"]),
            ]
            for row in rows
        ],
    )


def chart(comparison: Comparison, show: str, along: str) -> Any:
    """Return the curves as one chart that holds its rows; None if no epoch has ended."""
    if show not in METRICS:
        raise no_such("curve", show, METRICS)
    if along not in AXES:
        raise no_such("axis", along, AXES)
    figure = curves(comparison)
    if figure is None:
        return None
    return figure.charts[f"{show}-{along}"].properties(datasets=figure.datasets(), width=WIDTH_PX)


def _rows(model: ModelRow, comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each split and epoch, over the seeds that came the farthest."""
    most = max(map(len, model.history), default=0)
    histories = [history for history in model.history if len(history) == most]
    held_out = comparison.recipe["by_model"][model.name].get("validation", 0)
    images = round(comparison.dataset.train * (1 - held_out))
    rows = []
    for number in range(most):
        ends = [history[number] for history in histories]
        seen = images * (number + 1)
        where = {
            "model": model.name,
            "epoch": number + 1,
            "seconds": fmean(sum(e.seconds for e in h[: number + 1]) for h in histories),
            "images": seen,
            "flops": model.training_flops and model.training_flops * seen,
        }
        rows += [where | found for split in SPLITS if (found := _of_split(ends, split))]
    return rows


def _of_split(ends: Sequence[EpochRecord], split: str) -> dict[str, Any] | None:
    """Return the means and extremes of a split's figures, None without any."""
    found: dict[str, Any] = {"split": split}
    for metric, factor in (("accuracy", 100), ("loss", 1)):
        told = [getattr(end, f"{split}_{metric}") for end in ends]
        values = [factor * value for value in told if value is not None and math.isfinite(value)]
        if not values:
            return None
        found |= {metric: fmean(values), f"{metric}_low": min(values)}
        found |= {f"{metric}_high": max(values), "n": len(values)}
    return found


def _chart(x: str, y: str, models: Sequence[str], split: str) -> Any:
    axis = alt.Axis(format="~s" if x in ("images", "flops") else "", tickCount=6)
    if x == "epoch":
        axis = alt.Axis(tickMinStep=1, format="d")
    along = alt.X(f"{x}:Q", title=AXES[x], axis=axis, scale=alt.Scale(zero=False, nice=False))
    base = (
        alt.Chart(rows_named(NAME))
        .transform_filter("datum.split == split")
        .transform_filter(f"isValid(datum.{x})")
        .encode(x=along, color=color(models))
    )
    height = alt.Y(f"{y}:Q", title=METRICS[y], scale=alt.Scale(zero=False))
    line = base.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=28)).encode(
        y=height,
        opacity=fading(),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip(f"{y}:Q", title=METRICS[y], format=".3~f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    band = base.mark_area(tooltip=False).encode(
        y=alt.Y(f"{y}_low:Q", title=METRICS[y]),
        y2=f"{y}_high:Q",
        opacity=fading(0.18),
    )
    shown = alt.param(name="split", value=split)
    return (
        alt.layer(band, line).add_params(picked(), shown).properties(height=280, width="container")
    )
