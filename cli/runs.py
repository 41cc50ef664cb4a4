"""netzoo runs: the comparisons in folders, and the progress of their trials."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from netzoo.errors import BadInput

from .options import format_option_with
from .output import show

PARQUET = "parquet"


@click.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
@click.option(
    "--model",
    "models",
    metavar="PATTERN",
    multiple=True,
    help='Only trials of models such as "alexnet*"; repeatable, for several models.',
)
@click.option(
    "--where",
    "conditions",
    metavar="COND",
    multiple=True,
    help='Only trials that fulfil a condition, such as "test_accuracy>0.9": a column of CSV, one '
    "of > >= < <= == !=, and a value, none for a missing one; repeatable, for all of several.",
)
@format_option_with(PARQUET)
@click.option("--output", metavar="FILE", help="File for CSV or Parquet.  [default: print it]")
def runs(
    folders: tuple[str, ...],
    models: tuple[str, ...],
    conditions: tuple[str, ...],
    form: str,
    output: str | None,
) -> None:
    """List the comparisons in FOLDER (runs/ by default), or the trials of one comparison.

    With --model or --where, list the trials of all of them that match.

    CSV and Parquet have a row for each trial, with its settings and results, for pandas: accuracies
    are shares of one, and the other columns have their unit in the name. Parquet needs the extra
    netzoo[parquet].

    \b
    Examples:
      netzoo runs
      netzoo runs runs/lesson
      netzoo runs runs --model "alexnet*" --where "test_accuracy>0.9"
      netzoo runs runs --where state==failed --where "seed<3" --format json
      netzoo runs runs --format csv --output trials.csv
      netzoo runs runs --format parquet --output trials.parquet
    """
    from netzoo.results.filters import COLUMNS, Filters
    from netzoo.results.runs import runs_json, runs_table, trials_table
    from netzoo.results.trial_rows import as_csv, as_parquet, trial_rows
    from netzoo.runs.saved import chosen_state
    from netzoo.runs.store import is_backends, open_store, stores

    writers: dict[str, Callable[..., bytes]] = {"csv": as_csv, PARQUET: as_parquet}
    if output is not None and form not in writers:
        raise BadInput(f"--output takes CSV or Parquet: it does not go with --format {form}.")
    if form == PARQUET and output is None and sys.stdout.isatty():
        raise BadInput("--format parquet is not text for a terminal; name a file by --output.")
    filters = Filters.of(models, conditions)
    found = {folder: stores(folder) for folder in folders or ("runs",)}
    one = len(found) == 1 and (not any(found.values()) or is_backends(*found))
    opened = [store for folder, held in found.items() for store in held or [open_store(folder)]]
    states = [chosen_state(store, filters, whole=form in writers) for store in opened]
    if form in writers:
        rows = trial_rows(states)
        _write(writers[form](rows, COLUMNS), output)
        if output is not None:
            click.echo(f"{output} has {len(rows)} trial{'' if len(rows) == 1 else 's'}.")
    elif form == "json":
        click.echo(json.dumps(runs_json(states), indent=1))
    else:
        show(trials_table(*states) if one or filters else runs_table(states), form)


def _write(content: bytes, output: str | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}.") from error
