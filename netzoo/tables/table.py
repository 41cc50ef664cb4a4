"""The table and its formats: terminal, CSV, Markdown, HTML; the LaTeX format is in latex.py."""

import csv
import html
import io
import textwrap
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from netzoo.errors import no_such
from netzoo.tables import plain

FORMATS = ("table", "json", "csv", "markdown", "latex")
WIDEST = 10_000  # characters; no table is wider
WRAPPED_WIDTH = 120  # of a wrapping table, without a terminal


@dataclass(frozen=True)
class Column:
    """A heading of one or two lines, and a key for CSV; numeric columns are right-aligned."""

    heading: str
    key: str
    numeric: bool = True


class Cell(NamedTuple):
    """A raw value, for CSV, and its text."""

    raw: Any
    text: str


EMPTY = Cell(None, "–")


class Rows(Sequence[Sequence[Cell]]):
    """Rows that are made as they are asked for, where all cells at once take much memory."""

    @abstractmethod
    def texts(self) -> list[list[str]]:
        """Return the texts of the cells of each column."""


@dataclass(frozen=True)
class Table:
    """Columns, rows with a cell for each column, and a footer: conventions, provenance, failures.

    wraps: whether long cells wrap, so that the table fits.
    names: the number of leading columns that name a row; `only` keeps them.
    spare: keys of redundant columns, in the order in which `fitted` omits them.
    last: keys that `fitted` omits after those, if the transposed table is too wide as well.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    footer: Sequence[str] = ()
    wraps: bool = False
    names: int = 1
    spare: Sequence[str] = ()
    last: Sequence[str] = ()

    def render(self, form: str, width: int | None = None, *, turn: bool = True) -> str:
        """Return the table as "table", "csv", "markdown", "latex" or "html".

        The text has no line feed at its end.

        width: of the terminal in characters, for "table"; None: unlimited. A wider table is
        transposed if that fits and turn is true.
        """
        if form in WRITERS:
            return WRITERS[form](self)
        forms = {"csv": self._csv, "markdown": self._markdown, "html": self._html}
        return forms.get(form, lambda: self._text(width, turn))()

    def only(self, keys: Iterable[str]) -> "Table":
        """Return the table with the columns that name a row and the chosen ones, in that order.

        No column of it is spare. Raises UnknownName for an unknown column.
        """
        keys = list(keys)
        places = {column.key: place for place, column in enumerate(self.columns)}
        check_columns(keys, places)
        chosen = dict.fromkeys([*range(self.names), *(places[key] for key in keys)])
        return replace(self._at(chosen), spare=(), last=())

    def fitted(self, width: int) -> "Table":
        """Return the table with as many of its columns as fit into the width, in characters.

        The spare columns are omitted one by one until the table fits. If it never does, the whole
        table is returned if its transposed form fits, else the table without its `last` columns.
        """
        table = self
        for keys in (self.spare, self.last):
            for key in keys:
                if table._fits(width):
                    return table
                places = [p for p, column in enumerate(table.columns) if column.key != key]
                table = table._at(places)
            if not table._fits(width) and self.turned()._fits(width):
                return self
        return table

    def _at(self, places: Iterable[int]) -> "Table":
        """Return the table with the columns at these places only, in this order."""
        places = list(places)
        return replace(
            self,
            columns=[self.columns[place] for place in places],
            rows=[[row[place] for place in places] for row in self.rows],
        )

    def _fits(self, width: int) -> bool:
        return self.wraps or _width(self._drawn()) <= width

    def _text(self, width: int | None, turn: bool) -> str:
        if self.wraps:
            width = width or WRAPPED_WIDTH
        drawn = self._drawn(width if self.wraps and width else WIDEST)
        if turn and width is not None and _width(drawn) > width:
            turned = self.turned()._drawn()
            drawn = turned if _width(turned) <= width else drawn
        footer = [textwrap.fill(line, width) if width else line for line in self.footer]
        return "\n".join([*drawn, *([""] if footer else []), *footer])

    def _drawn(self, width: int = WIDEST) -> list[str]:
        """Return the lines of the table, without the footer; those of many rows in blocks."""
        if not self.wraps:
            headings = [column.heading for column in self.columns]
            numeric = [column.numeric for column in self.columns]
            if isinstance(self.rows, Rows):
                texts = self.rows.texts()
            else:
                texts = [[row[n].text for row in self.rows] for n in range(len(self.columns))]
            drawn = plain.lines(headings, numeric, texts, width)
            if drawn is not None:
                return drawn
        return self._drawn_by_rich(width)

    def _drawn_by_rich(self, width: int) -> list[str]:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table as RichTable

        lines = self.wraps  # between rows of several lines
        drawn = RichTable(box=SIMPLE_HEAD, pad_edge=False, header_style="", show_lines=lines)
        for column in self.columns:
            drawn.add_column(
                column.heading, justify="right" if column.numeric else "left", overflow="fold"
            )
        for row in self.rows:
            drawn.add_row(*(cell.text for cell in row))
        page = io.StringIO()
        Console(file=page, width=width, color_system=None, markup=False).print(drawn)
        return [line.rstrip() for line in page.getvalue().splitlines() if line.strip()]

    def turned(self) -> "Table":
        """Return the transposed table, without a footer."""
        names, *others = self.columns
        columns = [Column(names.heading, names.key, numeric=False)]
        columns += [Column(row[0].text, row[0].text) for row in self.rows]
        rows = []
        for place, column in enumerate(others, 1):
            heading = column.heading.replace("\n", " ")
            rows.append([Cell(heading, heading), *(row[place] for row in self.rows)])
        return Table(columns, rows)

    def _csv(self) -> str:
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        writer.writerow(column.key for column in self.columns)
        writer.writerows([cell.raw for cell in row] for row in self.rows)
        return page.getvalue().rstrip("\n")

    def _html(self) -> str:
        def line(tag: str, words: Sequence[str]) -> str:
            cells = []
            for word, column in zip(words, self.columns, strict=True):
                align = "right" if column.numeric else "left"
                cells.append(f'<{tag} style="text-align:{align}">{html.escape(word)}</{tag}>')
            return f"<tr>{''.join(cells)}</tr>"

        head = line("th", [column.heading for column in self.columns])
        body = "".join(line("td", [cell.text for cell in row]) for row in self.rows)
        footer = "".join(f"<p>{html.escape(words)}</p>" for words in self.footer)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{footer}"

    def _markdown(self) -> str:
        lines = [[column.heading.replace("\n", " ") for column in self.columns]]
        lines += [["--:" if column.numeric else ":--" for column in self.columns]]
        lines += [[cell.text.replace("|", "\\|") for cell in row] for row in self.rows]
        drawn = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([*drawn, *(f"\n{line}" for line in self.footer)])


# Formats in modules of their own, which register themselves; netzoo.tables imports them.
WRITERS: dict[str, Callable[[Table], str]] = {}


def check_columns(keys: Iterable[str], known: Iterable[str]) -> None:
    """Raise UnknownName for the first key of no known column."""
    known = list(known)
    for key in keys:
        if key not in known:
            raise no_such("column", key, known)


def _width(lines: Sequence[str]) -> int:
    return max(len(line.partition("\n")[0]) for line in lines)
