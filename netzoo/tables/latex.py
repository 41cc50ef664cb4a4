"""A table in LaTeX, with booktabs' rules; it compiles with pdfLaTeX, XeLaTeX and LuaLaTeX.

As in a terminal, a table that is too wide is turned, its rows as columns, if that is narrower; one
that is still too wide is scaled to the line, which is longer on a landscape page. One that is
longer than a page, or whose cells wrap, goes on over the page's end, and is put on landscape pages
of its own if it is too wide. Nothing floats: a caption, and the table environment of a short one,
are the reader's to add.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from netzoo.tables.table import WRITERS, Column, Table

# Digits that a line of the article class holds, 345 points, in its usual type of ten points.
LINE = 69
# The same in each smaller type, and whether on a landscape page, whose line is 550 points.
TYPES = (
    ("footnotesize", False, 81),
    ("scriptsize", False, 86),
    ("footnotesize", True, 129),
    ("scriptsize", True, 138),
    ("tiny", True, 162),
)
PAGE = 40  # rows that a page holds
GAP = 2  # digits in the space between two columns
SHORT = 14  # characters that a column of text takes without wrapping

# What has a meaning in LaTeX, or another glyph in its older font encodings, or none in pdfLaTeX.
ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",  # babel makes it active in some languages
    "`": r"{\char96}",
    "[": "{[}",  # at the beginning of a row it would be an argument of the row before
    "]": "{]}",
    "*": "{*}",  # likewise
    "\u00a0": "~",
    "\u2009": r"\,",
    "\u202f": r"\,",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "§": r"\S{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "Δ": r"$\Delta$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "°": r"$^{\circ}$",
    "²": "$^{2}$",
    "³": "$^{3}$",
    "ⁿ": "$^{n}$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
}
# Pairs that fonts join to another glyph: the dashes of --seeds, an inverted question mark.
_JOINED = re.compile("-(?=-)|,(?=,)|'(?=')|[!?](?=`)")
# Where a long word may go on in the next line: alexnet@augment=flip+crop.
_BREAKS = re.compile(r"(?<=[A-Za-z0-9][@=+/:_])(?=[A-Za-z])")
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")


def latex(table: Table) -> str:
    """Return the table, in the first line the packages that it needs, without a line feed."""
    if table.wraps or len(table.rows) > PAGE:
        return "\n".join(_long(table))
    if _width(table) > LINE:
        turned = table.turned()
        if _width(turned) < _width(table):
            table = replace(turned, footer=table.footer)
    return "\n".join(_short(table))


def escaped(text: str) -> str:
    """Return text as LaTeX sets it: specials and symbols as commands, letters as they are."""
    # Control characters, and those that end a line or a paragraph.
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    parts = _JOINED.sub(r"\g<0>" + "\0", text)  # no text has this character now
    return "".join("{}" if each == "\0" else ESCAPED.get(each, each) for each in parts)


def _short(table: Table) -> Iterator[str]:
    """Yield a table on one page."""
    wide = _width(table) > LINE
    yield f"% Needs \\usepackage{{booktabs{',graphicx' if wide else ''}}}"
    if wide:
        yield "% Scaled to the line where it is wider: larger on a landscape page."
    yield r"\noindent"
    if wide:
        yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{{_places(table.columns)}}}"
    yield from (r"\toprule", _head(table.columns), r"\midrule")
    yield from _rows(table)
    yield from (r"\bottomrule", r"\end{tabular}" + ("}" if wide else ""))
    yield from _notes(table.footer)


def _long(table: Table) -> Iterator[str]:
    """Yield a table that goes on over the page's end, its heading repeated."""
    shares = _shares(table) if table.wraps else {}
    width = 0 if shares else _width(table)
    size, lies, _ = next((each for each in TYPES if width <= each[2]), TYPES[-1])
    yield rf"% Needs \usepackage{{booktabs,longtable{',pdflscape' if lies else ''}}}"
    yield r"\begin{landscape}" if lies else r"\begingroup"
    yield rf"\{size}\setlength{{\tabcolsep}}{{4pt}}"
    yield rf"\begin{{longtable}}{{{_places(table.columns, shares)}}}"
    yield from (r"\toprule", _head(table.columns), r"\midrule\endhead", r"\bottomrule\endfoot")
    yield from _rows(table, shares)
    yield r"\end{longtable}"
    yield r"\end{landscape}" if lies else r"\endgroup"
    yield from _notes(table.footer)


def _places(columns: Sequence[Column], shares: dict[int, float] | None = None) -> str:
    """Return the columns' places: r for numbers, l for text, a width where it wraps."""
    widths = shares or {}
    return "".join(
        rf"p{{{widths[place]:.3f}\linewidth}}"
        if place in widths
        else "r"
        if column.numeric
        else "l"
        for place, column in enumerate(columns)
    )


def _head(columns: Sequence[Column]) -> str:
    return _line([_stacked(column.heading, column.numeric) for column in columns])


def _rows(table: Table, shares: dict[int, float] | None = None) -> Iterator[str]:
    for row in table.rows:
        cells = []
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            if place in (shares or {}):
                cells.append(rf"\raggedright {_breakable(cell.text)}")
            else:
                text = _MINUS.sub("−", cell.text) if column.numeric else cell.text
                cells.append(_stacked(text, column.numeric))
        yield _line(cells) + (r"\addlinespace" if shares else "")


def _line(cells: Sequence[str]) -> str:
    # Unlike \\, it is the same after \raggedright.
    return " & ".join(cells) + r" \tabularnewline"


def _stacked(text: str, numeric: bool) -> str:
    """Return text of one line or more, the last on the line of the row."""
    lines = [escaped(line) for line in text.split("\n")]
    if len(lines) == 1:
        return lines[0]
    place = "r" if numeric else "l"
    return rf"\begin{{tabular}}[b]{{@{{}}{place}@{{}}}}" + r"\\".join(lines) + r"\end{tabular}"


def _breakable(text: str) -> str:
    return r"\allowbreak{}".join(escaped(part) for part in _BREAKS.split(text))


def _notes(footer: Sequence[str]) -> Iterator[str]:
    if footer:
        yield r"\par\smallskip"
        yield r"{\footnotesize\raggedright"
        yield from (rf"{_breakable(line)}\par" for line in footer)
        yield "}"


def _widths(table: Table) -> list[int]:
    """Return how many characters the longest line of each column has."""
    return [
        max(
            len(line)
            for text in (column.heading, *(row[place].text for row in table.rows))
            for line in text.split("\n")
        )
        for place, column in enumerate(table.columns)
    ]


def _width(table: Table) -> int:
    return sum(_widths(table)) + GAP * (len(table.columns) - 1)


def _shares(table: Table) -> dict[int, float]:
    """Return the columns that wrap, and what share of the line each gets, by their amount of text.

    By its square root: a column of twice the text is not to be twice as high.
    """
    widths = _widths(table)
    wrapping = {
        place: sum(len(row[place].text) for row in table.rows) ** 0.5
        for place, column in enumerate(table.columns)
        if not column.numeric and widths[place] > SHORT
    }
    taken = sum(width for place, width in enumerate(widths) if place not in wrapping)
    left = max(1 - (taken + GAP * len(widths)) / TYPES[0][2], 0.5)
    whole = sum(wrapping.values())
    return {place: left * part / whole for place, part in wrapping.items()}


WRITERS["latex"] = latex
