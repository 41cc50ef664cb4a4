"""What models cost, as tables: one model by layer, or a list of models."""

from collections.abc import Sequence
from typing import Any

from netzoo import units
from netzoo.records import Cost
from netzoo.registry import ModelInfo
from netzoo.report.tables import Cell, Column, Table

CONVENTION = (
    "MACs: multiply-adds of convolutions and matrix products, one image, forward, bias not counted."
    " FLOPs = 2 × MACs."
)


def uncounted_line(layers: Sequence[str]) -> list[str]:
    """Return the line that names the layers without a rule, if there are any."""
    return [f"Not in the MACs, for want of a rule: {', '.join(layers)}."] if layers else []


def layer_table(cost: Cost) -> Table:
    """Return a model's shapes, parameters and MACs by layer, with totals below."""
    columns = (
        Column("Layer", "name", numeric=False),
        Column("Type", "type", numeric=False),
        Column("Output", "output_shape"),
        Column("Parameters", "params"),
        Column("Share", "params_share"),
        Column("MACs", "macs"),
        Column("Share", "macs_share"),
    )
    rows = [
        (
            Cell(layer.name, layer.name),
            Cell(layer.type, layer.type),
            Cell("x".join(map(str, layer.output_shape)), units.shape(layer.output_shape)),
            Cell(layer.params, units.exact(layer.params)),
            _share(layer.params, cost.params),
            Cell(layer.macs, units.exact(layer.macs)),
            _share(layer.macs, cost.macs),
        )
        for layer in cost.layers
    ]
    footer = [
        f"{cost.model}, input {units.shape(cost.input_shape)} (height × width × channels): "
        f"{units.exact(cost.params)} parameters ({units.exact(cost.trainable_params)} trainable), "
        f"{units.exact(cost.macs)} MACs, {units.exact(cost.flops)} FLOPs.",
        CONVENTION,
        *uncounted_line(cost.uncounted),
    ]
    return Table(columns, rows, footer)


def model_table(models: Sequence[tuple[ModelInfo, Cost]]) -> Table:
    """Return a list of models with what sets each apart from its family's base."""
    columns = (
        Column("Model", "name", numeric=False),
        Column("Family", "family", numeric=False),
        Column("Changes", "changes", numeric=False),
        Column("Input", "input_shape"),
        Column("Parameters", "params"),
        Column("MACs", "macs"),
    )
    rows = []
    for info, cost in models:
        changes = changes_text(info.changes)
        rows.append(
            (
                Cell(info.name, info.name),
                Cell(info.family, info.family),
                Cell(changes, changes or "–"),
                Cell("x".join(map(str, info.input_shape)), units.shape(info.input_shape)),
                Cell(cost.params, units.quantity(cost.params)),
                Cell(cost.macs, units.quantity(cost.macs)),
            )
        )
    return Table(columns, rows, ["At each model's native input, 10 classes.", CONVENTION])


def model_json(info: ModelInfo, cost: Cost) -> dict[str, Any]:
    """Return a row of the list of models as plain values."""
    return {
        "name": info.name,
        "family": info.family,
        "changes": info.changes,
        "input_shape": list(info.input_shape),
        "params": cost.params,
        "macs": cost.macs,
    }


def changes_text(changes: dict[str, Any]) -> str:
    """Return changes as a spec writes them: "activation=sigmoid,dropout=0.0"."""
    return ",".join(f"{key}={value}" for key, value in changes.items())


def _share(part: int, whole: int) -> Cell:
    share = part / whole if whole else 0.0
    return Cell(round(share, 6), units.percent(share) if part else "")
