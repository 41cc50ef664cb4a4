"""netzoo show: the table of a comparison or a study again."""

import click

from .options import format_option
from .options import show as show_table


@click.command()
@click.argument("folder")
@format_option
def show(folder: str, form: str) -> None:
    """Print the table of the comparison or study in FOLDER again; no backend is needed.

    Of a comparison that is not finished, what there is of it.

    \b
    Examples:
      netzoo show runs/lesson
      netzoo show runs/lesson --format json
    """
    from netzoo.records import to_text
    from netzoo.report.comparison import comparison_table
    from netzoo.runs.saved import saved_comparison
    from netzoo.runs.store import open_store, saved_study

    study = saved_study(folder)
    if study is not None:
        result, table = study
        if form == "json":
            click.echo(to_text(result), nl=False)
        else:
            show_table(table, form)
        return
    comparison, notes = saved_comparison(open_store(folder))
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    if form == "json":
        click.echo(to_text(comparison), nl=False)
    else:
        show_table(comparison_table(comparison), form)
