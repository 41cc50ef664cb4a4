"""Prints results: a table in one of its forms, and learning curves below it."""

import os
import shutil
import sys
from dataclasses import replace
from typing import Any

import click

from netzoo.errors import BadInput
from netzoo.tables.table import Table

from .streams import as_json, as_shown


def show(table: Table, form: str) -> None:
    """Print a table; in a terminal, within its width."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    # LaTeX has signs of its own, and CSV's values have no widths.
    shown = _as_shown(table) if form in ("table", "markdown") else table
    click.echo(shown.render(form, width))


def show_json(text: str) -> None:
    """Print a text of JSON, which ends its line itself."""
    click.echo(as_json(text), nl=False)


def _as_shown(table: Table) -> Table:
    """Return a table of the signs that standard output has, so that its columns stay aligned."""
    return replace(
        table,
        columns=[replace(column, heading=as_shown(column.heading)) for column in table.columns],
        rows=[[replace(cell, text=as_shown(cell.text)) for cell in row] for row in table.rows],
        footer=[as_shown(line) for line in table.footer],
    )


def check_plot(form: str) -> None:
    """Raise if a plot cannot be drawn, for want of a table above it or of the package."""
    from netzoo.report.terminal import plotext

    if form != "table":
        raise BadInput(f"--plot draws below the table: it does not go with --format {form}.")
    plotext()


def trained_in(result: Any) -> Any:
    """Return the comparison that a result is or holds; None where nothing was trained."""
    from netzoo.results.probe import Probe

    return None if isinstance(result, Probe) else getattr(result, "comparison", result)


def show_result(result: Any, form: str, *, plot: bool) -> None:
    """Print what netzoo gives back in a form, its learning curves below if it has any.

    result: one of netzoo.results.
    """
    from netzoo.records.codec import to_text

    if form == "json":
        show_json(to_text(result))
    else:
        show(result.table(), form)
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
