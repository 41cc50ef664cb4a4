"""What models cost, as tables: one model by layer, or several in total."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from netzoo import units
from netzoo.costs import Cost, LayerCost
from netzoo.errors import no_such
from netzoo.tables.table import Cell, Column, Table

CONVENTION = (
    "MACs: multiply-adds of convolutions and matrix products, one image, forward, bias not counted."
    " FLOPs = 2 × MACs."
)

# heading, the value of a layer, whether its share of the total is shown beside it
_COLUMNS: dict[str, tuple[str, Callable[[LayerCost], Any], bool]] = {
    "type": ("Type", lambda layer: layer.type, False),
    "output_shape": ("Output", lambda layer: layer.output_shape, False),
    "params": ("Parameters", lambda layer: layer.params, True),
    "trainable_params": ("Trainable", lambda layer: layer.trainable_params, False),
    "macs": ("MACs", lambda layer: layer.macs, True),
    "flops": ("FLOPs", lambda layer: layer.flops, False),
    "training_flops": ("Training FLOPs", lambda layer: layer.training_flops, True),
    "elementwise": ("Element-wise", lambda layer: layer.elementwise, False),
    "weight_bytes": ("Weight bytes", lambda layer: layer.weight_bytes, False),
    "activation_bytes": ("Activation bytes", lambda layer: layer.activation_bytes, False),
    "arithmetic_intensity": ("FLOPs a byte", lambda layer: layer.arithmetic_intensity, False),
    "receptive_field": ("Field, px", lambda layer: layer.receptive_field, False),
}
COLUMNS = tuple(_COLUMNS)
SORTABLE = tuple(n for n in COLUMNS if n not in ("type", "output_shape", "receptive_field"))
DEFAULT_COLUMNS = ("type", "output_shape", "params", "macs")
TRAINING_COLUMNS = ("type", "output_shape", "training_flops", "activation_bytes")


def uncounted_line(layers: Sequence[str]) -> list[str]:
    """Return the line that names the layers without a rule, if there are any."""
    return [f"Not in the MACs, for want of a rule: {', '.join(layers)}."] if layers else []


def batched(cost: Cost, size: int) -> Cost:
    """Return the cost of a batch: the weights are the same, all else is as many times more."""

    def grown(layer: LayerCost) -> LayerCost:
        return replace(
            layer,
            macs=layer.macs * size,
            elementwise=layer.elementwise * size,
            training_macs=layer.training_macs * size,
            activation_bytes=layer.activation_bytes * size,
            layers=tuple(map(grown, layer.layers)),
        )

    return replace(
        cost,
        layers=tuple(map(grown, cost.layers)),
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
    for name in columns:
        if name not in _COLUMNS:
            raise no_such("column", name, COLUMNS)
    if sort is not None and sort not in SORTABLE:
        raise no_such("column to sort by", sort, SORTABLE)
    cost = batched(cost, batch_size)
    layers = list(cost.flat(depth))
    if sort is not None:
        layers.sort(key=lambda layer: -_COLUMNS[sort][1](layer))
    headings = [Column("Layer", "name", numeric=False)]
    for name in columns:
        headings.append(Column(_COLUMNS[name][0], name, numeric=name != "type"))
        if _COLUMNS[name][2]:
            headings.append(Column("Share", f"{name}_share"))
    rows = [[Cell(layer.name, layer.name), *_cells(layer, cost, columns)] for layer in layers]
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


def _cells(layer: LayerCost, cost: Cost, columns: Sequence[str]) -> list[Cell]:
    cells = []
    for name in columns:
        _, value_of, with_share = _COLUMNS[name]
        value = value_of(layer)
        if isinstance(value, tuple):
            cells.append(shape_cell(value))
        elif isinstance(value, int):
            cells.append(Cell(value, units.exact(value)))
        elif isinstance(value, float):
            cells.append(Cell(round(value, 6), units.rate(value)))
        else:
            cells.append(Cell(value, "–" if value is None else str(value)))
        if with_share:
            total = getattr(cost, name)
            share = value / total if total else 0.0
            cells.append(Cell(round(share, 6), units.percent(share) if value else ""))
    return cells


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


def shape_cell(shape: tuple[int | None, ...]) -> Cell:
    """Return a shape without its batch, for CSV as "28x28x1"."""
    return Cell("x".join(map(str, shape)), units.shape(shape))


def _bytes(count: int) -> Cell:
    return Cell(count, units.quantity(count, "B"))
