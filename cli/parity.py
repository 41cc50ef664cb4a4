"""netzoo parity: the same steps on several backends, beside those in float64."""

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
from .output import check_chosen, show, show_result
from .training import device_option


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@backends_option(
    "Backends to compare, such as tensorflow,torch.  [default: all, each that is installed]"
)
@click.option(
    "--steps", type=int, default=3, show_default=True, help="Training steps that are compared."
)
@click.option("--batch-size", type=int, default=8, show_default=True, help="Images in a step.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the initial weights.")
@click.option(
    "--recipe",
    metavar="NAME",
    default="quick",
    show_default=True,
    help="Settings of the training, as in netzoo compare; without its augmentation.",
)
@recipe_options_of(
    *("optimizer", "learning_rate", "schedule", "image_size", "scaling", "loss"),
    *("class_weight", "weights", "freeze"),
)
@click.option(
    "--precision",
    metavar="float32|mixed_bfloat16|mixed_float16",
    default="float32",
    show_default=True,
    help="Precision of the backends; the reference is in float64.",
)
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    help="Data set that the images are from, such as cifar10.  [default: the bundled sample]",
)
@click.option("--data-dir", metavar="FOLDER", help="Folder to find the data set in.")
@memory_option
@models_option
@device_option
@click.option("--layers", is_flag=True, help="Show each layer's differences in a row of its own.")
@progress_options
@columns_options
@format_option
@click.pass_context
def parity(
    context: click.Context,
    /,
    models: tuple[str, ...],
    form: str,
    layers: bool,
    columns: str | None,
    wide: bool,
    quiet: bool,
    log_file: str | None,
    **settings: Any,
) -> None:
    """Compare a few training steps of each MODEL on every backend with those in float64.

    The same initial weights, drawn once, and the same batches on each. Told are the differences of
    loss, logits, gradients and weights from a reference in float64, relative, of the worst layer;
    beyond the tolerance of the precision, also the first layer whose output differs, and the exit
    code is 1. Dropout is off; batch normalisation trains.

    \b
    Examples:
      netzoo parity lenet resnet20
      netzoo parity alexnet --backends torch,jax --precision mixed_bfloat16
      netzoo parity mine.py:build --steps 1 --optimizer sgd --layers
    """
    from netzoo.errors import BadInput, Interrupted
    from netzoo.results.parity import Parity
    from netzoo.runs.parity import parity as run

    from .progress import progress

    chosen = names_of(columns)
    check_chosen(chosen, form, Parity.COLUMNS)
    if layers and chosen is not None:
        raise BadInput("--columns chooses those of the table without --layers.")
    given = {name: value for name, value in settings.items() if value is not None}
    call = partial(run, models, **given)
    try:
        with progress(quiet, log_file) as callback:
            result = call(callbacks=[callback])
    except Interrupted as stop:
        if not stop.result.runs:  # there is nothing to tell
            raise
        result, code = stop.result, 130
    else:
        code = 0 if result.within else 1
    if layers and form != "json":
        show(result.layers(), form, wide=wide)
    else:
        show_result(result, form, plot=False, columns=chosen, wide=wide)
    context.exit(code)
