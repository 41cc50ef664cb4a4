"""Figures of an ablation and of a ladder: the effects of changes, with intervals."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import ACCENT, SLANTED, Choice, Figure, opacity, picked_param, rows_named
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.metric import BALANCED
from netzoo.stats import Delta, Estimate

DIFFERENCES = {"accuracy": "Δ test accuracy, points", "gap": "Δ train–test gap, points"}
BALANCED_DIFFERENCES = {**DIFFERENCES, "accuracy": "Δ balanced accuracy, points"}
COSTS = {"params": "Parameters", "macs": "MACs"}
BAR = "#9aa7bd"


def ablation(study: Ablation) -> Figure | None:
    """Return the effect of each change on accuracy and on the train–test gap."""
    balanced = study.comparison.metric == BALANCED
    differences = BALANCED_DIFFERENCES if balanced else DIFFERENCES
    rows = []
    for effect in study.effects:
        row = {"change": effect.change, "model": effect.model, "verdict": effect.verdict}
        for metric in differences:
            row |= _interval(metric, getattr(effect, metric))
        rows.append(row)
    if not any("accuracy" in row for row in rows):
        return None
    return Figure(
        "ablation",
        "Effect of each change",
        (
            "Each change made alone, relative to {base}. Bars: 95 % intervals, not corrected for "
            "multiple comparisons.",
            {"base": study.base},
        ),
        rows,
        {
            metric: _forest("ablation", metric, title, len(rows))
            for metric, title in differences.items()
        },
        (Choice("Metric", tuple(differences.items())),),
        ("Change", *differences.values(), "Verdict"),
        [
            [e.change, *(_points(getattr(e, key)) for key in differences), e.verdict or "–"]
            for e in study.effects
        ],
    )


def shares(study: Ablation) -> Figure | None:
    """Return the Shapley value of each change; None unless all combinations were trained."""
    if not study.shares:
        return None
    rows = [
        {"change": share.change, "model": "", **_interval("accuracy", share.accuracy)}
        for share in study.shares
    ]
    title = "Share of the joint effect, points"
    return Figure(
        "shares",
        "Contribution of each change",
        (
            "Shapley values: the joint effect of all changes, divided among them. Bars: 95 % "
            "intervals over the seeds.",
            {},
        ),
        rows,
        {"": _forest("shares", "accuracy", title, len(rows))},
        (),
        ("Change", title),
        [[share.change, _points(share.accuracy)] for share in study.shares],
    )


def ladder(study: Ladder) -> Figure | None:
    """Return accuracy and cost at each rung of a ladder."""
    models = study.comparison.models
    steps = ["start", *(rung.change for rung in study.rungs)]
    rows: list[dict[str, Any]] = [
        {
            "rung": f"{number}. {step.partition(':')[0]}",
            "change": step,
            "model": model.name,
            "accuracy": 100 * model.test_accuracy.mean,
            "sd": 100 * (model.test_accuracy.sd or 0.0),
            "params": model.params,
            "macs": model.macs,
        }
        for number, (step, model) in enumerate(zip(steps, models, strict=True))
        if model.test_accuracy
    ]
    if not rows:
        return None
    return Figure(
        "ladder",
        "Accuracy and cost by rung",
        ("Line: test accuracy, mean ± sample standard deviation over the seeds. Bars: cost.", {}),
        rows,
        {cost: _rungs(cost, rows) for cost in COSTS},
        (Choice("Cost", tuple(COSTS.items())),),
        ("Change", "Model", "Test accuracy, %", "Parameters", "MACs"),
        [
            [
                row["change"],
                row["model"],
                f"{row['accuracy']:.1f} ± {row['sd']:.1f}",
                units.quantity(row["params"] or 0),
                units.quantity(row["macs"] or 0),
            ]
            for row in rows
        ],
    )


def _interval(metric: str, effect: Delta | Estimate | None) -> dict[str, Any]:
    if effect is None:
        return {}
    low, high = effect.ci95 or (effect.mean, effect.mean)
    points = {metric: 100 * effect.mean, f"{metric}_low": 100 * low, f"{metric}_high": 100 * high}
    return points | {"n": effect.n}


def _points(effect: Delta | Estimate | None) -> str:
    return "–" if effect is None else units.points(effect.mean, effect.ci95)


def _forest(name: str, metric: str, title: str, count: int) -> Any:
    base = alt.Chart(rows_named(name)).encode(
        y=alt.Y("change:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    )
    zero = alt.Chart(rows_named(name)).mark_rule(
        color="#888888", strokeDash=[3, 3], tooltip=False, aria=False
    )
    bars = base.mark_rule(strokeWidth=2, color=ACCENT).encode(
        x=alt.X(f"{metric}_low:Q", title=title), x2=f"{metric}_high:Q", opacity=opacity()
    )
    points = base.mark_point(filled=True, size=80, color=ACCENT).encode(
        x=alt.X(f"{metric}:Q", title=title),
        opacity=opacity(),
        tooltip=[
            alt.Tooltip("change:N", title="Change"),
            alt.Tooltip(f"{metric}:Q", title=title, format="+.1f"),
            alt.Tooltip(f"{metric}_low:Q", title="95 % interval, lower bound", format="+.1f"),
            alt.Tooltip(f"{metric}_high:Q", title="95 % interval, upper bound", format="+.1f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    chart = alt.layer(zero.encode(x=alt.datum(0)), bars, points).add_params(picked_param())
    return chart.properties(width="container", height=30 * count)


def _rungs(cost: str, rows: Sequence[dict[str, Any]]) -> Any:
    amounts = [row[cost] for row in rows if row[cost]] or [1]
    # A logarithmic scale has no zero: all bars begin at the power of ten below the smallest value.
    domain = [10 ** math.floor(math.log10(min(amounts))), 1.1 * max(amounts)]
    rung = alt.X("rung:N", sort=None, title=None, axis=SLANTED)
    base = alt.Chart(rows_named("ladder")).encode(x=rung)
    bars = base.mark_bar(color=BAR, width=alt.RelativeBandSize(0.6)).encode(
        y=alt.Y(
            f"{cost}:Q",
            title=COSTS[cost],
            scale=alt.Scale(type="log", domain=domain),
            axis=alt.Axis(format="~s", orient="right", grid=False),
        ),
        y2=alt.Y2Datum(domain[0]),
        opacity=opacity(0.6),
        tooltip=[
            alt.Tooltip("rung:N", title="Rung"),
            alt.Tooltip(f"{cost}:Q", title=COSTS[cost], format=",d"),
        ],
    )
    height = alt.Y("accuracy:Q", title="Test accuracy, %", scale=alt.Scale(zero=False, padding=10))
    line = base.mark_line(color=ACCENT, strokeWidth=2.5, tooltip=False).encode(y=height)
    spread = (
        base.transform_calculate(low="datum.accuracy - datum.sd", high="datum.accuracy + datum.sd")
        .mark_rule(color=ACCENT, strokeWidth=2)
        .encode(y=alt.Y("low:Q", title="Test accuracy, %"), y2="high:Q", opacity=opacity())
    )
    points = base.mark_point(filled=True, size=80, color=ACCENT).encode(
        y=height,
        opacity=opacity(),
        tooltip=[
            alt.Tooltip("change:N", title="Change"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("accuracy:Q", title="Test accuracy, %", format=".1f"),
            alt.Tooltip("sd:Q", title="Standard deviation, points", format=".1f"),
        ],
    )
    chart = alt.layer(bars, alt.layer(line, spread, points)).resolve_scale(y="independent")
    return chart.add_params(picked_param()).properties(width="container", height=280)
