"""What ablations, ladders and probes found, as figures; each from its JSON."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.page.figure import Choice, Figure, color, fading, picked, rows_named

DIFFERENCES = {"accuracy": "Δ test accuracy, points", "gap": "Δ train–test gap, points"}
COSTS = {"params": "Parameters", "macs": "MACs"}
LOOKS = {
    "weight_gradient_norm": "Gradient norm of the weights",
    "activation_gradient_rms": "Gradient of the outputs, root mean square",
    "activation_mean": "Mean output",
    "activation_sd": "Standard deviation of the outputs",
    "dead": "Share of dead units",
    "saturated": "Share of saturated outputs",
}
SLANTED = alt.Axis(labelAngle=-35, labelLimit=160, labelOverlap=False)
FIGURE_ACCENT, BAR = "#3b7dd8", "#9aa7bd"


def study_figures(study: dict[str, Any], models: Sequence[str]) -> list[Figure]:
    """Return the figures of a study; of a lesson, those of the probe in it.

    models: of the page, in the order of their colours.
    """
    if "effects" in study:
        found = [ablation(study), shares(study)]
    elif "rungs" in study:
        found = [ladder(study)]
    elif "claims" in study:
        found = [probe(study["probe"], models)] if study.get("probe") else []
    else:
        found = [probe(study, models)]
    return [figure for figure in found if figure is not None]


def ablation(study: dict[str, Any]) -> Figure | None:
    """Return what each change does to the accuracy and to the gap, with its interval."""
    rows = []
    for effect in study["effects"]:
        row = {"change": effect["change"], "model": effect["model"], "verdict": effect["verdict"]}
        for figure in DIFFERENCES:
            row |= _interval(figure, effect[figure])
        rows.append(row)
    if not any("accuracy" in row for row in rows):
        return None
    return Figure(
        "ablation",
        "What each change does",
        (
            "Each change alone, against {base}; with the 95 % interval of one comparison.",
            {"base": study["base"]},
        ),
        rows,
        {
            figure: _forest("ablation", figure, title, len(rows))
            for figure, title in DIFFERENCES.items()
        },
        (Choice("Show", tuple(DIFFERENCES.items())),),
        ("Change", *DIFFERENCES.values(), "Verdict"),
        [
            [effect["change"], *(_points(effect[f]) for f in DIFFERENCES), effect["verdict"] or "–"]
            for effect in study["effects"]
        ],
    )


def shares(study: dict[str, Any]) -> Figure | None:
    """Return each change's part of the effect of all together, None without all combinations."""
    if not study["shares"]:
        return None
    rows = [
        {"change": share["change"], "model": "", **_interval("accuracy", share["accuracy"])}
        for share in study["shares"]
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
        [[share["change"], _points(share["accuracy"])] for share in study["shares"]],
    )


def ladder(study: dict[str, Any]) -> Figure | None:
    """Return accuracy and cost at each rung, from the start on."""
    models = study["comparison"]["models"]
    steps = ["start", *(rung["change"] for rung in study["rungs"])]
    rows = [
        {
            "rung": f"{number}. {step.partition(':')[0]}",
            "change": step,
            "model": model["name"],
            "accuracy": 100 * model["test_accuracy"]["mean"],
            "sd": 100 * (model["test_accuracy"]["sd"] or 0.0),
            "params": model["params"],
            "macs": model["macs"],
        }
        for number, (step, model) in enumerate(zip(steps, models, strict=True))
        if model["test_accuracy"]
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


def probe(study: dict[str, Any], models: Sequence[str]) -> Figure | None:
    """Return what each layer gives, and how strongly the loss pulls at it."""
    layers = study["layers"]
    if not layers:
        return None
    rows = [
        {"model": row["model"], "layer": row["layer"], "step": row["step"]}
        | {figure: row[figure]["mean"] for figure in LOOKS if row[figure] is not None}
        for row in layers
    ]
    found = {
        figure: title for figure, title in LOOKS.items() if any(row.get(figure) for row in rows)
    }
    order = _once(row["layer"] for row in layers)
    steps = _once(row["step"] for row in layers)
    return Figure(
        "probe",
        "Inside the layers",
        (
            "Means over the seeds, on {images} training images, in evaluation. Layers from the "
            "image on the left to the logits on the right.",
            {"images": study["images"]},
        ),
        rows,
        {figure: _inside(figure, title, models, order, steps) for figure, title in found.items()},
        (
            Choice("Show", tuple(found.items())),
            Choice("After steps", tuple((str(s), str(s)) for s in steps), signal="step"),
        ),
        ("Model", "After steps", "Layer", *found.values()),
        [
            [row["model"], str(row["step"]), row["layer"]]
            + [units.three_digits(row[f]) if row.get(f) is not None else "–" for f in found]
            for row in rows
        ],
    )


def _interval(figure: str, found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {}
    low, high = found["ci95"] or (found["mean"], found["mean"])
    points = {figure: 100 * found["mean"], f"{figure}_low": 100 * low, f"{figure}_high": 100 * high}
    return points | {"n": found["n"]}


def _points(found: dict[str, Any] | None) -> str:
    if found is None:
        return "–"
    return units.points(found["mean"], found["ci95"] and tuple(found["ci95"]))


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _forest(name: str, figure: str, title: str, count: int) -> Any:
    base = alt.Chart(rows_named(name)).encode(
        y=alt.Y("change:N", sort=None, title=None, axis=alt.Axis(labelLimit=220))
    )
    zero = alt.Chart(rows_named(name)).mark_rule(
        color="#888888", strokeDash=[3, 3], tooltip=False, aria=False
    )
    bars = base.mark_rule(strokeWidth=2, color=FIGURE_ACCENT).encode(
        x=alt.X(f"{figure}_low:Q", title=title), x2=f"{figure}_high:Q", opacity=fading()
    )
    points = base.mark_point(filled=True, size=80, color=FIGURE_ACCENT).encode(
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
    line = base.mark_line(color=FIGURE_ACCENT, strokeWidth=2.5, tooltip=False).encode(y=height)
    spread = (
        base.transform_calculate(low="datum.accuracy - datum.sd", high="datum.accuracy + datum.sd")
        .mark_rule(color=FIGURE_ACCENT, strokeWidth=2)
        .encode(y=alt.Y("low:Q", title="Test accuracy, %"), y2="high:Q", opacity=fading())
    )
    points = base.mark_point(filled=True, size=80, color=FIGURE_ACCENT).encode(
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


def _inside(
    figure: str, title: str, models: Sequence[str], order: list[str], steps: Sequence[int]
) -> Any:
    log = figure.endswith(("norm", "rms"))
    scale = alt.Scale(type="log") if log else alt.Scale(zero=True)
    base = (
        alt.Chart(rows_named("probe"))
        .transform_filter("toString(datum.step) == toString(step)")
        .transform_filter(f"datum.{figure} > 0" if log else f"isValid(datum.{figure})")
        .encode(
            x=alt.X("layer:N", sort=order, title=None, axis=SLANTED),
            y=alt.Y(
                f"{figure}:Q", title=title, scale=scale, axis=alt.Axis(format=".1~e" if log else "")
            ),
            color=color(models),
        )
    )
    line = base.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=45)).encode(
        opacity=fading(),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("layer:N", title="Layer"),
            alt.Tooltip(f"{figure}:Q", title=title, format=".3~e" if log else ".3~f"),
        ],
    )
    step = alt.param(name="step", value=str(steps[0]))
    return line.add_params(picked(), step).properties(width="container", height=280)
