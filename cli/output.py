"""How results are shown: a table in one of its forms, and learning curves below it."""

import os
import shutil
import sys
from typing import Any

import click

from netzoo.errors import BadInput
from netzoo.tables.table import Table


def show(table: Table, form: str) -> None:
    """Print a table; in a terminal, within its width."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(table.render(form, width))


def check_plot(form: str) -> None:
    """Raise if a plot cannot be drawn, for want of a table above it or of the package."""
    from netzoo.report.plot import plotext

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
    from netzoo.records import to_text

    if form == "json":
        click.echo(to_text(result), nl=False)
    else:
        show(result.table(), form)
    trained = trained_in(result)
    if plot and trained is not None:
        _show_plot(trained)


def _show_plot(comparison: Any) -> None:
    """Print the learning curves of a comparison; in a terminal, within its size and in colour."""
    from netzoo.report.plot import HEIGHT, WIDTH, learning_curves

    if not sys.stdout.isatty():
        click.echo("\n" + learning_curves(comparison))
        return
    size = shutil.get_terminal_size()
    width, height = min(size.columns, WIDTH), min(size.lines - 2, HEIGHT)
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    click.echo("\n" + learning_curves(comparison, width, height, color=not plain))
