"""A table, and its four forms: for a terminal, JSON's raw data apart, CSV and Markdown."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FORMATS = ("table", "json", "csv", "markdown")
WIDEST = 10_000  # columns of text that nothing reaches


@dataclass(frozen=True)
class Column:
    """A heading for people, perhaps of two lines, and a key for CSV; numbers stand to the right."""

    heading: str
    key: str
    numeric: bool = True


@dataclass(frozen=True)
class Cell:
    """A value as it is, for CSV, and as people read it."""

    raw: Any
    text: str


EMPTY = Cell(None, "–")


@dataclass(frozen=True)
class Table:
    """Columns, rows of as many cells, and the lines below: conventions, origins, failures."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    footer: Sequence[str] = ()

    def render(self, form: str, width: int | None = None) -> str:
        """Return the table as "table", "csv" or "markdown"; it ends without a line feed.

        width: of the terminal in characters, for "table"; None: as wide as it needs.
        """
        return {"csv": self._csv, "markdown": self._markdown}.get(form, lambda: self._text(width))()

    def _text(self, width: int | None) -> str:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table as RichTable

        drawn = RichTable(box=SIMPLE_HEAD, pad_edge=False, header_style="")
        for column in self.columns:
            drawn.add_column(column.heading, justify="right" if column.numeric else "left")
        for row in self.rows:
            drawn.add_row(*(cell.text for cell in row))
        page = io.StringIO()
        Console(file=page, width=width or WIDEST, color_system=None, markup=False).print(drawn)
        lines = [line.rstrip() for line in page.getvalue().splitlines()]
        lines = [line for line in lines if line]
        return "\n".join([*lines, *([""] if self.footer else []), *self.footer])

    def _csv(self) -> str:
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        writer.writerow(column.key for column in self.columns)
        writer.writerows([cell.raw for cell in row] for row in self.rows)
        return page.getvalue().rstrip("\n")

    def _markdown(self) -> str:
        lines = [[column.heading.replace("\n", " ") for column in self.columns]]
        lines += [["--:" if column.numeric else ":--" for column in self.columns]]
        lines += [[cell.text.replace("|", "\\|") for cell in row] for row in self.rows]
        drawn = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([*drawn, *(f"\n{line}" for line in self.footer)])
