"""netzoo show: the table of a comparison again."""

import click

from .options import format_option
from .options import show as show_table


@click.command()
@click.argument("folder")
@format_option
def show(folder: str, form: str) -> None:
    """Print the table of the comparison in FOLDER again, finished or not; no backend is needed.

    \b
    Examples:
      netzoo show runs/lesson
      netzoo show runs/lesson --format json
    """
    from netzoo.records import to_text
    from netzoo.report.comparison import comparison_table
    from netzoo.runs.saved import saved_comparison
    from netzoo.runs.store import open_store

    comparison, notes = saved_comparison(open_store(folder))
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    if form == "json":
        click.echo(to_text(comparison), nl=False)
    else:
        show_table(comparison_table(comparison), form)
