"""Learning curves as text, for a terminal, drawn by plotext."""

import itertools
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from netzoo import units
from netzoo.errors import MissingPackage, require
from netzoo.results.comparison import Comparison
from netzoo.results.model_row import ModelRow

INSTALL = 'pip install "netzoo[report]"'
WIDTH, HEIGHT = 100, 20  # of a plot in characters, where there is room
LEAST_WIDTH, LEAST_HEIGHT = 30, 8

# Of which images the accuracy is: the first of these that the most models have by epoch.
SPLITS = {"test": "Test", "validation": "Validation", "train": "Training"}
# Each model has a mark of its own, so that the lines are told apart without colours.
MARKS = "●▲■◆○△□◇▼▽abcdefghijklmnopqrstuvwxyz"
COLORS = ("blue+", "orange+", "green+", "magenta+", "cyan+", "red+")


@dataclass(frozen=True)
class Curve:
    """A model's accuracy, a share of one, by epoch: the mean over its seeds.

    seeds: how many: those that have the most epochs.
    """

    name: str
    points: dict[int, float]
    seeds: int


def plotext() -> Any:
    """Return the package that draws. Raises MissingPackage where there is none, or too old a one.

    It is asked for before anything is trained for the sake of a plot.
    """
    found = require("plotext", "`plot`", INSTALL)
    if int(found.__version__.partition(".")[0]) < 6:  # its interface was another one
        raise MissingPackage(
            f"`plot` needs plotext 6 or later; this is {found.__version__}: {INSTALL}"
        )
    return found


def learning_curves(
    comparison: Comparison, width: int = WIDTH, height: int = HEIGHT, *, color: bool = False
) -> str:
    """Return accuracy by epoch, a line a model, as text of so many characters and lines.

    The legend is below it, in lines of its own. color: with the codes of a terminal.
    Raises MissingPackage.
    """
    drawing = plotext()
    split, curves = _curves(comparison.models)
    if not curves:
        return "No learning curves: no epoch has ended."
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    figure = _empty(drawing, width, height)
    seeds = len(comparison.recipe["seeds"])
    figure.title(
        f"{SPLITS[split]} accuracy by epoch" + (f", mean over {seeds} seeds" if seeds > 1 else "")
    )
    figure.label("Accuracy, %", "y")
    figure.label("Epoch", "x")
    _scale(figure, curves, width, height)
    styles = [_style(drawing, place) for place in range(len(curves))]
    for curve, (mark, pixel) in reversed([*zip(curves, styles, strict=True)]):  # the first on top
        epochs, shares = list(curve.points), [100 * share for share in curve.points.values()]
        line = drawing.marker("braille", pixel)
        figure.draw(figure.signal(epochs, shares, marker=line).lines())
        apart = -(-len(epochs) // (width // 6))  # more marks would hide the line
        dots = figure.signal(epochs[::apart], shares[::apart], marker=drawing.marker(mark, pixel))
        figure.draw(dots)
    lines = figure.build().string(colorless=not color).splitlines()
    marks = [drawing.colorize(*style).string(colorless=not color) for style in styles]
    return "\n".join(
        [
            *(line.rstrip() for line in lines if line.strip()),
            *_legend(curves, marks, seeds, width),
            *_missing_lines(comparison.models, curves, width),
        ]
    )


def _curves(models: Sequence[ModelRow]) -> tuple[str, list[Curve]]:
    """Return of which images the accuracies are, and the models' curves."""
    found = {
        split: [curve for row in models if (curve := _curve(row, split)) is not None]
        for split in SPLITS
    }
    split = max(SPLITS, key=lambda split: len(found[split]))
    return split, found[split]


def _curve(row: ModelRow, split: str) -> Curve | None:
    """Return a model's curve; None without a point.

    Seeds that ended before others are left out: the mean would jump where they end.
    """
    found = [
        {
            epoch.epoch: accuracy
            for epoch in history
            if (accuracy := getattr(epoch, f"{split}_accuracy")) is not None
            and math.isfinite(accuracy)
        }
        for history in row.history
    ]
    most = max(map(len, found), default=0)
    if not most:
        return None
    whole = [each for each in found if len(each) == most]
    epochs = sorted({epoch for each in whole for epoch in each})
    points = {e: fmean(each[e] for each in whole if e in each) for e in epochs}
    return Curve(row.name, points, len(whole))


def _empty(drawing: Any, width: int, height: int) -> Any:
    """Return a figure of its own: the one that plotext shares may hold a plot of the caller's."""
    terminal = type(drawing.terminal)().limit(False, False)
    figure = type(drawing.figure)(terminal)
    return figure.plot_size(width, height).theme("simple")


def _scale(figure: Any, curves: Sequence[Curve], width: int, height: int) -> None:
    """Set the limits and the ticks of both axes."""
    last = max(max(curve.points) for curve in curves)
    # A single epoch stands in the middle.
    figure.ruler("x").lim(*((1, last) if last > 1 else (0.5, 1.5)))
    epochs = [tick for tick in _ticks(1, last, width // 8) if 1 <= tick <= last]
    figure.ruler("x").ticks(epochs, [units.exact(tick) for tick in epochs])
    shares = [100 * share for curve in curves for share in curve.points.values()]
    low, high = min(shares), max(shares)
    if high - low < 1:
        low, high = max(low - 0.5, 0), min(high + 0.5, 100)
    ticks = _ticks(low, high, height // 4)
    figure.ruler("y").lim(ticks[0], ticks[-1])
    figure.ruler("y").ticks(ticks, [units.exact(tick) for tick in ticks])


def _ticks(low: float, high: float, most: int) -> list[int]:
    """Return round numbers from at most low to at least high, so many gaps or fewer."""
    steps = (10**power * factor for power in itertools.count() for factor in (1, 2, 5))
    for step in steps:
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first <= max(most, 2):  # two, where a round number lies between low and high
            break
    return [number * step for number in range(first, last + 1)]


def _style(drawing: Any, place: int) -> tuple[str, Any]:
    color = COLORS[place % len(COLORS)]
    return MARKS[place % len(MARKS)], drawing.pixel(foreground=color)


def _legend(curves: Sequence[Curve], marks: Sequence[str], seeds: int, width: int) -> list[str]:
    """Return each model with its mark, as many in a line as it holds; seeds: of the comparison."""
    lines: list[str] = []
    free = 0
    for curve, mark in zip(curves, marks, strict=True):
        words = curve.name
        if curve.seeds < seeds:
            words += f" ({curve.seeds} of {seeds} seeds)"
        taken = len(words) + 5  # the mark and a space, and three before the next
        if taken > free:
            lines.append("")
            free = width + 3
        lines[-1] += ("   " if lines[-1] else "") + f"{mark} {words}"
        free -= taken
    return lines


def _missing_lines(models: Sequence[ModelRow], curves: Sequence[Curve], width: int) -> list[str]:
    """Return which models have no curve."""
    drawn = {curve.name for curve in curves}
    missing = [row.name for row in models if row.name not in drawn]
    told = f"Not drawn, since no epoch has ended: {', '.join(missing)}."
    return textwrap.wrap(told, width) if missing else []
