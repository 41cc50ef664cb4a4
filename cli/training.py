"""Shared by the commands that train: options, progress, Ctrl-C, result, exit code."""

import functools
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from .options import (
    Command,
    columns_options,
    format_option,
    memory_option,
    models_option,
    names_of,
    plot_option,
    progress_options,
    recipe_options,
)
from .output import check_chosen, check_plot, show_result

data_dir_option = click.option(
    "--data-dir",
    metavar="FOLDER",
    help="Folder to find the data set in, as IDX files or as TFDS prepared it.",
)
_DATA_OPTIONS = (
    click.option(
        "--dataset",
        metavar="NAME|PATH",
        help="fashion_mnist, fashion_mnist_sample, a TFDS name such as cifar10, hf:NAME, or a "
        "path: a folder of images (a folder a class), an .npz, CSV or Parquet file, or a folder "
        "with those, IDX files or CIFAR's binary files. Settings may follow: photos/@size=64."
        "  [default: fashion_mnist; recipes quick and brief use the bundled sample of it if "
        "Fashion-MNIST is not available locally]",
    ),
    data_dir_option,
    memory_option,
)
device_option = click.option(
    "--device",
    default="auto",
    metavar="auto|gpu|cpu",
    help="Device to train on.  [default: auto]",
)
_RUN_OPTIONS = (
    device_option,
    click.option(
        "--output",
        metavar="FOLDER",
        help="Folder for records, checkpoints and table; finished trials found there are reused."
        "  [default: runs/TIME-MODELS]",
    ),
    click.option(
        "--report",
        is_flag=True,
        help="Also write report.html and its figures to the output folder.",
    ),
    click.option(
        "--dry-run",
        is_flag=True,
        help="Print trials, device-hours and bytes, estimated, and stop: nothing is trained, "
        "nothing written.",
    ),
)

# Of commands that train.
_JOB_OPTIONS = (
    click.option(
        "--jobs",
        metavar="N|auto",
        callback=lambda context, parameter, value: _number_of_jobs(value),
        help="Number of trials that run at once, with the numbers of one after the other; auto: "
        "one a GPU, or on a CPU one a core as the memory allows, on PyTorch one.  "
        "[default: 1, with Ray auto]",
    ),
    click.option(
        "--per-device",
        type=int,
        metavar="K",
        help="At most so many trials at once on each GPU, or on the CPU.",
    ),
    click.option(
        "--executor",
        metavar="local|ray",
        help="Where trials run: on this machine, or on the nodes of a Ray cluster, with the same "
        "numbers; Ray is an extra.  [default: local]",
    ),
    click.option(
        "--address",
        metavar="HOST:PORT|auto",
        help="The Ray cluster to join.  [default: Ray is started on this machine]",
    ),
)
# Of those that train to the last epoch.
_RESULT_OPTIONS = (
    *_JOB_OPTIONS,
    click.option(
        "--save-models",
        is_flag=True,
        help="Also save each trained network as models/TRIAL.keras, for evaluate and predict.",
    ),
    click.option(
        "--log",
        metavar="NAME,...",
        callback=lambda context, parameter, value: names_of(value),
        help="Also log curves and results to tensorboard, mlflow or both; each is an extra.",
    ),
    plot_option,
)


def training_options(seeds: int | None, *, plot: bool = True) -> Callable[[Command], Command]:
    """Return a decorator that adds the options of a command that trains.

    seeds: how many by default; None for a search, of one. plot: whether it trains to the last
    epoch: its result has learning curves, to draw by --plot, and networks, to save.
    """
    one = "Seed of the draws and trainings." if seeds is None else "First seed."
    first = click.option("--seed", type=int, default=0, show_default=True, help=one)
    number = click.option(
        "--seeds",
        type=int,
        default=seeds,
        show_default=True,
        help="Number of seeds: SEED, SEED + 1, …",
    )
    seed_options = (first,) if seeds is None else (first, number)
    results = _RESULT_OPTIONS if plot else _JOB_OPTIONS if seeds is None else ()

    def add(command: Command) -> Command:
        all_options: tuple[Callable[[Command], Command], ...] = (
            *_DATA_OPTIONS,
            recipe_options,
            *seed_options,
            models_option,
            *_RUN_OPTIONS,
            progress_options,
            columns_options,
            format_option,
            *results,
        )
        for option in reversed(all_options):
            command = option(command)
        return command

    return add


def _number_of_jobs(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.strip().isdecimal() else text


def study_recipe_option(command: Command) -> Command:
    """Add --recipe to a study, and its short forms --brief and --full; see `_recipe_of`."""
    for option in (
        click.option("--quick", is_flag=True, hidden=True, help="The old name of --brief."),
        click.option("--full", is_flag=True, help="--recipe lesson: all images; default on a GPU."),
        click.option(
            "--brief", is_flag=True, help="--recipe brief: minutes on a CPU; default without a GPU."
        ),
        click.option(
            "--recipe",
            metavar="NAME",
            help="Settings of the training, such as quick, or FILE.toml.",
        ),
    ):
        command = option(command)

    @functools.wraps(command)
    def with_recipe(
        *words: Any, brief: bool, quick: bool, full: bool, recipe: str | None, **given: Any
    ) -> Any:
        return command(*words, recipe=_recipe_of(brief or quick, full, recipe), **given)

    return with_recipe


def _recipe_of(brief: bool, full: bool, recipe: str | None) -> str:
    """Return the recipe that the options name; if they name none, the one for the device."""
    from netzoo.errors import BadInput
    from netzoo.runs.request import BRIEF

    given = {"brief": brief, "lesson": full, recipe or "": recipe is not None}
    named = [name for name, is_given in given.items() if is_given]
    if sum((brief, full, recipe is not None)) > 1:
        raise BadInput("--brief, --full and --recipe exclude each other; give one of them.")
    return named[0] if named else BRIEF


def train(
    context: click.Context,
    call: Callable[..., Any],
    known: Sequence[str],
    about: Sequence[str],
    *,
    seed: int,
    seeds: int = 1,
    output: str | None,
    quiet: bool,
    log_file: str | None,
    form: str,
    report: bool,
    dry_run: bool,
    columns: str | None,
    wide: bool,
    plot: bool = False,
    **settings: Any,
) -> None:
    """Run a training or study, show its result, or the finished part of it at Ctrl-C, and exit.

    call: takes seeds, output, callbacks and the settings that were given; its result is one of
    netzoo.results. known: the columns of its table. about: what the folder is named after.
    """
    from netzoo.errors import BadInput, Interrupted
    from netzoo.runs.estimate import estimate
    from netzoo.runs.store import new_folder

    from .progress import progress

    chosen = names_of(columns)
    check_chosen(chosen, form, known)
    _check(plot=plot, report=report, form=form)
    if seeds < 1:
        raise BadInput(f"--seeds is the number of seeds, at least 1; received {seeds}.")
    folder = Path(output) if output else new_folder(about)
    given = {name: value for name, value in settings.items() if value is not None}
    call = partial(estimate, call) if dry_run else call
    try:
        with progress(quiet, log_file) as callback:
            result = call(
                seeds=range(seed, seed + seeds), output=folder, callbacks=[callback], **given
            )
    except Interrupted as stop:
        result = stop.result
        code = 130
        if chosen and not set(chosen) <= set(result.COLUMNS):  # a comparison that was in its search
            chosen = None
        if not quiet and folder.exists():
            click.echo(f"To resume: {_continuing(folder)}", err=True)
    else:
        is_whole = all(row.status in ("ok", "paused") for row in result.models)
        code = 0 if is_whole and not getattr(result, "failed", ()) else 1
    if dry_run:  # columns and plot are of what is not trained
        show_result(result, form, plot=False, wide=wide)
        context.exit(code)
    show_result(result, form, plot=plot, columns=chosen, wide=wide)
    if not quiet and folder.exists():
        click.echo(f"Records and table are in {folder}.", err=True)
    if report and folder.exists():
        _write_page(folder, quiet)
    context.exit(code)


def _check(*, plot: bool, report: bool, form: str) -> None:
    """Raise before any training if the plot or report at its end cannot be drawn."""
    if plot:
        check_plot(form)
    if report:
        from netzoo.report import require_page

        require_page("--report")


def _write_page(folder: Path, quiet: bool) -> None:
    """Write the report of a folder, and print its path."""
    from netzoo.errors import DataError
    from netzoo.report.write import write_report

    try:
        page = write_report(folder)
    except DataError as error:  # Ctrl-C came before there was anything
        click.echo(f"No report: {error}", err=True)
        return
    if not quiet:
        click.echo(f"The report is {page}.", err=True)


def _continuing(folder: Path) -> str:
    """Return the command line that resumes this training."""
    given = sys.argv[1:]
    named = any(word.split("=")[0] == "--output" for word in given)
    return shlex.join(["netzoo", *given, *([] if named else ["--output", str(folder)])])
