"""Learning curves: accuracy and loss by epoch, time, images or FLOPs."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import altair as alt

from netzoo import units
from netzoo.errors import no_such
from netzoo.records.trial import EpochRecord
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

NAME = "curves"
SPLITS = ("test", "validation", "train")  # the page opens with the first that has values
WIDTH_PX = 560  # of a chart in a notebook
METRICS = {"accuracy": "Accuracy, %", "loss": "Loss"}
AXES = {
    "epoch": "Epoch",
    "seconds": "Training time, s",
    "images": "Training images seen",
    "flops": "Training FLOPs",
}


def curves(comparison: Comparison) -> Figure | None:
    """Return the learning curves of each model; None without a completed epoch."""
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
            "Lines: means over the seeds. Bands: lowest to highest seed. Train split: running "
            "means over each epoch (augmentation and dropout on).",
            {},
        ),
        rows,
        charts,
        (
            Choice("Metric", tuple(METRICS.items())),
            Choice("X axis", tuple(AXES.items())),
            Choice("Split", tuple((split, split) for split in splits), signal="split"),
        ),
        ("Model", "Split", "Epoch", "Accuracy, %", "Loss"),
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
    """Return the curves as one chart with its data; None without a completed epoch.

    Raises UnknownName for another metric or axis.
    """
    if show not in METRICS:
        raise no_such("curve", show, METRICS)
    if along not in AXES:
        raise no_such("axis", along, AXES)
    figure = curves(comparison)
    if figure is None:
        return None
    return figure.charts[f"{show}-{along}"].properties(datasets=figure.datasets(), width=WIDTH_PX)


def _rows(model: ModelRow, comparison: Comparison) -> list[dict[str, Any]]:
    """Return a row for each split and epoch, over the seeds with the most epochs."""
    most = max(map(len, model.history), default=0)
    histories = [history for history in model.history if len(history) == most]
    held_out = comparison.recipe["by_model"][model.name].get("validation", 0)
    images = round(comparison.dataset.train * (1 - held_out))
    rows = []
    for number in range(most):
        ends = [history[number] for history in histories]
        seen = images * (number + 1)
        point = {
            "model": model.name,
            "epoch": number + 1,
            "seconds": fmean(sum(e.seconds for e in h[: number + 1]) for h in histories),
            "images": seen,
            "flops": model.training_flops and model.training_flops * seen,
        }
        rows += [point | values for split in SPLITS if (values := _split_values(ends, split))]
    return rows


def _split_values(ends: Sequence[EpochRecord], split: str) -> dict[str, Any] | None:
    """Return means and extremes over the seeds of a split's metrics; None if one is missing."""
    row: dict[str, Any] = {"split": split}
    for metric, factor in (("accuracy", 100), ("loss", 1)):
        raw = [getattr(end, f"{split}_{metric}") for end in ends]
        values = [factor * value for value in raw if value is not None and math.isfinite(value)]
        if not values:
            return None
        row |= {metric: fmean(values), f"{metric}_low": min(values)}
        row |= {f"{metric}_high": max(values), "n": len(values)}
    return row


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
        opacity=opacity(),
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
        opacity=opacity(0.18),
    )
    shown = alt.param(name="split", value=split)
    layered = alt.layer(band, line).add_params(picked_param(), shown)
    return layered.properties(height=280, width="container")
