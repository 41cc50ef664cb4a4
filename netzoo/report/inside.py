"""What a probe saw inside the layers, as a figure."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import SLANTED, Choice, Figure, color, fading, picked, rows_named
from netzoo.results.probe import Probe

LOOKS = {
    "weight_gradient_norm": "Gradient norm of the weights",
    "activation_gradient_rms": "Gradient of the outputs, root mean square",
    "activation_mean": "Mean output",
    "activation_sd": "Standard deviation of the outputs",
    "dead": "Share of dead units",
    "saturated": "Share of saturated outputs",
}


def inside(probe: Probe, models: Sequence[str]) -> Figure | None:
    """Return what each layer gives, and how strongly the loss pulls at it."""
    layers = probe.layers
    if not layers:
        return None
    rows: list[dict[str, Any]] = [
        {"model": row.model, "layer": row.layer, "step": row.step}
        | {figure: found.mean for figure in LOOKS if (found := getattr(row, figure)) is not None}
        for row in layers
    ]
    shown = {
        figure: title for figure, title in LOOKS.items() if any(row.get(figure) for row in rows)
    }
    order = list(dict.fromkeys(row.layer for row in layers))
    steps = list(dict.fromkeys(row.step for row in layers))
    return Figure(
        "probe",
        "Inside the layers",
        (
            "Means over the seeds, on {images} training images, in evaluation. Layers from the "
            "image on the left to the logits on the right.",
            {"images": probe.images},
        ),
        rows,
        {figure: _chart(figure, title, models, order, steps) for figure, title in shown.items()},
        (
            Choice("Show", tuple(shown.items())),
            Choice("After steps", tuple((str(s), str(s)) for s in steps), signal="step"),
        ),
        ("Model", "After steps", "Layer", *shown.values()),
        [
            [row["model"], str(row["step"]), row["layer"]]
            + [units.three_digits(row[f]) if row.get(f) is not None else "–" for f in shown]
            for row in rows
        ],
    )


def _chart(
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
