"""Tables in LaTeX, with the rules of booktabs, for pdfLaTeX, XeLaTeX and LuaLaTeX.

As in a terminal, a table that is too wide is transposed if that is narrower; if it is still too
wide, it is scaled to the line, which is longer on a landscape page. A table that is longer than a
page, or whose cells wrap, is a longtable, on landscape pages of its own if it is too wide. Nothing
floats: readers add the caption, and the table environment of a short table.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from netzoo.tables.table import WRITERS, Column, Table

# The length of a line in digits: article class, 345 points, ten-point type.
LINE = 69
# Smaller types: size, whether on a landscape page (a line of 550 points), length of a line.
TYPES = (
    ("footnotesize", False, 81),
    ("scriptsize", False, 86),
    ("footnotesize", True, 129),
    ("scriptsize", True, 138),
    ("tiny", True, 162),
)
PAGE = 40  # rows of a page
GAP = 2  # the space between two columns, in digits
SHORT = 14  # characters of a column of text that never wraps

# Characters with a meaning in LaTeX, another glyph in old font encodings, or none in pdfLaTeX.
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
# Where a long word may break: alexnet@augment=flip+crop.
_BREAKS = re.compile(r"(?<=[A-Za-z0-9][@=+/:_])(?=[A-Za-z])")
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")


def latex(table: Table) -> str:
    """Return the table, without a line feed; its first line names the packages that it needs."""
    if table.wraps or len(table.rows) > PAGE:
        return "\n".join(_long(table))
    if _width(table) > LINE:
        turned = table.turned()
        if _width(turned) < _width(table):
            table = replace(turned, footer=table.footer)
    return "\n".join(_short(table))


def escaped(text: str) -> str:
    """Return text with LaTeX's special characters and symbols as commands."""
    # Control characters, and separators of lines and paragraphs.
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    parts = _JOINED.sub(r"\g<0>" + "\0", text)  # no text has this character now
    return "".join("{}" if sign == "\0" else ESCAPED.get(sign, sign) for sign in parts)


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
    """Yield a table of several pages, with its heading repeated."""
    shares = _shares(table) if table.wraps else {}
    width = 0 if shares else _width(table)
    size, landscape, _ = next((kind for kind in TYPES if width <= kind[2]), TYPES[-1])
    yield rf"% Needs \usepackage{{booktabs,longtable{',pdflscape' if landscape else ''}}}"
    yield r"\begin{landscape}" if landscape else r"\begingroup"
    yield rf"\{size}\setlength{{\tabcolsep}}{{4pt}}"
    yield rf"\begin{{longtable}}{{{_places(table.columns, shares)}}}"
    yield from (r"\toprule", _head(table.columns), r"\midrule\endhead", r"\bottomrule\endfoot")
    yield from _rows(table, shares)
    yield r"\end{longtable}"
    yield r"\end{landscape}" if landscape else r"\endgroup"
    yield from _notes(table.footer)


def _places(columns: Sequence[Column], shares: dict[int, float] | None = None) -> str:
    """Return the column specification: r for numbers, l for text, a width for text that wraps."""
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
    # Unlike \\, it keeps its meaning after \raggedright.
    return " & ".join(cells) + r" \tabularnewline"


def _stacked(text: str, numeric: bool) -> str:
    """Return text of one line or more, aligned at its last line."""
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
    """Return the number of characters in the longest line of each column."""
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
    """Return each wrapping column's share of the line, in proportion to the root of its text.

    By the square root, a column of twice the text is wider and higher, not twice as high.
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
