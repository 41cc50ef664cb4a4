"""What a model costs, by layer and in total, and its tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from netzoo import units
from netzoo.cost.layer_cost import (
    COLUMNS,
    DEFAULT_COLUMNS,
    LAYER_COLUMNS,
    SORTABLE,
    LayerCost,
    intensity,
    layer_cells,
)
from netzoo.errors import no_such
from netzoo.tables.cells import shape_cell
from netzoo.tables.notes import CONVENTION, uncounted_line
from netzoo.tables.shown import Tabled, frame
from netzoo.tables.table import Cell, Column, Table, check_columns


@dataclass(frozen=True)
class Cost(Tabled):
    """What one model costs, batch 1, by layer and in total. FLOPs = 2 × MACs.

    params, trainable_params, weight_bytes: of all weights, one that is used twice counted once.
    peak_activation_bytes: the most that are alive at once in one forward pass, layer by layer.
    uncounted: what cannot be counted: "name (type)" of each layer, with its calls if several.

    >>> import netzoo
    >>> cost = netzoo.summary("lenet")
    >>> cost.params, cost.macs, cost.flops, cost.layers[1].name
    (61706, 416520, 833040, 'conv1')
    """

    model: str
    input_shape: tuple[int | None, ...]
    layers: tuple[LayerCost, ...]
    params: int
    trainable_params: int
    weight_bytes: int
    peak_activation_bytes: int = 0
    uncounted: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        """Return the multiply-adds of one forward pass."""
        return sum(layer.macs for layer in self.layers)

    @property
    def flops(self) -> int:
        """Return the floating-point operations of one forward pass: 2 × MACs."""
        return 2 * self.macs

    @property
    def training_flops(self) -> int:
        """Return the floating-point operations of one forward and backward pass."""
        return 2 * sum(layer.training_macs for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Return the bytes of all outputs, which training keeps for its backward pass."""
        return sum(layer.activation_bytes for layer in self.layers)

    @property
    def elementwise(self) -> int:
        """Return the operations on single elements in one forward pass, apart from the FLOPs."""
        return sum(layer.elementwise for layer in self.layers)

    @property
    def arithmetic_intensity(self) -> float:
        """Return the FLOPs of one forward pass for each byte of weights and activations."""
        return intensity(self.flops, self.weight_bytes, self.activation_bytes)

    def flat(self, depth: int = 1) -> tuple[LayerCost, ...]:
        """Return the rows down to a depth: 1 for the model's own layers, 2 for those in them."""
        rows = self.layers
        for _ in range(depth - 1):
            rows = tuple(inner for row in rows for inner in (row.layers or (row,)))
        return rows

    def to_dict(self, depth: int = 1) -> dict[str, Any]:
        """Return the cost as `netzoo summary --format json` prints it; depth as in `flat`."""
        return {
            "model": self.model,
            "input_shape": list(self.input_shape),
            "params": self.params,
            "trainable_params": self.trainable_params,
            "macs": self.macs,
            "flops": self.flops,
            "training_flops": self.training_flops,
            "elementwise": self.elementwise,
            "weight_bytes": self.weight_bytes,
            "activation_bytes": self.activation_bytes,
            "peak_activation_bytes": self.peak_activation_bytes,
            "arithmetic_intensity": self.arithmetic_intensity,
            "uncounted": list(self.uncounted),
            "layers": [layer.to_dict() for layer in self.flat(depth)],
        }

    def to_pandas(self, depth: int = 1) -> Any:
        """Return a pandas.DataFrame, a row a layer. Raises MissingPackage without pandas."""
        return frame(self.to_dict(depth)["layers"])

    def table(self) -> Table:
        """Return the table of its layers, with totals below."""
        return layer_table(self)


@dataclass(frozen=True)
class NativeCost:
    """What a model costs at its native image size, where a recipe trains it at another."""

    input_shape: tuple[int | None, ...]
    params: int
    macs: int
    flops: int


def batched(cost: Cost, size: int) -> Cost:
    """Return the cost of a batch: the weights are the same, all else is as many times more."""
    return replace(
        cost,
        layers=tuple(layer.of_batch(size) for layer in cost.layers),
        peak_activation_bytes=cost.peak_activation_bytes * size,
    )


def layer_table(
    cost: Cost,
    *,
    depth: int = 1,
    sort: str | None = None,
    columns: Sequence[str] = DEFAULT_COLUMNS,
    batch_size: int = 1,
) -> Table:
    """Return a model's layers, with totals below.

    depth: 1 for the model's own layers, 2 for those in them, and so on. sort: the largest of this
    column first. Raises UnknownName for a column that there is not.
    """
    check_columns(columns, COLUMNS)
    if sort is not None and sort not in SORTABLE:
        raise no_such("column to sort by", sort, SORTABLE)
    cost = batched(cost, batch_size)
    layers = list(cost.flat(depth))
    if sort is not None:
        layers.sort(key=lambda layer: -LAYER_COLUMNS[sort][1](layer))
    headings = [Column("Layer", "name", numeric=False)]
    for name in columns:
        headings.append(Column(LAYER_COLUMNS[name][0], name, numeric=name != "type"))
        if LAYER_COLUMNS[name][2]:
            headings.append(Column("Share", f"{name}_share"))
    rows = [
        [Cell(layer.name, layer.name), *layer_cells(layer, columns, partial(getattr, cost))]
        for layer in layers
    ]
    return Table(headings, rows, [*_totals(cost, batch_size), *uncounted_line(cost.uncounted)])


def totals_table(costs: Sequence[Cost], batch_size: int = 1) -> Table:
    """Return several models' totals side by side."""
    columns = (
        Column("Model", "name", numeric=False),
        Column("Input", "input_shape"),
        Column("Parameters", "params"),
        Column("Weights", "weight_bytes"),
        Column("MACs", "macs"),
        Column("FLOPs", "flops"),
        Column("Training FLOPs", "training_flops"),
        Column("Activations", "activation_bytes"),
        Column("Peak", "peak_activation_bytes"),
    )
    rows = []
    for cost in (batched(each, batch_size) for each in costs):
        rows.append(
            [
                Cell(cost.model, cost.model),
                shape_cell(cost.input_shape),
                Cell(cost.params, units.quantity(cost.params)),
                _bytes(cost.weight_bytes),
                Cell(cost.macs, units.quantity(cost.macs)),
                Cell(cost.flops, units.quantity(cost.flops)),
                Cell(cost.training_flops, units.quantity(cost.training_flops)),
                _bytes(cost.activation_bytes),
                _bytes(cost.peak_activation_bytes),
            ]
        )
    footer = [_convention(batch_size)]
    for cost in costs:
        footer += [f"{cost.model}: {line}" for line in uncounted_line(cost.uncounted)]
    return Table(columns, rows, footer)


def _totals(cost: Cost, batch_size: int) -> list[str]:
    return [
        f"{cost.model}, input {units.shape(cost.input_shape)}{_axes(cost.input_shape)}: "
        f"{units.exact(cost.params)} parameters ({units.exact(cost.trainable_params)} trainable), "
        f"{units.exact(cost.macs)} MACs, {units.exact(cost.flops)} FLOPs, "
        f"{units.exact(cost.training_flops)} in training (forward and backward).",
        f"Weights {units.quantity(cost.weight_bytes, 'B')}; activations "
        f"{units.quantity(cost.activation_bytes, 'B')}, at most "
        f"{units.quantity(cost.peak_activation_bytes, 'B')} at once in a forward pass; "
        f"{units.rate(cost.arithmetic_intensity)} FLOPs a byte of weights and activations.",
        _convention(batch_size),
    ]


def _convention(batch_size: int) -> str:
    return CONVENTION.replace(
        "one image", "one image" if batch_size == 1 else f"{batch_size} images"
    )


def _axes(shape: tuple[int | None, ...]) -> str:
    return " (height × width × channels)" if len(shape) == 3 else ""


def _bytes(count: int) -> Cell:
    return Cell(count, units.quantity(count, "B"))
