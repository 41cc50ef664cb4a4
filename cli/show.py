"""netzoo show: the table of a kept comparison or study."""

from pathlib import Path
from typing import Any

import click

from .options import (
    columns_options,
    format_option,
    metric_option,
    names_of,
    plot_option,
    target_option,
)
from .output import check_chosen, check_plot, show_result, trained_in


@click.command()
@click.argument("folder")
@metric_option(None)
@target_option(
    "Time to this accuracy, such as 0.9, from the epochs that are there.  [default: that of the "
    "comparison]"
)
@columns_options
@format_option
@plot_option
def show(
    folder: str,
    metric: str | None,
    target: float | None,
    form: str,
    plot: bool,
    columns: str | None,
    wide: bool,
) -> None:
    """Print the table of the comparison, study or bench in FOLDER; no backend is needed.

    An unfinished comparison is shown as far as it has been trained.

    \b
    Examples:
      netzoo show runs/lesson
      netzoo show runs/lesson --format json
      netzoo show runs/lesson --columns macs,test_accuracy,verdict
      netzoo show runs/lesson --metric balanced_accuracy
      netzoo show runs/lesson --target 0.9
      netzoo show runs/lesson --plot
    """
    from netzoo.errors import BadInput
    from netzoo.runs.backends import saved_backends
    from netzoo.runs.bench import saved_bench
    from netzoo.runs.saved import saved_comparison
    from netzoo.runs.store import is_backends, is_store, open_store, saved_study

    chosen = names_of(columns)
    check_chosen(chosen, form)
    if plot:
        check_plot(form)
    result: Any = saved_study(folder)
    is_comparison = result is None and (is_store(Path(folder)) or is_backends(folder))
    if metric is not None and Path(folder).is_dir() and not is_comparison:
        raise BadInput(f"--metric judges a comparison anew; {folder} holds another result.")
    if target is not None and Path(folder).is_dir() and not is_comparison:
        raise BadInput(f"--target is of a comparison's curves; {folder} holds another result.")
    if result is None and not is_comparison:
        result = saved_bench(folder)
    if result is None:
        if is_backends(folder):
            saved = saved_backends(folder)
            result, notes = saved.comparison(metric, target=target), saved.notes
        else:
            result, notes = saved_comparison(open_store(folder), metric, target)
        for note in notes:
            click.echo(f"Note: {note}", err=True)
    if plot and trained_in(result) is None:
        raise BadInput(f"--plot: {folder} holds no training, so there are no learning curves.")
    show_result(result, form, plot=plot, columns=chosen, wide=wide)
