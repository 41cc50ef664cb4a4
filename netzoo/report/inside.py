"""The figure of a probe: outputs and gradients of each layer."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.report.figure import SLANTED, Choice, Figure, color, opacity, picked_param, rows_named
from netzoo.results.probe import Probe

QUANTITIES = {
    "weight_gradient_norm": "Gradient norm of the weights",
    "activation_gradient_rms": "RMS gradient of the outputs",
    "activation_mean": "Mean output",
    "activation_sd": "Standard deviation of the outputs",
    "dead": "Share of dead units",
    "saturated": "Share of saturated outputs",
}


def inside(probe: Probe, models: Sequence[str]) -> Figure | None:
    """Return the outputs and gradients of each layer; None if no layer was measured."""
    layers = probe.layers
    if not layers:
        return None
    rows: list[dict[str, Any]] = [
        {"model": row.model, "layer": row.layer, "step": row.step}
        | {key: value.mean for key in QUANTITIES if (value := getattr(row, key)) is not None}
        for row in layers
    ]
    shown = {key: title for key, title in QUANTITIES.items() if any(row.get(key) for row in rows)}
    order = list(dict.fromkeys(row.layer for row in layers))
    steps = list(dict.fromkeys(row.step for row in layers))
    return Figure(
        "probe",
        "Outputs and gradients by layer",
        (
            "Means over the seeds, on {images} training images in evaluation mode. Layers from "
            "the input (left) to the logits (right).",
            {"images": probe.images},
        ),
        rows,
        {key: _chart(key, title, models, order, steps) for key, title in shown.items()},
        (
            Choice("Quantity", tuple(shown.items())),
            Choice("Training steps", tuple((str(s), str(s)) for s in steps), signal="step"),
        ),
        ("Model", "Training steps", "Layer", *shown.values()),
        [
            [row["model"], str(row["step"]), row["layer"]]
            + [units.three_digits(row[k]) if row.get(k) is not None else "–" for k in shown]
            for row in rows
        ],
    )


def _chart(
    quantity: str, title: str, models: Sequence[str], order: list[str], steps: Sequence[int]
) -> Any:
    log = quantity.endswith(("norm", "rms"))
    scale = alt.Scale(type="log") if log else alt.Scale(zero=True)
    base = (
        alt.Chart(rows_named("probe"))
        .transform_filter("toString(datum.step) == toString(step)")
        .transform_filter(f"datum.{quantity} > 0" if log else f"isValid(datum.{quantity})")
        .encode(
            x=alt.X("layer:N", sort=order, title=None, axis=SLANTED),
            y=alt.Y(
                f"{quantity}:Q",
                title=title,
                scale=scale,
                axis=alt.Axis(format=".1~e" if log else ""),
            ),
            color=color(models),
        )
    )
    line = base.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=45)).encode(
        opacity=opacity(),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("layer:N", title="Layer"),
            alt.Tooltip(f"{quantity}:Q", title=title, format=".3~e" if log else ".3~f"),
        ],
    )
    step = alt.param(name="step", value=str(steps[0]))
    return line.add_params(picked_param(), step).properties(width="container", height=280)
