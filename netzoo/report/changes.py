"""What changes do, one by one or along a ladder, as figures."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import ACCENT, SLANTED, Choice, Figure, fading, picked, rows_named
from netzoo.results.ablation import Ablation, Ladder
from netzoo.stats import Delta, Estimate

DIFFERENCES = {"accuracy": "Δ test accuracy, points", "gap": "Δ train–test gap, points"}
COSTS = {"params": "Parameters", "macs": "MACs"}
BAR = "#9aa7bd"


def ablation(study: Ablation) -> Figure | None:
    """Return what each change does to the accuracy and to the gap, with its interval."""
    rows = []
    for effect in study.effects:
        row = {"change": effect.change, "model": effect.model, "verdict": effect.verdict}
        for figure in DIFFERENCES:
            row |= _interval(figure, getattr(effect, figure))
        rows.append(row)
    if not any("accuracy" in row for row in rows):
        return None
    return Figure(
        "ablation",
        "What each change does",
        (
            "Each change alone, against {base}; with the 95 % interval of one comparison.",
            {"base": study.base},
        ),
        rows,
        {
            figure: _forest("ablation", figure, title, len(rows))
            for figure, title in DIFFERENCES.items()
        },
        (Choice("Show", tuple(DIFFERENCES.items())),),
        ("Change", *DIFFERENCES.values(), "Verdict"),
        [
            [each.change, *(_points(getattr(each, f)) for f in DIFFERENCES), each.verdict or "–"]
            for each in study.effects
        ],
    )


def shares(study: Ablation) -> Figure | None:
    """Return each change's part of the effect of all together, None without all combinations."""
    if not study.shares:
        return None
    rows = [
        {"change": share.change, "model": "", **_interval("accuracy", share.accuracy)}
        for share in study.shares
    ]
    title = "Share of the joint effect, points"
    return Figure(
        "shares",
        "What is owed to which change",
        (
            "The test accuracy that all changes give together, shared out among them (Shapley "
            "values), with the 95 % interval over the seeds.",
            {},
        ),
        rows,
        {"": _forest("shares", "accuracy", title, len(rows))},
        (),
        ("Change", title),
        [[share.change, _points(share.accuracy)] for share in study.shares],
    )


def ladder(study: Ladder) -> Figure | None:
    """Return accuracy and cost at each rung, from the start on."""
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
        "From rung to rung",
        (
            "Line: test accuracy, mean ± sample standard deviation over the seeds. Bars: the cost.",
            {},
        ),
        rows,
        {cost: _rungs(cost, rows) for cost in COSTS},
        (Choice("Bars", tuple(COSTS.items())),),
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


def _interval(figure: str, found: Delta | Estimate | None) -> dict[str, Any]:
    if found is None:
        return {}
    low, high = found.ci95 or (found.mean, found.mean)
    points = {figure: 100 * found.mean, f"{figure}_low": 100 * low, f"{figure}_high": 100 * high}
    return points | {"n": found.n}


def _points(found: Delta | Estimate | None) -> str:
    return "–" if found is None else units.points(found.mean, found.ci95)


def _forest(name: str, figure: str, title: str, count: int) -> Any:
    base = alt.Chart(rows_named(name)).encode(
        y=alt.Y("change:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    )
    zero = alt.Chart(rows_named(name)).mark_rule(
        color="#888888", strokeDash=[3, 3], tooltip=False, aria=False
    )
    bars = base.mark_rule(strokeWidth=2, color=ACCENT).encode(
        x=alt.X(f"{figure}_low:Q", title=title), x2=f"{figure}_high:Q", opacity=fading()
    )
    points = base.mark_point(filled=True, size=80, color=ACCENT).encode(
        x=alt.X(f"{figure}:Q", title=title),
        opacity=fading(),
        tooltip=[
            alt.Tooltip("change:N", title="Change"),
            alt.Tooltip(f"{figure}:Q", title=title, format="+.1f"),
            alt.Tooltip(f"{figure}_low:Q", title="95 % interval, from", format="+.1f"),
            alt.Tooltip(f"{figure}_high:Q", title="95 % interval, to", format="+.1f"),
            alt.Tooltip("n:Q", title="Seeds"),
        ],
    )
    chart = alt.layer(zero.encode(x=alt.datum(0)), bars, points).add_params(picked())
    return chart.properties(width="container", height=30 * count)


def _rungs(cost: str, rows: Sequence[dict[str, Any]]) -> Any:
    amounts = [row[cost] for row in rows if row[cost]] or [1]
    # A bar has no zero to stand on in a logarithmic scale: all begin at the power of ten below.
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
        opacity=fading(0.6),
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
        .encode(y=alt.Y("low:Q", title="Test accuracy, %"), y2="high:Q", opacity=fading())
    )
    points = base.mark_point(filled=True, size=80, color=ACCENT).encode(
        y=height,
        opacity=fading(),
        tooltip=[
            alt.Tooltip("change:N", title="Change"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("accuracy:Q", title="Test accuracy, %", format=".1f"),
            alt.Tooltip("sd:Q", title="Standard deviation, points", format=".1f"),
        ],
    )
    chart = alt.layer(bars, alt.layer(line, spread, points)).resolve_scale(y="independent")
    return chart.add_params(picked()).properties(width="container", height=280)
