"""netzoo runs: the comparisons in a folder, and their progress."""

import json

import click

from .options import format_option
from .output import show


@click.command()
@click.argument("folder", default="runs", metavar="[FOLDER]")
@format_option
def runs(folder: str, form: str) -> None:
    """List the comparisons in FOLDER (runs/ by default), or the trials of one comparison.

    \b
    Examples:
      netzoo runs
      netzoo runs runs/lesson
    """
    from netzoo.results.runs import runs_json, runs_table, trials_table
    from netzoo.runs.saved import run_state
    from netzoo.runs.store import open_store, stores

    comparisons = stores(folder)
    one = not comparisons
    states = [run_state(store) for store in (comparisons or [open_store(folder)])]
    if form == "json":
        click.echo(json.dumps(runs_json(states), indent=1))
    else:
        show(trials_table(states[0]) if one else runs_table(states), form)
