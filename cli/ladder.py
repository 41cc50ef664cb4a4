"""netzoo ladder: from one network to another, a change at a time."""

from functools import partial
from typing import Any

import click

from .options import names_of
from .training import size, size_options, train, training_options


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option(
    "--order",
    metavar="NAME,...",
    help="The changes in the order to make them.  [default from lenet to alexnet: "
    "activation,pooling,dropout,augment,wide,deep,size]",
)
@size_options
@training_options(seeds=3)
@click.pass_context
def ladder(
    context: click.Context,
    /,
    start: str,
    end: str,
    order: str | None,
    quick: bool,
    full: bool,
    recipe: str | None,
    **options: Any,
) -> None:
    """Train each model on the way FROM one TO another, one change a rung: what does each buy?

    Every rung is a model that `netzoo summary` knows. "size" is the other family's input, strides
    and pooling, "augment" flips and crops, and "settings" those that the recipe has for the other
    family (its learning rate), which change with the first rung unless the order names them.
    Ctrl-C and --output as in `netzoo compare`.

    \b
    Examples:
      netzoo ladder lenet alexnet
      netzoo ladder lenet alexnet --order wide,deep,size,activation,pooling,dropout
      netzoo ladder lenet lenet-modern --seeds 5 --format markdown
      netzoo ladder lenet alexnet --full --output runs/ladder
    """
    from netzoo.results.ablation import Ladder
    from netzoo.studies.ladder import ladder as run

    call = partial(run, start, end, order=names_of(order), recipe=size(quick, full, recipe))
    train(context, call, Ladder.COLUMNS, ["ladder", start, end], **options)
