"""netzoo bench: the speed of networks on this machine."""

from functools import partial
from typing import Any

import click

from .options import (
    backends_option,
    columns_options,
    format_option,
    memory_option,
    models_option,
    names_of,
    progress_options,
    recipe_options_of,
)
from .output import check_chosen, show_result
from .training import device_option


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@backends_option(
    "Backends to run on, such as tensorflow,torch; all: each that is installed.  "
    "[default: that of KERAS_BACKEND]"
)
@click.option(
    "--batch-sizes",
    metavar="N,...",
    default="1,8,32,128",
    show_default=True,
    help="Images in a step; training is also timed at the recipe's batch size, inference at 1.",
)
@click.option(
    "--work",
    metavar="inference|training",
    help="Time one kind of work only.  [default: both]",
)
@click.option(
    "--seconds",
    type=float,
    default=2.0,
    show_default=True,
    help="Duration of each measurement.",
)
@click.option("--recipe", metavar="NAME", help="Settings of the training, as in netzoo compare.")
@recipe_options_of("optimizer", "image_size", "precision")
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    help="Data set whose shape the random images have, such as cifar10.  [default: fashion_mnist]",
)
@click.option("--data-dir", metavar="FOLDER", help="Folder to find the data set in.")
@memory_option
@models_option
@device_option
@click.option("--output", metavar="FOLDER", help="Folder to keep bench.json in, for a report.")
@progress_options
@columns_options
@format_option
@click.pass_context
def bench(
    context: click.Context,
    /,
    models: tuple[str, ...],
    batch_sizes: str,
    form: str,
    columns: str | None,
    wide: bool,
    quiet: bool,
    log_file: str | None,
    **settings: Any,
) -> None:
    """Time inference and training of each MODEL on this machine, by batch size.

    Images/s, latency of one image (median and 99th percentile), peak memory of device and process,
    and the time to the first step. The step is the training's own, on random images, without the
    pipeline that feeds it. Ctrl-C prints what is measured so far. In a folder of a comparison, or
    named beside it in `netzoo report`, bench.json adds the latency to its figure of accuracy
    against cost.

    \b
    Examples:
      netzoo bench lenet alexnet
      netzoo bench alexnet --backends all --work inference --format csv
      netzoo bench alexnet alexnet:dropout=0.2 --image-size 224 --precision float32
      netzoo bench lenet alexnet --output runs/lesson
    """
    from netzoo.errors import BadInput, Interrupted
    from netzoo.results.bench import Bench
    from netzoo.runs.bench import bench as run

    from .progress import progress

    chosen = names_of(columns)
    check_chosen(chosen, form, Bench.COLUMNS)
    numbers = names_of(batch_sizes) or []
    if not all(number.isdecimal() for number in numbers):
        raise BadInput(
            f"--batch-sizes: expected whole numbers such as 1,32; received {batch_sizes!r}."
        )
    given = {name: value for name, value in settings.items() if value is not None}
    call = partial(run, models, batch_sizes=[int(number) for number in numbers], **given)
    try:
        with progress(quiet, log_file) as callback:
            result = call(callbacks=[callback])
    except Interrupted as stop:
        result, code = stop.result, 130
    else:
        code = 1 if any(run.status != "ok" for run in result.runs) else 0
    show_result(result, form, plot=False, columns=chosen, wide=wide)
    context.exit(code)
