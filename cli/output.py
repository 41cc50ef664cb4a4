"""Prints results: a table in one of its forms, and learning curves below it."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from netzoo.errors import BadInput
from netzoo.tables.table import Cell, Table, check_columns

from .streams import as_json, as_shown, lacks_nothing

PART = 1 << 20  # characters


def show(table: Table, form: str, *, wide: bool = False) -> None:
    """Print a table; in a terminal, within its width unless it is to be wide."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    # LaTeX has signs of its own, and CSV's values have no widths.
    shown = _as_shown(table) if form in ("table", "markdown") else table
    if form == "table" and width is not None and not wide:
        shown = _fitted(shown, width)
    _print(shown.render(form, width, turn=not wide))


def _print(text: str) -> None:
    """Print a text and a line feed; a long one in parts, which are copied on their way."""
    for start in range(0, len(text), PART):
        # color: there is none in it, so nothing is to be searched for and taken out
        click.echo(text[start : start + PART], nl=False, color=True)
    click.echo()


def _fitted(table: Table, width: int) -> Table:
    """Return the table as it fits a terminal, with a line that names the columns omitted."""
    fitted = table.fitted(width)
    omitted = [column.key for column in table.columns if column not in fitted.columns]
    if not omitted:
        return table
    line = (
        f"Columns omitted to fit {width} characters: {', '.join(omitted)}. "
        "Show all with --wide; choose with --columns."
    )
    return replace(fitted, footer=[*fitted.footer, line])


def show_json(text: str) -> None:
    """Print a text of JSON, which ends its line itself."""
    click.echo(as_json(text), nl=False)


def _as_shown(table: Table) -> Table:
    """Return a table of the signs that standard output has, so that its columns stay aligned."""
    if lacks_nothing():
        return table
    return replace(
        table,
        columns=[replace(column, heading=as_shown(column.heading)) for column in table.columns],
        rows=[[Cell(cell.raw, as_shown(cell.text)) for cell in row] for row in table.rows],
        footer=[as_shown(line) for line in table.footer],
    )


def check_plot(form: str) -> None:
    """Raise if a plot cannot be drawn, for want of a table above it or of the package."""
    from netzoo.report.terminal import plotext

    if form != "table":
        raise BadInput(f"--plot draws below the table: it does not go with --format {form}.")
    plotext()


def check_chosen(
    columns: Sequence[str] | None, form: str, known: Sequence[str] | None = None
) -> None:
    """Raise if columns are chosen for a form that is not a table, or are not among the known."""
    if columns is None:
        return
    if form == "json":
        raise BadInput("--columns chooses columns of a table: it does not go with --format json.")
    if known is not None:
        check_columns(columns, known)


def trained_in(result: Any) -> Any:
    """Return the comparison that a result is or holds; None where nothing was trained."""
    from netzoo.results.bench import Bench
    from netzoo.results.probe import Probe
    from netzoo.results.tuning import Tuning

    return (
        None
        if isinstance(result, Probe | Bench | Tuning)
        else getattr(result, "comparison", result)
    )


def show_result(
    result: Any,
    form: str,
    *,
    plot: bool,
    columns: Sequence[str] | None = None,
    wide: bool = False,
) -> None:
    """Print a result in a form, with its learning curves below if it has any.

    result: one of netzoo.results. columns, wide: of its table.
    """
    from netzoo.records.codec import to_text

    if form == "json":
        show_json(to_text(result))
    else:
        show(result.table(columns), form, wide=wide)
    trained = trained_in(result)
    if plot and trained is not None:
        _show_plot(trained)


def _show_plot(comparison: Any) -> None:
    """Print the learning curves of a comparison; in a terminal, within its size and in colour."""
    from netzoo.report.terminal import HEIGHT, WIDTH, learning_curves

    if not sys.stdout.isatty():
        click.echo("\n" + learning_curves(comparison))
        return
    size = shutil.get_terminal_size()
    width, height = min(size.columns, WIDTH), min(size.lines - 2, HEIGHT)
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    click.echo("\n" + learning_curves(comparison, width, height, color=not plain))
