"""The type of a figure: Vega-Lite charts over one set of rows, for the page and for files.

Needs Altair. Titles are English; the page and the files translate them (netzoo.report.words).
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import altair as alt

from netzoo.report.words import Sentence

# Distinct for colour-blind readers, with a contrast of 3 : 1 or more on white and near-black.
PALETTE = (
    "#3b7dd8",
    "#d9622b",
    "#2a9d5c",
    "#b14fc5",
    "#b58105",
    "#d6457a",
    "#2396a0",
    "#8f6f5c",
    "#6c7ae0",
    "#77882b",
)
ACCENT = PALETTE[0]  # the colour of figures without a colour for each model
SLANTED = alt.Axis(labelAngle=-35, labelLimit=160, labelOverlap=False)
DIMMED = 0.12  # opacity of marks of models that are not picked


@dataclass(frozen=True)
class Choice:
    """A setting of a figure that the reader can change.

    signal: the chart's parameter that takes the value; None if each value has its own chart.
    options: values with their English labels; the first is the default.
    """

    label: str
    options: tuple[tuple[str, str], ...]
    signal: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure: its rows, and the charts that show them.

    name: of its files, such as "curves"; also of its rows, unless `source` gives another name.
    charts: by the values of the choices without a signal, joined by "-"; "" without choices.
    numbers: the values of the chart as a table below `headings`, for readers who cannot see it.
    more: further rows, by name. wide: keeps its own width instead of the page's.
    parts: narrower figures that replace it in files.
    """

    name: str
    title: str
    caption: Sentence
    rows: Sequence[Mapping[str, Any]]
    charts: Mapping[str, Any]
    choices: tuple[Choice, ...] = ()
    headings: Sequence[str] = ()
    numbers: Sequence[Sequence[str]] = ()
    wide: bool = False
    more: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    source: str = ""
    parts: Sequence["Figure"] = ()

    def renamed(self, name: str) -> "Figure":
        """Return the figure under another name, for a page with two figures of one kind."""
        return replace(self, name=name, source=self.source or self.name)

    @functools.cached_property
    def specs(self) -> dict[str, dict[str, Any]]:
        """Return each chart as Vega-Lite JSON, without its rows."""
        # Tests validate them against Vega-Lite's schema, which takes a second for a page.
        return {key: chart.to_dict(validate=False) for key, chart in self.charts.items()}

    def datasets(self) -> dict[str, Any]:
        """Return the rows of the charts, by the names of the data in the charts."""
        return {
            self.source or self.name: list(self.rows),
            **{name: list(rows) for name, rows in self.more.items()},
        }


def slug(name: str) -> str:
    """Return a model's name in characters that are safe in a file name."""
    return re.sub(r"[^\w.-]+", "-", name)[:60].strip("-.") or "model"


def rows_named(name: str) -> Any:
    """Return a chart's reference to the rows with a name."""
    return alt.NamedData(name)


def color(models: Sequence[str]) -> Any:
    """Return the encoding of the model as a colour, the same in every figure."""
    scale = alt.Scale(domain=list(models), range=colors(models))
    return alt.Color("model:N", scale=scale, sort=None, title="Model")


def colors(models: Sequence[str]) -> list[str]:
    """Return a colour for each model; the palette repeats after its end."""
    return [PALETTE[index % len(PALETTE)] for index in range(len(models))]


def picked_param() -> Any:
    """Return the parameter with the name of the picked model, "" for none."""
    return alt.param(name="picked", value="")


def opacity(full: float = 1.0, dimmed: float = DIMMED) -> Any:
    """Return the opacity of a mark: full for the picked model, or for all if none is picked."""
    return alt.condition(
        "picked == '' || datum.model == picked", alt.value(full), alt.value(dimmed)
    )
