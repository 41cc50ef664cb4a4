"""Test accuracy versus cost, with the Pareto front."""

import math
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

NAME = "tradeoff"
COSTS = {"macs": "MACs", "params": "Parameters"}
NEAR_COST = 4.0  # ratio of two costs below which the names would overlap


def tradeoff(comparison: Comparison) -> Figure | None:
    """Return test accuracy versus MACs and parameters; None with fewer than two models."""
    models = [row for row in comparison.models if row.test_accuracy and row.macs and row.params]
    if len(models) < 2:
        return None
    fronts = {cost: _front(models, cost) for cost in COSTS}
    rows = [_row(row, fronts) for row in models]
    for cost in COSTS:
        _label(rows, cost)
    names = [row.name for row in comparison.models]
    return Figure(
        NAME,
        "Accuracy versus cost",
        (
            "Points: means over the seeds. Bars: 95 % intervals of the mean (two seeds or more). "
            "Dashed line: Pareto front (models not dominated in accuracy and cost). MACs: one "
            "image, forward pass.",
            {},
        ),
        rows,
        {cost: _chart(cost, names) for cost in COSTS},
        (Choice("Cost", tuple(COSTS.items())),),
        ("Model", "MACs", "Parameters", "Test accuracy"),
        [
            [
                row.name,
                units.quantity(row.macs or 0),
                units.quantity(row.params or 0),
                units.percent_spread(row.test_accuracy.mean, row.test_accuracy.sd),
            ]
            for row in models
            if row.test_accuracy is not None
        ],
    )


def _row(row: ModelRow, fronts: dict[str, set[str]]) -> dict[str, Any]:
    assert row.test_accuracy is not None
    mean = row.test_accuracy.mean
    low, high = row.test_accuracy.ci95 or (mean, mean)
    return {
        "model": row.name,
        "macs": row.macs,
        "params": row.params,
        "accuracy": 100 * mean,
        "low": 100 * low,
        "high": 100 * high,
        "n": row.test_accuracy.n,
        **{f"front_{cost}": row.name in names for cost, names in fronts.items()},
    }


def _front(rows: list[ModelRow], cost: str) -> set[str]:
    """Return the names of the Pareto-optimal models: highest accuracy, lowest cost."""
    names, best = set(), -1.0
    for row in sorted(rows, key=lambda r: (getattr(r, cost), -_accuracy(r))):
        if _accuracy(row) > best:
            best = _accuracy(row)
            names.add(row.name)
    return names


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


def _accuracy(row: ModelRow) -> float:
    return row.test_accuracy.mean if row.test_accuracy else -1.0


def _chart(cost: str, models: list[str]) -> Any:
    # The padding leaves room for the names beside the points.
    scale = alt.Scale(type="log", padding=40)
    base = alt.Chart(rows_named(NAME)).encode(
        x=alt.X(
            f"{cost}:Q", title=COSTS[cost], scale=scale, axis=alt.Axis(format="~s", tickCount=5)
        ),
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
            alt.Tooltip(f"{cost}:Q", title=COSTS[cost], format=",d"),
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
