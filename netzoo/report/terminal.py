"""Learning curves as text for a terminal, drawn by plotext."""

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
WIDTH, HEIGHT = 100, 20  # default and largest size of a plot, in characters
LEAST_WIDTH, LEAST_HEIGHT = 30, 8

# Splits in order of preference; the plot shows the split that most models have by epoch.
SPLITS = {"test": "Test", "validation": "Validation", "train": "Training"}
# One mark for each model, since a terminal may have no colours.
MARKS = "●▲■◆○△□◇▼▽abcdefghijklmnopqrstuvwxyz"
COLORS = ("blue+", "orange+", "green+", "magenta+", "cyan+", "red+")


@dataclass(frozen=True)
class Curve:
    """A model's accuracy (0 to 1) by epoch, the mean over its seeds.

    seeds: number of seeds, those with the most epochs only.
    """

    name: str
    points: dict[int, float]
    seeds: int


def plotext() -> Any:
    """Return the package plotext. Raises MissingPackage if it is absent or older than 6.

    The command line calls it before training, so that a missing package costs no time.
    """
    package = require("plotext", "`plot`", INSTALL)
    version = package.__version__
    if int(version.partition(".")[0]) < 6:  # the interface changed in 6
        raise MissingPackage(f"`plot` needs plotext 6 or later, found {version}: {INSTALL}")
    return package


def learning_curves(
    comparison: Comparison, width: int = WIDTH, height: int = HEIGHT, *, color: bool = False
) -> str:
    """Return accuracy by epoch as text, one curve for each model, with the legend below it.

    width: characters of a line. height: lines without the legend. color: with ANSI colour codes.
    Raises MissingPackage without plotext.
    """
    drawing = plotext()
    split, curves = _curves(comparison.models)
    if not curves:
        return "No learning curves: no completed epoch."
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    figure = _empty(drawing, width, height)
    seeds = len(comparison.recipe["seeds"])
    figure.title(
        f"{SPLITS[split]} accuracy by epoch" + (f", mean over {seeds} seeds" if seeds > 1 else "")
    )
    figure.label("Accuracy, %", "y")
    figure.label("Epoch", "x")
    _scale(figure, curves, width, height)
    styles = [_style(drawing, index) for index in range(len(curves))]
    for curve, (mark, pixel) in reversed([*zip(curves, styles, strict=True)]):  # the first on top
        epochs, shares = list(curve.points), [100 * share for share in curve.points.values()]
        line = drawing.marker("braille", pixel)
        figure.draw(figure.signal(epochs, shares, marker=line).lines())
        stride = -(-len(epochs) // (width // 6))  # more marks would hide the line
        dots = figure.signal(epochs[::stride], shares[::stride], marker=drawing.marker(mark, pixel))
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
    """Return the split that most models have, and their curves on it."""
    by_split = {
        split: [curve for row in models if (curve := _curve(row, split)) is not None]
        for split in SPLITS
    }
    split = max(SPLITS, key=lambda split: len(by_split[split]))
    return split, by_split[split]


def _curve(row: ModelRow, split: str) -> Curve | None:
    """Return a model's curve; None without a point.

    Seeds with fewer epochs are left out, since the mean would jump at their last epoch.
    """
    by_seed = [
        {
            epoch.epoch: accuracy
            for epoch in history
            if (accuracy := getattr(epoch, f"{split}_accuracy")) is not None
            and math.isfinite(accuracy)
        }
        for history in row.history
    ]
    most = max(map(len, by_seed), default=0)
    if not most:
        return None
    longest = [points for points in by_seed if len(points) == most]
    epochs = sorted({epoch for points in longest for epoch in points})
    means = {e: fmean(points[e] for points in longest if e in points) for e in epochs}
    return Curve(row.name, means, len(longest))


def _empty(drawing: Any, width: int, height: int) -> Any:
    """Return a new figure, since plotext's shared one may hold a plot of the caller."""
    terminal = type(drawing.terminal)().limit(False, False)
    figure = type(drawing.figure)(terminal)
    return figure.plot_size(width, height).theme("simple")


def _scale(figure: Any, curves: Sequence[Curve], width: int, height: int) -> None:
    """Set the limits and the ticks of both axes."""
    last = max(max(curve.points) for curve in curves)
    # A single epoch is centred.
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
    """Return round numbers that span low to high, with at most `most` intervals."""
    steps = (10**power * factor for power in itertools.count() for factor in (1, 2, 5))
    for step in steps:
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first <= max(most, 2):  # 2 if a round number lies between
            break
    return [number * step for number in range(first, last + 1)]


def _style(drawing: Any, index: int) -> tuple[str, Any]:
    color = COLORS[index % len(COLORS)]
    return MARKS[index % len(MARKS)], drawing.pixel(foreground=color)


def _legend(curves: Sequence[Curve], marks: Sequence[str], seeds: int, width: int) -> list[str]:
    """Return the models with their marks, in lines of at most `width`; seeds: of the comparison."""
    lines: list[str] = []
    free = 0
    for curve, mark in zip(curves, marks, strict=True):
        label = curve.name
        if curve.seeds < seeds:
            label += f" ({curve.seeds} of {seeds} seeds)"
        taken = len(label) + 5  # the mark and a space, and three spaces before the next
        if taken > free:
            lines.append("")
            free = width + 3
        lines[-1] += ("   " if lines[-1] else "") + f"{mark} {label}"
        free -= taken
    return lines


def _missing_lines(models: Sequence[ModelRow], curves: Sequence[Curve], width: int) -> list[str]:
    """Return the line that names the models without a curve, wrapped; none if all have one."""
    drawn = {curve.name for curve in curves}
    missing = [row.name for row in models if row.name not in drawn]
    line = f"Not drawn (no completed epoch): {', '.join(missing)}."
    return textwrap.wrap(line, width) if missing else []
