"""Accuracy against cost: what each model gives for what it takes."""

import math
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import Choice, Figure, color, fading, picked, rows_named
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

NAME = "tradeoff"
COSTS = {"macs": "MACs", "params": "Parameters"}
NEAR_COST = 4.0  # times as much: nearer on the axis, two names would cover each other


def tradeoff(comparison: Comparison) -> Figure | None:
    """Return test accuracy against MACs and parameters; None with fewer than two models to show."""
    found = [row for row in comparison.models if row.test_accuracy and row.macs and row.params]
    if len(found) < 2:
        return None
    fronts = {cost: _front(found, cost) for cost in COSTS}
    rows = [_row(row, fronts) for row in found]
    for cost in COSTS:
        _label(rows, cost)
    models = [row.name for row in comparison.models]
    return Figure(
        NAME,
        "Accuracy against cost",
        (
            "Points: means over the seeds, with the 95 % interval of the mean where there are "
            "several. Line: the Pareto front, the models that no other beats in both. MACs of one "
            "image, forward.",
            {},
        ),
        rows,
        {cost: _chart(cost, models) for cost in COSTS},
        (Choice("Against", tuple(COSTS.items())),),
        ("Model", "MACs", "Parameters", "Test accuracy"),
        [
            [
                row.name,
                units.quantity(row.macs or 0),
                units.quantity(row.params or 0),
                units.percent_spread(row.test_accuracy.mean, row.test_accuracy.sd),
            ]
            for row in found
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
    """Return the names of the models with no other that is as cheap and as accurate, or better."""
    names, best = set(), -1.0
    for row in sorted(rows, key=lambda r: (getattr(r, cost), -_accuracy(r))):
        if _accuracy(row) > best:
            best = _accuracy(row)
            names.add(row.name)
    return names


def _label(rows: list[dict[str, Any]], cost: str) -> None:
    """Give each row its name to stand beside its point, "" where another's already stands."""
    near = 0.06 * (max(row["high"] for row in rows) - min(row["low"] for row in rows))
    written: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda r: -r["accuracy"]):
        beside = [
            other
            for other in written
            if abs(other["accuracy"] - row["accuracy"]) <= near
            and abs(math.log(other[cost] / row[cost])) < math.log(NEAR_COST)
        ]
        row[f"label_{cost}"] = "" if beside else row["model"]
        if not beside:
            written.append(row)


def _accuracy(row: ModelRow) -> float:
    return row.test_accuracy.mean if row.test_accuracy else -1.0


def _chart(cost: str, models: list[str]) -> Any:
    # Room at both ends for the names beside the points.
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
        opacity=fading(),
    )
    points = base.mark_point(filled=True, size=90).encode(
        y=height,
        color=color(models),
        opacity=fading(),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip(f"{cost}:Q", title=COSTS[cost], format=",d"),
            alt.Tooltip("accuracy:Q", title="Test accuracy, %", format=".1f"),
            alt.Tooltip("low:Q", title="95 % interval, from", format=".1f"),
            alt.Tooltip("high:Q", title="95 % interval, to", format=".1f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    names = base.mark_text(align="left", dx=9, dy=-7, tooltip=False, limit=150).encode(
        y=height, text=f"label_{cost}:N", color=color(models), opacity=fading()
    )
    chart = alt.layer(front, bars, points, names).add_params(picked())
    return chart.properties(height=280, width="container")
