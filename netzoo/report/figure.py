"""What a figure is: Vega-Lite charts over one set of rows, the same on the page and in a file.

Needs Altair. Titles are written in English, and translated where they are drawn
(netzoo.report.words).
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import altair as alt

from netzoo.report.words import Sentence

# Apart from each other for colour-blind readers, and 3 : 1 or more on white and on near-black.
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
ACCENT = PALETTE[0]  # of a figure without colours by model
SLANTED = alt.Axis(labelAngle=-35, labelLimit=160, labelOverlap=False)
FADED = 0.12  # of what does not belong to the picked model


@dataclass(frozen=True)
class Choice:
    """A setting of a figure that the reader may switch.

    signal: the chart's parameter that takes the value; None where each value has a chart of its
    own. options: value and English label; the first is shown before anything is switched.
    """

    label: str
    options: tuple[tuple[str, str], ...]
    signal: str | None = None


@dataclass(frozen=True)
class Figure:
    """A figure: its rows, and a chart for each way to show them.

    name: of its files, "curves"; of its rows, too, unless `source` says another.
    charts: by the values of the choices without a signal, in their order and joined by "-"; of a
    figure without such choices, "".
    numbers: what the chart shows, as rows of values below headings, for those who cannot see it.
    wide: as wide as it says, and not as the page is. parts: drawn in its place in a column.
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
        """Return the figure for a page that has another of its kind."""
        return replace(self, name=name, source=self.source or self.name)

    @functools.cached_property
    def specs(self) -> dict[str, dict[str, Any]]:
        """Return each chart as Vega-Lite JSON, without its rows."""
        # Tests hold them against Vega-Lite's schema; here that would take a second a page.
        return {key: chart.to_dict(validate=False) for key, chart in self.charts.items()}

    def datasets(self) -> dict[str, Any]:
        """Return the rows of the charts by the names that they have there."""
        return {
            self.source or self.name: list(self.rows),
            **{name: list(rows) for name, rows in self.more.items()},
        }


def word(name: str) -> str:
    """Return a model's name as a part of a file's."""
    return re.sub(r"[^\w.-]+", "-", name)[:60].strip("-.") or "model"


def rows_named(name: str) -> Any:
    """Return the reference to a figure's rows."""
    return alt.NamedData(name)


def color(models: Sequence[str]) -> Any:
    """Return the encoding of a row's model by its colour, the same in every figure."""
    scale = alt.Scale(domain=list(models), range=colors(models))
    return alt.Color("model:N", scale=scale, sort=None, title="Model")


def colors(models: Sequence[str]) -> list[str]:
    """Return a colour for each model; beyond the palette's end they come again."""
    return [PALETTE[place % len(PALETTE)] for place in range(len(models))]


def picked() -> Any:
    """Return the parameter that holds the name of the picked model, "" for none."""
    return alt.param(name="picked", value="")


def fading(strong: float = 1.0, faded: float = FADED) -> Any:
    """Return the opacity of a mark: strong for the picked model's, or for all if none is."""
    return alt.condition(
        "picked == '' || datum.model == picked", alt.value(strong), alt.value(faded)
    )
