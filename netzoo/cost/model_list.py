"""The registered models, as a table and as plain values."""

from collections.abc import Sequence
from typing import Any

from netzoo import units
from netzoo.cost.result import Cost
from netzoo.models.catalog import ModelInfo
from netzoo.tables.cells import shape_cell
from netzoo.tables.notes import CONVENTION
from netzoo.tables.table import Cell, Column, Table


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
        changes = _changes(info.changes)
        rows.append(
            (
                Cell(info.name, info.name),
                Cell(info.family, info.family),
                Cell(changes, changes or "–"),
                shape_cell(info.input_shape),
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


def _changes(changes: dict[str, Any]) -> str:
    """Return changes as a spec writes them: "activation=sigmoid,dropout=0.0"."""
    return ",".join(f"{key}={value}" for key, value in changes.items())
