"""The registered models by family, as a table and as plain values."""

from collections.abc import Iterable, Sequence
from typing import Any

from netzoo import units
from netzoo.cost.kept import Counts
from netzoo.cost.result import Cost
from netzoo.models.catalog import ModelInfo, model_info
from netzoo.tables.cells import shape_cell
from netzoo.tables.notes import CONVENTION
from netzoo.tables.table import Cell, Column, Table

NETZOO = "netzoo"


def grouped(names: Iterable[str]) -> list[ModelInfo]:
    """Return models by family, its base first."""
    infos = map(model_info, names)
    return sorted(infos, key=lambda info: (info.family, bool(info.changes), info.name))


def model_table(models: Sequence[tuple[ModelInfo, Cost | Counts]]) -> Table:
    """Return a list of models with what sets each apart from its family's base.

    The text names a family once, where its models stand together.
    """
    columns = (
        Column("Model", "name", numeric=False),
        Column("Family", "family", numeric=False),
        Column("Changes", "changes", numeric=False),
        Column("Input", "input_shape"),
        Column("Parameters", "params"),
        Column("MACs", "macs"),
    )
    rows = []
    above = ""
    for info, cost in models:
        changes = _changes(info.changes)
        family, above = "" if info.family == above else info.family, info.family
        rows.append(
            (
                Cell(info.name, info.name),
                Cell(info.family, family),
                Cell(changes, changes or "–"),
                shape_cell(info.input_shape),
                Cell(cost.params, units.quantity(cost.params)),
                Cell(cost.macs, units.quantity(cost.macs)),
            )
        )
    footer = ["At each model's native input, 10 classes.", CONVENTION]
    others = [f"{info.name} ({_origin(info)})" for info, _ in models if _origin(info) != NETZOO]
    if others:
        footer.append(f"Registered by other packages and files: {', '.join(others)}.")
    return Table(columns, rows, footer)


def model_json(info: ModelInfo, cost: Cost | Counts) -> dict[str, Any]:
    """Return a row of the list of models as plain values."""
    return {
        "name": info.name,
        "family": info.family,
        "changes": info.changes,
        "origin": _origin(info),
        "input_shape": list(info.input_shape),
        "params": cost.params,
        "macs": cost.macs,
    }


def _origin(info: ModelInfo) -> str:
    """Return the package or the module whose code builds a model."""
    return str(info.builder.__module__).partition(".")[0]


def _changes(changes: dict[str, Any]) -> str:
    """Return changes as a spec writes them: "activation=sigmoid,dropout=0.0"."""
    return ",".join(f"{key}={value}" for key, value in changes.items())
