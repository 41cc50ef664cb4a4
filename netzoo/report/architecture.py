"""Drawings of the architectures: each layer with its output shape, the models side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.cost.layer_cost import LayerCost
from netzoo.cost.result import Cost
from netzoo.report.figure import Figure, opacity, picked_param, rows_named, slug
from netzoo.report.layers import aligned

NAME = "architecture"
COLUMN_PX, SLOT_PX = 172, 34
MOST_LAYERS = 60
KINDS = {
    "convolution": "#3b7dd8",
    "pooling": "#2a9d5c",
    "dense": "#b14fc5",
    "other": "#8a8f98",
}


def architecture(
    costs: Mapping[str, Cost], changes: Mapping[str, Mapping[str, Any]], base: str
) -> Figure | None:
    """Return the layers of the models from top to bottom, or None if no model was counted.

    A layer whose type or output shape differs from the base model's is outlined. changes: by
    model, the settings that differ from its family's base, written above the drawing.
    """
    costs = {name: cost for name, cost in costs.items() if len(cost.layers) <= MOST_LAYERS}
    if not costs:
        return None
    pairs = {name: (base, name) for name in costs if base in costs and name != base}
    parts = [
        figure.renamed(f"{NAME}-{slug(name)}")
        for name, pair in pairs.items()
        if len(costs) > 2
        and (figure := architecture({model: costs[model] for model in pair}, changes, base))
    ]
    order = aligned([[row.name for row in cost.layers] for cost in costs.values()])
    rows = _rows(costs, base, order)
    heads = [
        {
            "model": name,
            "x": column + 0.5,
            "y": -0.35,
            "head": name,
            "changes": "; ".join(f"{key}: {value}" for key, value in changes.get(name, {}).items()),
        }
        for column, name in enumerate(costs)
    ]
    return Figure(
        NAME,
        "Architectures",
        (
            "Layers from the input (top) to the logits (bottom), each with its output shape: "
            "height × width × channels, or units. Box width: square root of the height, or "
            "logarithm of the units. Blue: convolution; green: pooling; violet: dense; grey: "
            "other. Outlined: type or output shape differs from {base}.",
            {"base": base},
        ),
        rows,
        {"": _chart(len(costs), len(order))},
        (),
        ("Model", "Layer", "Type", "Output"),
        [[r["model"], r["layer"], r["type"], r["shape"]] for r in rows],
        wide=True,
        more={"heads": heads},
        parts=parts,
    )


def _rows(costs: Mapping[str, Cost], base: str, order: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each layer; each model is a column, `order` gives the layers' places."""
    widest = max(size for cost in costs.values() for size in cost.input_shape[:1] if size)
    longest = max((_units(row) for cost in costs.values() for row in cost.layers), default=1)
    known = {row.name: row for row in costs[base].layers} if base in costs else {}
    rows = []
    for column, (name, cost) in enumerate(costs.items()):
        for row in cost.layers:
            extent = _extent(row, widest, longest)
            rows.append(
                _row(name, row.name, row.output_shape, column, order.index(row.name), extent)
                | {
                    "kind": _kind(row),
                    "type": row.type,
                    "changed": bool(known) and not _same(row, known.get(row.name)),
                }
            )
    return rows


def _row(
    model: str,
    layer: str,
    shape: Sequence[int | None],
    column: int,
    slot: int,
    extent: float,
) -> dict[str, Any]:
    half = 0.47 * max(extent, 0.06)
    return {
        "model": model,
        "layer": layer,
        "shape": units.shape(tuple(shape)),
        "text": f"{layer}  {units.shape(tuple(shape))}",
        "x": column + 0.5,
        "left": column + 0.5 - half,
        "right": column + 0.5 + half,
        "top": slot + 0.56,
        "bottom": slot + 0.92,
        "words": slot + 0.3,
    }


def _extent(row: LayerCost, widest: int, longest: int) -> float:
    """Return the width of a layer's box, from 0 to 1."""
    sizes = row.output_shape
    if len(sizes) == 3 and sizes[0]:
        return math.sqrt(min(1.0, sizes[0] / widest))
    return math.log1p(_units(row)) / math.log1p(longest)


def _units(row: LayerCost) -> int:
    sizes = row.output_shape
    return (sizes[-1] or 1) if len(sizes) < 3 and sizes else 1


def _kind(row: LayerCost) -> str:
    name = row.type.lower()
    kinds = [("conv", "convolution"), ("pool", "pooling"), ("dense", "dense")]
    return next((kind for part, kind in kinds if part in name), "other")


def _same(row: LayerCost, other: LayerCost | None) -> bool:
    return other is not None and (row.type, row.output_shape) == (other.type, other.output_shape)


def _chart(columns: int, slots: int) -> Any:
    across = alt.Scale(domain=[0, columns], nice=False, zero=False)
    down = alt.Scale(domain=[-1.2, slots], reverse=True, nice=False, zero=False)

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", scale=across, axis=None)

    def y(name: str) -> Any:
        return alt.Y(f"{name}:Q", scale=down, axis=None)

    dimming = opacity(dimmed=0.25)
    kinds = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    base, heads = alt.Chart(rows_named(NAME)), alt.Chart(rows_named("heads"))
    boxes = base.mark_rect(cornerRadius=2).encode(
        x=x("left"),
        x2="right:Q",
        y=y("top"),
        y2="bottom:Q",
        color=alt.Color("kind:N", scale=kinds, legend=None),
        stroke=alt.condition("datum.changed", alt.value("#d9622b"), alt.value(None)),
        strokeWidth=alt.value(3),
        opacity=dimming,
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("layer:N", title="Layer"),
            alt.Tooltip("type:N", title="Type"),
            alt.Tooltip("shape:N", title="Output"),
        ],
    )
    words = base.mark_text(tooltip=False, baseline="middle").encode(
        x=x("x"), y=y("words"), text="text:N", opacity=dimming
    )
    names = heads.mark_text(fontWeight="bold", tooltip=False, dy=-8, limit=COLUMN_PX - 8).encode(
        x=x("x"), y=y("y"), text="head:N", opacity=dimming
    )
    changes = heads.mark_text(color="#d9622b", tooltip=False, dy=7, limit=COLUMN_PX - 8).encode(
        x=x("x"), y=y("y"), text="changes:N", opacity=dimming
    )
    chart = alt.layer(boxes, words, names, changes).add_params(picked_param())
    return chart.properties(width=COLUMN_PX * columns, height=SLOT_PX * (slots + 1.2))
