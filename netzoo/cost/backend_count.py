"""A backend's own count of a model beside netzoo's, as a table and as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netzoo import units
from netzoo.cost.result import Cost
from netzoo.tables.table import EMPTY, Cell, Column, Table

# How each backend counts by itself.
MEANS = {
    "jax": "convolutions and dot products of the jaxpr",
    "tensorflow": "convolutions and matrix products of the traced graph",
    "torch": "FlopCounterMode",
}


@dataclass(frozen=True)
class BackendCount:
    """MACs of a layer by netzoo's rules and by the backend; None where one cannot tell, and why."""

    name: str
    ours: int | None
    theirs: int | None
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Return whether both tell, and tell the same."""
        return self.ours is not None and self.ours == self.theirs


def opinion_table(cost: Cost, opinions: Sequence[BackendCount], backend: str) -> Table:
    """Return where a backend's own count differs from netzoo's, by layer, and both totals."""
    columns = (
        Column("Layer", "name", numeric=False),
        Column("MACs by netzoo", "macs"),
        Column(f"MACs by {backend}", "backend_macs"),
        Column("", "reason", numeric=False),
    )
    differing = [opinion for opinion in opinions if not opinion.agrees]
    rows = []
    for opinion in differing:
        counts = (opinion.ours, opinion.theirs)
        cells = [EMPTY if macs is None else Cell(macs, units.exact(macs)) for macs in counts]
        rows.append(
            [Cell(opinion.name, opinion.name), *cells, Cell(opinion.reason, opinion.reason)]
        )
    ours, theirs = (
        units.exact(sum(macs or 0 for macs in counts))
        for counts in (
            [opinion.ours for opinion in opinions],
            [opinion.theirs for opinion in opinions],
        )
    )
    verdict = (
        f"{cost.model}: {ours} MACs by netzoo, {theirs} by {backend} itself "
        f"({MEANS.get(backend, '')}); {len(differing)} of {len(opinions)} layers differ."
    )
    return Table(columns, rows, [verdict])


def opinion_json(cost: Cost, opinions: Sequence[BackendCount]) -> dict[str, Any]:
    """Return both counts of each layer as plain values."""
    return {
        "model": cost.model,
        "agrees": all(opinion.agrees for opinion in opinions),
        "layers": [
            {"name": o.name, "macs": o.ours, "backend_macs": o.theirs, "reason": o.reason}
            for o in opinions
        ],
    }
