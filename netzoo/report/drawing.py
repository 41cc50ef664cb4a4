"""Figures as SVG and PNG, drawn without a browser, as wide as a column of a paper."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import vl_convert

from netzoo.report.curves import curves
from netzoo.report.figure import Figure, word
from netzoo.report.words import translated
from netzoo.results.comparison import Comparison

VEGA_LITE = "6.4"  # of the versions that vl-convert brings
COLUMN_PX = 320  # the text comes at about 7 pt
PNG_PX = 800  # the same column at 240 dots an inch
LEGEND_CHARACTERS = 44  # of a line, a name's symbol and space taken for four
FONT = "Liberation Sans, Arial, Helvetica, Noto Sans CJK SC, sans-serif"
CONFIG = {
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 10, "titleFontSize": 10, "titleFontWeight": "normal"},
    "axisX": {"grid": False},
    "legend": {
        "labelFontSize": 10,
        "titleFontSize": 10,
        "labelLimit": 250,
        "orient": "bottom",
        "symbolOpacity": 1,
    },
    "text": {"fontSize": 10},
}


def svgs(figures: Sequence[Figure], language: str) -> Iterator[tuple[str, str]]:
    """Yield each figure for all that it can show: a name for its file, and its SVG.

    Other choices of the reader, as of an axis, are as the page shows them first.
    """
    for figure in (part for each in figures for part in each.parts or [each]):
        for key in _keys(figure):
            for signals, words in _settings(figure):
                name = "-".join(word for word in (figure.name, key, words) if word)
                yield name, _svg(specification(figure, key, language, signals))


def png(svg: str) -> bytes:
    """Return a drawing as PNG, sharp enough for a column in print."""
    width = re.search(r'<svg[^>]*? width="([\d.]+)', svg)
    assert width is not None
    return vl_convert.svg_to_png(svg, scale=max(1.0, PNG_PX / float(width[1])))


def accuracy_svg(comparison: Comparison) -> str:
    """Return the learning curves of a comparison, "" if no epoch has ended."""
    figure = curves(comparison)
    return "" if figure is None else _svg(specification(figure, "accuracy-epoch"))


def specification(
    figure: Figure, key: str, language: str = "en", signals: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return a figure's chart as Vega-Lite JSON that holds its rows; signals: values for its own.

    key: of the chart, as in `Figure.charts`.
    """
    whole: dict[str, Any] = translated(figure.specs[key], language) | {
        "datasets": figure.datasets()
    }
    whole["params"] = [
        param | {"value": (signals or {}).get(param["name"], param.get("value"))}
        for param in whole.get("params", ())
    ]
    if whole.get("width") == "container":
        longest = max((len(str(row.get("model", ""))) for row in figure.rows), default=0)
        columns = max(1, LEGEND_CHARACTERS // (longest + 4))
        whole |= {"width": COLUMN_PX, "config": {"legend": {"columns": columns}}}
        whole |= {"autosize": {"type": "fit-x", "contains": "padding"}}
    return whole


def _svg(spec: dict[str, Any]) -> str:
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, config=CONFIG)


def _keys(figure: Figure) -> Iterator[str]:
    """Yield the charts for each value of the first choice, and the first values of the others."""
    charted = [choice for choice in figure.choices if choice.signal is None]
    if not charted:
        yield from figure.charts
        return
    rest = [choice.options[0][0] for choice in charted[1:]]
    for value, _ in charted[0].options:
        yield "-".join([value, *rest])


def _settings(figure: Figure) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the values of the signals to draw with, and a word of them for the file's name.

    Every model of a figure that shows one at a time; of anything else, what the page shows first.
    """
    models = next((choice for choice in figure.choices if choice.label == "Model"), None)
    if models is None or models.signal is None:
        yield {}, ""
        return
    for name, _ in models.options:
        yield {models.signal: name}, word(name)
