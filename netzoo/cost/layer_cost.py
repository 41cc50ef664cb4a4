"""What one layer costs, and the columns of its row in a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netzoo import units
from netzoo.tables.cells import shape_cell
from netzoo.tables.table import Cell


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs for one image.

    output_shape: without the batch of one; with it where more than one is folded into the batch.
    macs: multiply-adds of convolutions and matrix products in one forward pass, bias not counted.
    training_macs: the same in a step of training, plus the backward pass: as much again for the
    gradient of each operand that needs one, where the loss depends on the product.
    weight_bytes: of its weights. activation_bytes: of its outputs, or of all that is inside, for a
    nested model or a layer of yours that was counted by that; 0 for one that hands its input on
    (reshaped, or dropout outside training).
    elementwise: operations on single elements in one forward pass: biases, activations, pooling.
    receptive_field: pixels of the model's input that one output sees, by axis; None where places
    are mixed (after a flattening, say), or not known.
    layers: what it is made of, where it was counted by that.
    """

    name: str
    type: str
    output_shape: tuple[int | None, ...]
    params: int
    trainable_params: int
    macs: int
    training_macs: int
    weight_bytes: int = 0
    activation_bytes: int = 0
    elementwise: int = 0
    receptive_field: tuple[int, ...] | None = None
    layers: tuple["LayerCost", ...] = ()

    @property
    def flops(self) -> int:
        """Return the floating-point operations of one forward pass: 2 × MACs."""
        return 2 * self.macs

    @property
    def training_flops(self) -> int:
        """Return the floating-point operations of one forward and backward pass."""
        return 2 * self.training_macs

    @property
    def arithmetic_intensity(self) -> float:
        """Return the FLOPs of one forward pass for each byte of weights and activations."""
        return intensity(self.flops, self.weight_bytes, self.activation_bytes)

    def of_batch(self, size: int) -> "LayerCost":
        """Return the cost for a batch: the weights are the same, all else is as many times more."""
        return replace(
            self,
            macs=self.macs * size,
            elementwise=self.elementwise * size,
            training_macs=self.training_macs * size,
            activation_bytes=self.activation_bytes * size,
            layers=tuple(layer.of_batch(size) for layer in self.layers),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        keys = ("name", "type", "output_shape", "params", "trainable_params", "macs", "flops")
        more = ("training_flops", "elementwise", "weight_bytes", "activation_bytes")
        last = ("arithmetic_intensity", "receptive_field")
        values = {key: getattr(self, key) for key in (*keys, *more, *last)}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}


def intensity(flops: int, weight_bytes: int, activation_bytes: int) -> float:
    """Return the FLOPs for each byte of weights and activations."""
    return flops / max(weight_bytes + activation_bytes, 1)


# heading, the value of a layer, whether its share of the total is shown beside it
LAYER_COLUMNS: dict[str, tuple[str, Callable[[LayerCost], Any], bool]] = {
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
COLUMNS = tuple(LAYER_COLUMNS)
SORTABLE = tuple(n for n in COLUMNS if n not in ("type", "output_shape", "receptive_field"))
DEFAULT_COLUMNS = ("type", "output_shape", "params", "macs")
TRAINING_COLUMNS = ("type", "output_shape", "training_flops", "activation_bytes")


def layer_cells(
    layer: LayerCost, columns: Sequence[str], total_of: Callable[[str], int]
) -> list[Cell]:
    """Return a layer's cells; total_of: the model's total of a column, for the shares."""
    cells = []
    for name in columns:
        _, value_of, with_share = LAYER_COLUMNS[name]
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
            total = total_of(name)
            share = value / total if total else 0.0
            cells.append(Cell(round(share, 6), units.percent(share) if value else ""))
    return cells
