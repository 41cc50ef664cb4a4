"""netzoo rerun: repeat one trial, and compare its numbers."""

import click

from .options import format_option, memory_option, progress_options
from .output import show, show_json


@click.command()
@click.argument("folder")
@click.argument("trial")
@click.option("--save-model", is_flag=True, help="Also save the trained network in FOLDER/models.")
@memory_option
@progress_options
@format_option
@click.pass_context
def rerun(
    context: click.Context,
    /,
    folder: str,
    trial: str,
    save_model: bool,
    memory: str | None,
    quiet: bool,
    log_file: str | None,
    form: str,
) -> None:
    """Train one TRIAL of the comparison in FOLDER again from its record, and compare the numbers.

    TRIAL is a name from `netzoo runs FOLDER`, or the beginning of one. The trial runs on the
    backend of its record. The exit code is 0 if all numbers are bit-identical, else 1.

    \b
    Examples:
      netzoo rerun runs/lesson lenet-seed0
      netzoo rerun runs/lesson lenet-seed0 --save-model
    """
    from netzoo.records.codec import to_text
    from netzoo.results.runs import repetition_table
    from netzoo.runs.rerun import rerun as repeat
    from netzoo.runs.saved import find_trial
    from netzoo.runs.store import is_backends, open_store, stores

    from .progress import progress

    held = stores(folder) if is_backends(folder) else [open_store(folder)]
    store, record = find_trial(held, trial)
    model = store.model(record.trial) if save_model else None
    with progress(quiet, log_file) as callback:
        repetition = repeat(record, callback, model, memory)
    if form == "json":
        show_json(to_text(repetition))
    else:
        show(repetition_table(repetition), form)
    context.exit(0 if repetition.same else 1)
