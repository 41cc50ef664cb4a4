"""Cells shared by several tables: numbers, times, memory, accuracies, differences, shapes."""

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


def ratio_cell(value: int | None, base: int | None) -> Cell:
    """Return the cell of a ratio to a base."""
    if value is None or not base:
        return EMPTY
    return Cell(round(value / base, 4), units.ratio(value / base))


def interval_cell(value: Estimate | None) -> Cell:
    """Return the cell of the 95 % interval of an accuracy; in CSV its bounds, shares of one."""
    if value is None or value.ci95 is None:
        return EMPTY
    low, high = value.ci95
    return Cell(f"{low:.6f} {high:.6f}", units.percent_range(low, high))


def rate_cell(rate: float | None) -> Cell:
    """Return the cell of images per second."""
    return EMPTY if rate is None else Cell(round(rate, 1), units.rate(rate))


def seconds_cell(seconds: float | None) -> Cell:
    """Return the cell of a duration."""
    return EMPTY if seconds is None else Cell(round(seconds, 2), units.seconds(seconds))


def bytes_cell(count: int | None) -> Cell:
    """Return the cell of a number of bytes."""
    return EMPTY if count is None else Cell(count, units.quantity(count, "B"))
