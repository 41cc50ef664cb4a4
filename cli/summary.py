"""netzoo summary: shapes and cost, of one model by layer or of several side by side."""

import json
from collections.abc import Sequence
from typing import Any

import click

from netzoo.cost.layer_cost import COLUMNS, DEFAULT_COLUMNS, TRAINING_COLUMNS
from netzoo.cost.result import Cost
from netzoo.models.spec import KERAS, REGISTERED, ModelSpec

from .options import (
    check_image_shape,
    format_option,
    input_shape_option,
    models_option,
    names_of,
)
from .output import show


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@models_option
@input_shape_option
@click.option("--num-classes", type=int, help="Number of classes.  [default: the model's own]")
@click.option("--batch-size", type=int, default=1, show_default=True, help="Images in a batch.")
@click.option(
    "--depth", type=int, default=1, show_default=True, help="Levels of nested models to show."
)
@click.option("--sort", metavar="NAME", help="Sort by this column, largest first.")
@click.option("--columns", metavar="NAME,...", help=f"Columns to show: {', '.join(COLUMNS)}.")
@click.option("--train", is_flag=True, help="Show training FLOPs and activation memory.")
@click.option(
    "--verify",
    is_flag=True,
    help="Cross-check with the backend's own counter; exit code 1 on a mismatch.",
)
@format_option
@click.pass_context
def summary(
    context: click.Context,
    /,
    models: tuple[str, ...],
    input_shape: tuple[int, ...] | None,
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
    keras.applications; the path of a .keras or .h5 file; or package.module:NAME or
    path/file.py:NAME for one of yours: a function that returns a model, a class, or a model.

    \b
    Examples:
      netzoo summary alexnet
      netzoo summary lenet:activation=relu --input-shape 32,32,3 --format json
      netzoo summary keras:ResNet50 --sort macs --train
      netzoo summary lenet alexnet keras:MobileNetV2
      netzoo summary models/mine.py:build --depth 2 --verify
    """
    from netzoo import backend

    _check_numbers(**{"batch-size": batch_size, "depth": depth})
    specs = _specs(models)
    by_name = [spec.origin in (REGISTERED, KERAS) for spec in specs]
    check_image_shape(input_shape if any(by_name) else None)
    backend.start("cpu", shapes_only=all(by_name) and not verify)
    _say_floatx()
    from netzoo.cost.by_name import counted
    from netzoo.cost.result import batched, layer_table, totals_table

    counts = [counted(spec, input_shape, num_classes, weights=verify) for spec in specs]
    if verify:
        reshaped = [input_shape and not named for named in by_name]
        context.exit(_show_opinions(counts, reshaped, form))
    costs = [cost for _, cost in counts]
    if form == "json":
        _show_json([batched(cost, batch_size).to_dict(depth) for cost in costs])
    elif len(costs) > 1:
        show(totals_table(costs, batch_size), form)
    else:
        shown = _columns(columns, train)
        table = layer_table(costs[0], depth=depth, sort=sort, columns=shown, batch_size=batch_size)
        show(table, form)


def _say_floatx() -> None:
    """Say so if weights are counted in another type than float32."""
    import keras

    floatx = keras.config.floatx()
    if floatx != "float32":
        told = f"floatx is {floatx} in keras.json; weights and activations are counted in it"
        click.echo(f"Note: {told} where a model names no other.", err=True)


def _check_numbers(**numbers: int) -> None:
    """Raise for a number below 1."""
    from netzoo.errors import BadInput

    for name, value in numbers.items():
        if value < 1:
            raise BadInput(f"--{name} is at least 1; received {value}.")


def _columns(columns: str | None, train: bool) -> Sequence[str]:
    return names_of(columns) or (TRAINING_COLUMNS if train else DEFAULT_COLUMNS)


def _show_opinions(counts: Sequence[tuple[Any, Cost]], reshaped: Sequence[Any], form: str) -> int:
    """Cross-check the counts with the backend's, show both, and return the exit code.

    reshaped: whether each is counted on an input of another shape than it may have.
    """
    from netzoo import backend
    from netzoo.cost.backend_count import opinion_json, opinion_table
    from netzoo.cost.verify import verify
    from netzoo.models.find import is_open

    opinions = []
    for (model, cost), other in zip(counts, reshaped, strict=True):
        shape: Any = cost.input_shape if other or is_open(model) else None
        opinions.append((cost, verify(model, shape)))
    if form == "json":
        _show_json([opinion_json(*pair) for pair in opinions])
    else:
        for pair in opinions:
            show(opinion_table(*pair, backend.name()), form)
    return 0 if all(layer.agrees for _, layers in opinions for layer in layers) else 1


def _show_json(counts: list[dict[str, Any]]) -> None:
    click.echo(json.dumps(counts[0] if len(counts) == 1 else counts, indent=1))


def _specs(models: tuple[str, ...]) -> list[ModelSpec]:
    """Return the specs of the models.

    Raises for a wrong registered name, before a backend starts, which takes seconds.
    """
    from netzoo.models.catalog import model_info, model_spec
    from netzoo.recipes import check_settings

    specs = [model_spec(model) for model in models]
    for spec in specs:
        if spec.origin == REGISTERED:
            model_info(spec)
        check_settings(spec)
    return specs
