"""Cells that several tables have: a number, an accuracy, a difference, a shape."""

from netzoo import units
from netzoo.stats import Delta, Estimate
from netzoo.tables.table import EMPTY, Cell


def shape_cell(shape: tuple[int | None, ...]) -> Cell:
    """Return a shape without its batch, for CSV as "28x28x1"."""
    return Cell("x".join(map(str, shape)), units.shape(shape))


def number_cell(value: float | None) -> Cell:
    """Return a number with an SI prefix."""
    return EMPTY if value is None else Cell(round(value, 1), units.quantity(value))


def accuracy_cell(value: Estimate | None) -> Cell:
    """Return an accuracy, of several seeds with its standard deviation."""
    if value is None:
        return EMPTY
    return Cell(round(value.mean, 6), units.percent_spread(value.mean, value.sd))


def delta_cell(delta: Delta | None) -> Cell:
    """Return a difference of accuracies in points with its interval."""
    if delta is None:
        return EMPTY
    return Cell(round(delta.mean, 6), units.points(delta.mean, delta.ci95))
