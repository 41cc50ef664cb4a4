"""netzoo summary: one model's shapes and cost by layer."""

import click

from .options import Shape, format_option, show


@click.command()
@click.argument("model")
@click.option("--input-shape", type=Shape(), help="Height, width, channels.  [default: native]")
@click.option("--num-classes", type=int, default=10, show_default=True, help="Outputs.")
@format_option
def summary(
    model: str, input_shape: tuple[int, int, int] | None, num_classes: int, form: str
) -> None:
    """Show the shapes, parameters and MACs of MODEL, layer by layer.

    \b
    Examples:
      netzoo summary alexnet
      netzoo summary lenet:activation=relu --input-shape 32,32,3 --format json
    """
    from netzoo import backend
    from netzoo.registry import check_input_shape, model_info

    model_info(model)
    if input_shape is not None:
        check_input_shape(input_shape)
    backend.start("cpu")
    from netzoo.cost.count import count_named
    from netzoo.records import to_text
    from netzoo.report.costs import layer_table

    cost = count_named(model, input_shape, num_classes)
    if form == "json":
        click.echo(to_text(cost), nl=False)
    else:
        show(layer_table(cost), form)
