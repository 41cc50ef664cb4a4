"""Figures as SVG and PNG, drawn without a browser, at the width of a paper's column."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import vl_convert

from netzoo.report.curves import curves
from netzoo.report.figure import Figure, slug
from netzoo.report.words import translate_titles
from netzoo.results.comparison import Comparison

VEGA_LITE = "6.4"  # one of the versions in vl-convert
COLUMN_PX = 320  # gives text of about 7 pt
PNG_PX = 800  # the same column at 240 dpi
LEGEND_CHARACTERS = 44  # per line; a symbol and its space count as four
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
    """Yield the file name and the SVG of each figure, for each value of its first choice.

    Other choices, such as the axis, have their first value. A figure of one model at a time is
    drawn for every model.
    """
    for figure in (part for whole in figures for part in whole.parts or [whole]):
        for key in _keys(figure):
            for signals, model in _settings(figure):
                name = "-".join(part for part in (figure.name, key, model) if part)
                yield name, _svg(specification(figure, key, language, signals))


def png(svg: str) -> bytes:
    """Return an SVG as PNG, at least PNG_PX wide."""
    width = re.search(r'<svg[^>]*? width="([\d.]+)', svg)
    assert width is not None
    return vl_convert.svg_to_png(svg, scale=max(1.0, PNG_PX / float(width[1])))


def accuracy_svg(comparison: Comparison) -> str:
    """Return the learning curves of a comparison as SVG, "" without a completed epoch."""
    figure = curves(comparison)
    return "" if figure is None else _svg(specification(figure, "accuracy-epoch"))


def specification(
    figure: Figure, key: str, language: str = "en", signals: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return a figure's chart as Vega-Lite JSON with its data.

    key: the chart's key in `Figure.charts`. signals: values of the chart's parameters.
    """
    whole: dict[str, Any] = translate_titles(figure.specs[key], language) | {
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
    """Yield the chart's key for each value of the first choice, with the first of the others."""
    charted = [choice for choice in figure.choices if choice.signal is None]
    if not charted:
        yield from figure.charts
        return
    rest = [choice.options[0][0] for choice in charted[1:]]
    for value, _ in charted[0].options:
        yield "-".join([value, *rest])


def _settings(figure: Figure) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the signals' values, and the model's part of the file name.

    A figure of one model at a time yields every model; others yield no signals, and "".
    """
    models = next((choice for choice in figure.choices if choice.label == "Model"), None)
    if models is None or models.signal is None:
        yield {}, ""
        return
    for name, _ in models.options:
        yield {models.signal: name}, slug(name)
