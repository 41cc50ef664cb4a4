"""Test accuracy versus cost, with the Pareto front."""

import math
from collections.abc import Mapping
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.report.words import Sentence
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

NAME = "tradeoff"
COSTS = {"macs": "MACs", "params": "Parameters"}
LATENCY, LATENCY_TITLE = "latency", "Latency of one image, ms"
NEAR_COST = 4.0  # ratio of two costs below which the names would overlap

_CAPTION = (
    "Points: means over the seeds. Bars: 95 % intervals of the mean (two seeds or more). "
    "Dashed line: Pareto front (models not dominated in accuracy and cost). MACs: one "
    "image, forward pass."
)
_CAPTION_WITH_LATENCY = (
    _CAPTION + " Latency: median of the inference of one image, n ≥ 100, on {devices}."
)


def tradeoff(
    comparison: Comparison, latencies: Mapping[str, tuple[float, str]] | None = None
) -> Figure | None:
    """Return test accuracy versus MACs, parameters and latency; None with fewer than two models.

    latencies: seconds and device by model; an axis if each model has one.
    """
    models = [row for row in comparison.models if row.test_accuracy and row.macs and row.params]
    if len(models) < 2:
        return None
    known = latencies or {}
    costs = COSTS
    caption: Sentence = _CAPTION, {}
    if all(row.name in known for row in models):
        devices = dict.fromkeys(known[row.name][1] for row in models)
        costs = {**COSTS, LATENCY: LATENCY_TITLE}
        caption = _CAPTION_WITH_LATENCY, {"devices": "; ".join(devices)}
    rows = [_row(row, known.get(row.name)) for row in models]
    for cost in costs:
        _mark_front(rows, cost)
        _label(rows, cost)
    names = [row.name for row in comparison.models]
    return Figure(
        NAME,
        "Accuracy versus cost",
        caption,
        rows,
        {cost: _chart(cost, costs[cost], names) for cost in costs},
        (Choice("Cost", tuple(costs.items())),),
        ("Model", *costs.values(), "Test accuracy"),
        [
            [
                row.name,
                units.quantity(row.macs or 0),
                units.quantity(row.params or 0),
                *([units.three_digits(1000 * known[row.name][0])] if LATENCY in costs else []),
                units.percent_spread(row.test_accuracy.mean, row.test_accuracy.sd),
            ]
            for row in models
            if row.test_accuracy is not None
        ],
    )


def _row(row: ModelRow, latency: tuple[float, str] | None) -> dict[str, Any]:
    assert row.test_accuracy is not None
    mean = row.test_accuracy.mean
    low, high = row.test_accuracy.ci95 or (mean, mean)
    return {
        "model": row.name,
        "macs": row.macs,
        "params": row.params,
        **({LATENCY: 1000 * latency[0]} if latency is not None else {}),
        "accuracy": 100 * mean,
        "low": 100 * low,
        "high": 100 * high,
        "n": row.test_accuracy.n,
    }


def _mark_front(rows: list[dict[str, Any]], cost: str) -> None:
    """Mark the rows of the Pareto-optimal models: highest accuracy, lowest cost."""
    best = -1.0
    for row in sorted(rows, key=lambda r: (r[cost], -r["accuracy"])):
        row[f"front_{cost}"] = row["accuracy"] > best
        best = max(best, row["accuracy"])


def _label(rows: list[dict[str, Any]], cost: str) -> None:
    """Add the label of each row's point: its name, or "" if it would overlap another label."""
    near = 0.06 * (max(row["high"] for row in rows) - min(row["low"] for row in rows))
    labelled: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda r: -r["accuracy"]):
        neighbours = [
            other
            for other in labelled
            if abs(other["accuracy"] - row["accuracy"]) <= near
            and abs(math.log(other[cost] / row[cost])) < math.log(NEAR_COST)
        ]
        row[f"label_{cost}"] = "" if neighbours else row["model"]
        if not neighbours:
            labelled.append(row)


def _chart(cost: str, title: str, models: list[str]) -> Any:
    tick, figure = ("~g", ",.3~r") if cost == LATENCY else ("~s", ",d")
    # The padding leaves room for the names beside the points.
    scale = alt.Scale(type="log", padding=40)
    base = alt.Chart(rows_named(NAME)).encode(
        x=alt.X(f"{cost}:Q", title=title, scale=scale, axis=alt.Axis(format=tick, tickCount=5)),
    )
    height = alt.Y("accuracy:Q", title="Test accuracy, %", scale=alt.Scale(zero=False, padding=16))
    front = (
        base.transform_filter(f"datum.front_{cost}")
        .mark_line(strokeDash=[4, 3], strokeWidth=1.5, color="#888888", tooltip=False)
        .encode(y=height)
    )
    bars = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q", title="Test accuracy, %"),
        y2="high:Q",
        color=color(models),
        opacity=opacity(),
    )
    points = base.mark_point(filled=True, size=90).encode(
        y=height,
        color=color(models),
        opacity=opacity(),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip(f"{cost}:Q", title=title, format=figure),
            alt.Tooltip("accuracy:Q", title="Test accuracy, %", format=".1f"),
            alt.Tooltip("low:Q", title="95 % interval, lower bound", format=".1f"),
            alt.Tooltip("high:Q", title="95 % interval, upper bound", format=".1f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    names = base.mark_text(align="left", dx=9, dy=-7, tooltip=False, limit=150).encode(
        y=height, text=f"label_{cost}:N", color=color(models), opacity=opacity()
    )
    chart = alt.layer(front, bars, points, names).add_params(picked_param())
    return chart.properties(height=280, width="container")
