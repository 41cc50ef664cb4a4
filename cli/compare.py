"""netzoo compare: train models side by side."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from .options import format_option, progress_options, recipe_options, show


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--recipe",
    default="auto",
    metavar="auto|lesson|quick",
    help="Settings of the training; auto is lesson on a GPU and quick on a CPU.  [default: auto]",
)
@click.option(
    "--dataset",
    metavar="NAME",
    help="fashion_mnist, fashion_mnist_sample, or a TFDS name such as cifar10."
    "  [default: fashion_mnist, or for a quick run the sample where it is not here]",
)
@click.option(
    "--data-dir",
    metavar="FOLDER",
    help="Look for the data set in this folder only: IDX files, or prepared by TFDS.",
)
@recipe_options
@click.option("--seed", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--seeds", type=int, default=1, show_default=True, help="How many, one by one.")
@click.option(
    "--device", default="auto", metavar="auto|gpu|cpu", help="Where to train.  [default: auto]"
)
@click.option("--baseline", metavar="MODEL", help="Compare with this one.  [default: the first]")
@click.option(
    "--output",
    metavar="FOLDER",
    help="Folder for records, checkpoints and table; what it holds of these trials is not trained"
    " again.  [default: runs/TIME-MODELS]",
)
@progress_options
@format_option
@click.pass_context
def compare(
    context: click.Context,
    /,
    models: tuple[str, ...],
    seed: int,
    seeds: int,
    output: str | None,
    quiet: bool,
    log_file: str | None,
    form: str,
    **settings: Any,
) -> None:
    """Train each MODEL on the same images and show cost, accuracy and speed side by side.

    A MODEL is a name from `netzoo list`, or a name with changes. A setting that is not given, from
    --epochs to --validation, is the recipe's. Ctrl-C once finishes the epoch, twice stops at once;
    the same command with --output goes on from there.

    \b
    Examples:
      netzoo compare lenet alexnet
      netzoo compare lenet lenet-relu lenet:activation=tanh --seeds 3
      netzoo compare lenet alexnet --recipe lesson --augment flip+crop
      netzoo compare lenet alexnet --recipe lesson --output runs/lesson
      KERAS_BACKEND=torch netzoo compare lenet alexnet --format json
    """
    from netzoo.errors import BadInput, Interrupted
    from netzoo.records import to_text
    from netzoo.report.comparison import comparison_table
    from netzoo.runs.compare import compare as run
    from netzoo.runs.store import new_folder

    from .progress import progress

    if seeds < 1:
        raise BadInput(f"--seeds is the number of seeds, at least 1; received {seeds}.")
    folder = Path(output) if output else new_folder(models)
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        with progress(quiet, log_file) as listener:
            comparison = run(
                models, seeds=range(seed, seed + seeds), output=folder, listener=listener, **given
            )
    except Interrupted as stop:
        comparison = stop.comparison
        code = 130
        if not quiet and folder.exists():
            click.echo(f"To go on: {continuing(folder)}", err=True)
    else:
        code = 1 if any(row.status != "ok" for row in comparison.models) else 0
    if form == "json":
        click.echo(to_text(comparison), nl=False)
    else:
        show(comparison_table(comparison), form)
    if not quiet and folder.exists():
        click.echo(f"Records and table are kept in {folder}.", err=True)
    context.exit(code)


def continuing(folder: Path) -> str:
    """Return the command line that goes on with this comparison."""
    given = sys.argv[1:]
    named = any(word.split("=")[0] == "--output" for word in given)
    return shlex.join(["netzoo", *given, *([] if named else ["--output", str(folder)])])
