"""Options that several commands share, and those that are made from the fields of a recipe."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from netzoo.errors import BadInput, no_such
from netzoo.recipes import RECIPES, Recipe
from netzoo.results.metric import ACCURACY, METRICS
from netzoo.tables.table import FORMATS

Command = Callable[..., Any]
ALL_DEVICES = {"is_flag": False, "flag_value": 0, "metavar": "[N]"}  # of --data-parallel alone
# What makes a recipe, not what tunes it.
NOT_OPTIONS = (
    *("name", "test_each_epoch", "tuned", "search"),
    *("optimizer_options", "schedule_options", "loss_options"),
)


def recipe_option(command: Command) -> Command:
    """Add --recipe of the commands that take the lesson's on a GPU."""
    return click.option(
        "--recipe",
        default="auto",
        metavar="|".join(["auto", *RECIPES, "FILE.toml"]),
        help="Training settings; auto is lesson on a GPU and quick on a CPU.  [default: auto]",
    )(command)


def search_options(command: Command) -> Command:
    """Add the options of a search but its budget."""
    for option in (
        click.option(
            "--no-halving",
            "halving",
            flag_value=False,
            default=None,
            help="Train every setting to the last epoch. Otherwise the best third goes on after "
            "the first epochs, and again.",
        ),
        click.option(
            "--sampler",
            metavar="random|tpe",
            help="Draw the same settings for all models at random, or for each by what it has "
            "reached.  [default: random]",
        ),
        click.option(
            "--space",
            metavar="NAME=VALUES|FILE.toml",
            multiple=True,
            help="A setting to search, such as learning_rate=1e-4..1e-1:log or augment=none,flip; "
            "repeatable.  [default: learning rate, weight decay, label smoothing, augmentation, "
            "batch size]",
        ),
    ):
        command = option(command)
    return command


def input_shape_option(command: Command) -> Command:
    """Add --input-shape, written 224,224,1, or of a model of yours 20."""
    return click.option(
        "--input-shape",
        metavar="H,W,C",
        callback=_parse_shape,
        help="Height, width, channels; for a model of yours all sizes but the batch, such as 20.  "
        "[default: its own]",
    )(command)


def format_option(command: Command) -> Command:
    """Add --format, checked with the nearest match."""
    return format_option_with()(command)


def format_option_with(*others: str) -> Callable[[Command], Command]:
    """Return a decorator that adds --format with other formats besides FORMATS."""
    known = (*FORMATS, *others)

    def check(context: click.Context, parameter: click.Parameter, value: str) -> str:
        if value not in known:
            raise no_such("format", value, known)
        return value

    return click.option(
        "--format",
        "form",
        default="table",
        metavar="|".join(known),
        callback=check,
        help="Output format.  [default: table]",
    )


def columns_options(command: Command) -> Command:
    """Add --columns and --wide, which choose the columns of a result's table."""
    for option in (
        click.option(
            "--wide", is_flag=True, help="Show all columns, even if the terminal is narrower."
        ),
        click.option(
            "--columns", metavar="NAME,...", help="Columns to show, by their names in CSV."
        ),
    ):
        command = option(command)
    return command


def models_option(command: Command) -> Command:
    """Add --models, whose files register models before any name is looked up."""
    return click.option(
        "--models",
        "model_files",
        metavar="FILE",
        multiple=True,
        is_eager=True,
        expose_value=False,
        callback=_register_files,
        help="Python file that registers models by netzoo.register_model; repeatable. "
        "NETZOO_MODELS names files for every command.",
    )(command)


def memory_option(command: Command) -> Command:
    """Add --memory, which no record keeps: the numbers are the same."""
    return click.option(
        "--memory",
        metavar="SIZE",
        help="The most memory that the images may take, such as 2GB or 500MB; larger data sets are "
        "decoded to a file and read from there, with the same numbers.  [default: "
        "NETZOO_MEMORY, else half of what is free]",
    )(command)


def backends_option(about: str) -> Callable[[Command], Command]:
    """Return a decorator that adds --backends; about: its help."""
    return click.option(
        "--backends",
        metavar="NAME,...|all",
        callback=lambda context, parameter, value: names_of(value),
        help=about,
    )


def plot_option(command: Command) -> Command:
    """Add --plot."""
    return click.option("--plot", is_flag=True, help="Draw learning curves below the table.")(
        command
    )


def metric_option(default: str | None = ACCURACY) -> Callable[[Command], Command]:
    """Return a decorator that adds --metric; default: None for the one of the folder."""
    told = "that of the comparison" if default is None else default
    return click.option(
        "--metric",
        default=default,
        metavar="|".join(METRICS),
        help=f"What the verdicts are of.  [default: {told}]",
    )


def target_option(about: str) -> Callable[[Command], Command]:
    """Return a decorator that adds --target; about: its help."""
    return click.option("--target", metavar="ACCURACY", callback=_parse_target, help=about)


def progress_options(command: Command) -> Command:
    """Add --quiet and --log-file."""
    command = click.option("--quiet", is_flag=True, help="Print only the result and errors.")(
        command
    )
    return click.option("--log-file", metavar="FILE", help="Also append progress to FILE.")(command)


def recipe_options(command: Command) -> Command:
    """Add an option for each field of a recipe; only given ones are passed on."""
    names = [spec.name for spec in fields(Recipe) if spec.name not in NOT_OPTIONS]
    return recipe_options_of(*names)(command)


def recipe_options_of(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds the options for these fields of a recipe."""

    def add(command: Command) -> Command:
        for spec in reversed(fields(Recipe)):
            if spec.name not in names:
                continue
            allowed = spec.metadata.get("allowed")
            values = "|".join(allowed) if allowed else None
            command = click.option(
                "--" + spec.name.replace("_", "-"),
                type=spec.metadata.get("kind", bool if "switch" in spec.metadata else str),
                help=f"{spec.metadata['about'][0].upper()}{spec.metadata['about'][1:]}.",
                **_form(spec, values),
            )(command)
        return command

    return add


def _form(spec: Any, values: str | None) -> dict[str, Any]:
    """Return how an option for a field of a recipe is written."""
    if spec.name == "data_parallel":
        return ALL_DEVICES
    return {"is_flag": True, "default": None} if "switch" in spec.metadata else {"metavar": values}


def names_of(text: str | None) -> list[str] | None:
    """Return the names in "activation,dropout"; None of None."""
    return None if text is None else [name.strip() for name in text.split(",")]


def _register_files(
    context: click.Context, parameter: click.Parameter, paths: tuple[str, ...]
) -> None:
    if not paths:
        return
    from netzoo.models.plugins import register_file
    from netzoo.runs.estimate import no_bytecode

    with no_bytecode():  # it may be a dry run
        for path in paths:
            register_file(path)


def _parse_target(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> float | None:
    from netzoo.results.target import check_target

    return None if value is None else check_target(value)


def _parse_shape(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise BadInput(
            "--input-shape: expected sizes such as 224,224,1 or 20, each a positive whole number; "
            f"received {value!r}."
        )
    return tuple(map(int, parts))


def check_image_shape(shape: tuple[int, ...] | None) -> None:
    """Raise unless --input-shape is that of an image, as models that come by name need it."""
    if shape is not None and len(shape) != 3:
        received = ",".join(map(str, shape))
        raise BadInput(
            "--input-shape: expected height,width,channels such as 224,224,1; "
            f"received {received!r}."
        )
