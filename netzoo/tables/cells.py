"""Cells shared by several tables: numbers, accuracies, differences, shapes."""

from netzoo import units
from netzoo.stats import Delta, Estimate
from netzoo.tables.table import EMPTY, Cell


def shape_cell(shape: tuple[int | None, ...]) -> Cell:
    """Return the cell of a shape without its batch, in CSV "28x28x1"."""
    return Cell("x".join(map(str, shape)), units.shape(shape))


def number_cell(value: float | None) -> Cell:
    """Return the cell of a number with an SI prefix; EMPTY for None."""
    return EMPTY if value is None else Cell(round(value, 1), units.quantity(value))


def accuracy_cell(value: Estimate | None) -> Cell:
    """Return the cell of an accuracy, over several seeds with its standard deviation."""
    if value is None:
        return EMPTY
    return Cell(round(value.mean, 6), units.percent_spread(value.mean, value.sd))


def delta_cell(delta: Delta | None) -> Cell:
    """Return the cell of a difference of accuracies in points with its interval."""
    if delta is None:
        return EMPTY
    return Cell(round(delta.mean, 6), units.points(delta.mean, delta.ci95))
