"""The cost of each layer: parameters, MACs and activation bytes, the models side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from netzoo import units
from netzoo.cost.layer_cost import LayerCost
from netzoo.cost.result import Cost
from netzoo.report.figure import Choice, Figure, color, opacity, picked_param, rows_named

NAME = "layers"
COSTS = {"params": "Parameters", "macs": "MACs", "activation_bytes": "Activation bytes"}
AMOUNTS = {"share": "Share of the model's total, %", "amount": "Absolute"}
MOST_LAYERS = 24  # the costliest; more would be too small to read
GAP_PX = 8  # between layers


def layers(costs: Mapping[str, Cost]) -> Figure | None:
    """Return the cost of each layer that has any; None if no model was counted."""
    if not costs:
        return None
    costly = {name: [row for row in cost.layers if _costs(row)] for name, cost in costs.items()}
    order = aligned([[row.name for row in rows] for rows in costly.values()])
    chosen = _costliest(order, costs)
    rows = [
        _row(name, costs[name], layer, order.index(layer.name))
        for name, group in costly.items()
        for layer in group
        if layer.name in chosen
    ]
    omitted = len(order) - len(chosen)
    caption = "Cost of each layer for one image; layers of the same name share a row. "
    caption += "Layers without parameters, MACs or activations of their own are omitted."
    caption += " Shown: the {shown} costliest of {all} layers." if omitted else ""
    shown = [name for name in order if name in chosen]
    return Figure(
        NAME,
        "Cost by layer",
        (caption, {"shown": len(chosen), "all": len(order)}),
        rows,
        {
            f"{cost}-{amount}": _chart(cost, amount, list(costs), shown)
            for cost in COSTS
            for amount in AMOUNTS
        },
        (Choice("Cost", tuple(COSTS.items())), Choice("Display as", tuple(AMOUNTS.items()))),
        ("Model", "Layer", "Parameters", "MACs", "Activation bytes"),
        [
            [
                row["model"],
                row["layer"],
                units.quantity(row["params"]),
                units.quantity(row["macs"]),
                units.quantity(row["activation_bytes"], "B"),
            ]
            for row in rows
        ],
    )


def aligned(sequences: Sequence[Sequence[str]]) -> list[str]:
    """Return all names once, in an order that keeps each sequence's own as far as they agree.

    A new name is inserted directly after its predecessor in its own sequence.
    """
    merged: list[str] = []
    for names in sequences:
        place = 0
        for name in names:
            if name not in merged:
                merged.insert(place, name)
            place = max(place, merged.index(name) + 1)
    return merged


def _costs(row: LayerCost) -> bool:
    return bool(row.params or row.macs or row.activation_bytes)


def _costliest(order: Sequence[str], costs: Mapping[str, Cost]) -> set[str]:
    """Return the layers with the largest share of any model's parameters, MACs or bytes."""
    largest = dict.fromkeys(order, 0.0)
    for cost in costs.values():
        for row in cost.layers:
            if row.name in largest:
                shares = [_share(row, cost, key) for key in COSTS]
                largest[row.name] = max(largest[row.name], *shares)
    return set(sorted(order, key=lambda name: -largest[name])[:MOST_LAYERS])


def _share(row: LayerCost, cost: Cost, key: str) -> float:
    total = getattr(cost, key)
    return 100 * getattr(row, key) / total if total else 0.0


def _row(name: str, cost: Cost, layer: LayerCost, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {"model": name, "layer": layer.name, "place": place, "type": layer.type}
    for key in COSTS:
        row |= {key: getattr(layer, key), f"{key}_share": _share(layer, cost, key)}
    return row


def _chart(cost: str, amount: str, models: list[str], shown: list[str]) -> Any:
    share = amount == "share"
    value, form = (f"{cost}_share", ".3~f") if share else (cost, "~s")
    title = f"{COSTS[cost]}, % of the model's total" if share else COSTS[cost]
    bar = max(5, 18 // len(models))
    return (
        alt.Chart(rows_named(NAME))
        .mark_bar()
        .encode(
            y=alt.Y("layer:N", sort=shown, title=None, scale=alt.Scale(paddingInner=0.2)),
            yOffset=alt.YOffset("model:N", sort=models, scale=alt.Scale(paddingInner=0.1)),
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=form, tickCount=5)),
            color=color(models),
            opacity=opacity(),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("type:N", title="Type"),
                alt.Tooltip(f"{cost}:Q", title=COSTS[cost], format=",d"),
                alt.Tooltip(f"{cost}_share:Q", title="Share, %", format=".1f"),
            ],
        )
        .add_params(picked_param())
        .properties(height=len(shown) * (bar * len(models) + GAP_PX), width="container")
    )
