"""A table as lines of text, for cells of one line and of signs that are one place wide.

Those of other signs are left to rich, which knows how wide these are and is a hundred times slower.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

GAP = "   "
BLOCK = 1000


def lines(
    headings: Sequence[str], numeric: Sequence[bool], columns: Sequence[Sequence[str]], most: int
) -> list[str] | None:
    """Return a table's lines; None if it is wider than `most`, or has cells that are not plain.

    Of more than BLOCK rows, so many lines are one text: a list of a million takes much memory.

    headings: of one line or more. numeric: whether the cells of a column are right-aligned.
    """
    heads = [heading.split("\n") for heading in headings]
    if not all(map(_is_plain, (line for head in heads for line in head))):
        return None
    widths = []
    for head, column in zip(heads, columns, strict=True):
        together = "".join(column)
        if not ((together.isascii() and together.isprintable()) or all(map(_is_plain, column))):
            return None
        widths.append(max(max(map(len, head)), max(map(len, column), default=0)))
    width = sum(widths) + len(GAP) * (len(widths) - 1)
    if width + 2 > most:
        return None
    cells = (f"{{:{'>' if right else '<'}{w}}}" for w, right in zip(widths, numeric, strict=True))
    form = " " + GAP.join(cells)
    height = max(map(len, heads))
    filled = [["", *[""] * (height - len(head)), *head][1:] for head in heads]
    top = [form.format(*line).rstrip() for line in zip(*filled, strict=True)]
    drawn = [*filter(None, top), " " + "─" * width]
    body = filter(None, map(str.rstrip, map(form.format, *columns)))
    while block := list(islice(body, BLOCK)):
        drawn += block if len(columns[0]) <= BLOCK else ["\n".join(block)]
    return drawn


@lru_cache(maxsize=4096)
def _is_plain(text: str) -> bool:
    """Return whether a text is one line, and each of its signs one place wide."""
    from rich.cells import cell_len

    return cell_len(text) == len(text) and not _has_control(text)


def _has_control(text: Iterable[str]) -> bool:
    return any(sign < " " or "\x7f" <= sign <= "\x9f" or sign in "\u2028\u2029" for sign in text)
