"""netzoo summary: shapes and cost, of one model by layer or of several side by side."""

import json
from collections.abc import Sequence
from typing import Any

import click

from netzoo.costs import Cost
from netzoo.report.costs import COLUMNS, DEFAULT_COLUMNS, TRAINING_COLUMNS

from .options import format_option, input_shape_option
from .output import show


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@input_shape_option
@click.option("--num-classes", type=int, help="Outputs.  [default: its own]")
@click.option("--batch-size", type=int, default=1, show_default=True, help="Images at once.")
@click.option("--depth", type=int, default=1, show_default=True, help="Levels of nested models.")
@click.option("--sort", metavar="NAME", help="The largest of this column first.")
@click.option("--columns", metavar="NAME,...", help=f"What to show: {', '.join(COLUMNS)}.")
@click.option("--train", is_flag=True, help="Show FLOPs of training, and bytes that it keeps.")
@click.option("--verify", is_flag=True, help="Let the backend count too; 1 if it differs.")
@format_option
@click.pass_context
def summary(
    context: click.Context,
    /,
    models: tuple[str, ...],
    input_shape: tuple[int, int, int] | None,
    num_classes: int | None,
    batch_size: int,
    depth: int,
    sort: str | None,
    columns: str | None,
    train: bool,
    verify: bool,
    form: str,
) -> None:
    """Show shapes, parameters and MACs of a MODEL layer by layer, or totals of several.

    A MODEL is a name from `netzoo list`, perhaps with changes; keras:NAME for one of
    keras.applications; the path of a .keras file; or package.module:callable or
    path/file.py:callable for one of yours.

    \b
    Examples:
      netzoo summary alexnet
      netzoo summary lenet:activation=relu --input-shape 32,32,3 --format json
      netzoo summary keras:ResNet50 --sort macs --train
      netzoo summary lenet alexnet keras:MobileNetV2
      netzoo summary models/mine.py:build --depth 2 --verify
    """
    from netzoo import backend
    from netzoo.errors import BadInput

    for name, value in (("batch-size", batch_size), ("depth", depth)):
        if value < 1:
            raise BadInput(f"--{name} is at least 1; received {value}.")
    backend.start("cpu", shapes_only=_all_by_name(models) and not verify)
    from netzoo.report.costs import batched, layer_table, totals_table
    from netzoo.summaries import counted

    found = [counted(spec, input_shape, num_classes, weights=verify) for spec in models]
    costs = [cost for _, cost in found]
    if verify:
        context.exit(_show_opinions(found, form))
    if form == "json":
        _show_json([batched(cost, batch_size).to_dict(depth) for cost in costs])
    elif len(costs) > 1:
        show(totals_table(costs, batch_size), form)
    else:
        shown = _columns(columns, train)
        table = layer_table(costs[0], depth=depth, sort=sort, columns=shown, batch_size=batch_size)
        show(table, form)


def _columns(columns: str | None, train: bool) -> Sequence[str]:
    if columns is not None:
        return [name.strip() for name in columns.split(",")]
    return TRAINING_COLUMNS if train else DEFAULT_COLUMNS


def _show_opinions(found: Sequence[tuple[Any, Cost]], form: str) -> int:
    """Let the backend count models too, show both counts, and return the exit code."""
    from netzoo import backend
    from netzoo.cost.verify import verify
    from netzoo.report.opinions import opinion_json, opinion_table

    opinions = [(cost, verify(model)) for model, cost in found]
    if form == "json":
        _show_json([opinion_json(*pair) for pair in opinions])
    else:
        for pair in opinions:
            show(opinion_table(*pair, backend.name()), form)
    return 0 if all(layer.agrees for _, layers in opinions for layer in layers) else 1


def _show_json(told: list[dict[str, Any]]) -> None:
    click.echo(json.dumps(told[0] if len(told) == 1 else told, indent=1))


def _all_by_name(models: tuple[str, ...]) -> bool:
    """Return whether each is registered or in keras.applications: no code or file of the user's.

    Raises for a wrong registered name, before a backend starts, which takes seconds.
    """
    from netzoo.models.find import is_application, is_registered
    from netzoo.recipes import parted
    from netzoo.registry import model_info

    for spec in models:
        if is_registered(spec):
            model_info(parted(spec)[0])
    return all(is_registered(spec) or is_application(spec) for spec in models)
