"""Time to accuracy: mean curves by epoch, time or FLOPs, the target, and where they pass it."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.records.trial import TrialRecord
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.report.words import Sentence
from netzoo.results.comparison import Comparison
from netzoo.results.target import mean_curve

NAME = "target"
AXES = {"epoch": "Epoch", "seconds": "Training time, s", "flops": "Training FLOPs"}
HEIGHTS = {"validation": "Validation accuracy, %", "test": "Test accuracy, %"}

_CAPTION = (
    "Lines: means over the seeds, over the epochs that all of them have. Bands: lowest to highest "
    "seed. Dashed line: the target, {target}. Rings: the first epoch of a mean at the target. "
    "Time: training steps, without compiling and evaluation."
)


def time_to_accuracy(
    comparison: Comparison, records: Mapping[str, Sequence[TrialRecord]]
) -> Figure | None:
    """Return the mean curves with the target; None without a target, or a completed epoch.

    records: of the comparison's rows.
    """
    told = {row.name: row.target for row in comparison.models if row.target is not None}
    if comparison.target is None or not told:
        return None
    rows: list[dict[str, Any]] = []
    for name, time in told.items():
        for point in mean_curve(records[name]):
            rows.append(
                {
                    "model": name,
                    "epoch": point.epoch,
                    "seconds": point.seconds,
                    "flops": point.training_flops,
                    "accuracy": 100 * point.accuracy,
                    "low": 100 * point.low,
                    "high": 100 * point.high,
                    "n": time.n,
                    "reached": point.epoch == time.epoch,
                }
            )
    names = [row.name for row in comparison.models]
    splits = {time.split for time in told.values()}
    height = HEIGHTS[splits.pop()] if len(splits) == 1 else "Accuracy, %"
    aim = 100 * comparison.target
    return Figure(
        NAME,
        "Time to accuracy",
        (_CAPTION, {"target": units.goal(comparison.target)}),
        rows,
        {axis: _chart(axis, height, aim, names) for axis in AXES},
        (Choice("X axis", tuple(AXES.items())),),
        ("Model", *AXES.values(), height),
        [
            [
                row["model"],
                str(row["epoch"]),
                units.three_digits(row["seconds"]),
                "–" if row["flops"] is None else units.quantity(row["flops"]),
                f"{row['accuracy']:.1f}",
            ]
            for row in rows
        ],
    )


def sentences(comparison: Comparison) -> list[Sentence]:
    """Return the time to accuracy of each model as a sentence, the fastest first."""
    told = [(row.name, row.target) for row in comparison.models if row.target is not None]
    if comparison.target is None:
        return []
    lines: list[Sentence] = []
    for name, time in sorted(told, key=lambda one: one[1].seconds or float("inf")):
        values = {"model": name, "target": units.goal(comparison.target)}
        if time.epoch is None or time.seconds is None:
            values |= {"epochs": str(time.epochs), "best": units.percent(time.best)}
            text = "{model} does not reach {target} SPLIT accuracy in {epochs} epochs; best {best}."
        else:
            values |= {"epoch": str(time.epoch), "seconds": units.seconds(time.seconds)}
            text = "{model} reaches {target} SPLIT accuracy in epoch {epoch}, after {seconds}."
        lines.append((text.replace("SPLIT", time.split), values))
    return lines


def _chart(axis: str, height: str, aim: float, models: Sequence[str]) -> Any:
    ticks = alt.Axis(format="~s" if axis == "flops" else "", tickCount=6)
    if axis == "epoch":
        ticks = alt.Axis(tickMinStep=1, format="d")
    along = alt.X(
        f"{axis}:Q", title=AXES[axis], axis=ticks, scale=alt.Scale(zero=False, nice=False)
    )
    base = (
        alt.Chart(rows_named(NAME))
        .transform_filter(f"isValid(datum.{axis})")
        .encode(x=along, color=color(models))
    )
    up = alt.Y("accuracy:Q", title=height, scale=alt.Scale(zero=False))
    band = base.mark_area(tooltip=False).encode(
        y=alt.Y("low:Q", title=height), y2="high:Q", opacity=opacity(0.18)
    )
    tooltip = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("epoch:Q", title="Epoch"),
        alt.Tooltip("accuracy:Q", title=height, format=".1f"),
        alt.Tooltip("seconds:Q", title=AXES["seconds"], format=".3~g"),
        alt.Tooltip("flops:Q", title=AXES["flops"], format=".3~s"),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    line = base.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=28)).encode(
        y=up, opacity=opacity(), tooltip=tooltip
    )
    rule = (
        alt.Chart(rows_named(NAME))
        .mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color="#888888", tooltip=False)
        .encode(y=alt.Y(datum=aim, title=height))
    )
    rings = (
        base.transform_filter("datum.reached")
        .mark_point(size=170, strokeWidth=2.5, filled=False)
        .encode(y=up, opacity=opacity(), tooltip=tooltip)
    )
    layered = alt.layer(band, rule, line, rings).add_params(picked_param())
    return layered.properties(height=280, width="container")
