"""netzoo ladder: from one network to another, a change at a time."""

from functools import partial
from typing import Any

import click

from .options import metric_option, names_of
from .training import study_recipe_option, train, training_options


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option(
    "--order",
    metavar="NAME,...",
    help="Order of the changes.  [default from lenet to alexnet: "
    "activation,pooling,dropout,augment,wide,deep,size]",
)
@study_recipe_option
@metric_option()
@training_options(seeds=3)
@click.pass_context
def ladder(
    context: click.Context,
    /,
    start: str,
    end: str,
    order: str | None,
    recipe: str,
    **options: Any,
) -> None:
    """Train each model on the way FROM one TO another, one change a rung: what does each buy?

    Each rung is a model that `netzoo summary` counts. The change "size" takes the other family's
    input, strides and pooling; "augment" adds flips and crops; "settings" takes the recipe's
    settings for the other family (its learning rate), by default with the first rung. From an early
    family to a late one it goes through the families between them, as each declares its history.
    Ctrl-C and --output work as in `netzoo compare`.

    \b
    Examples:
      netzoo ladder lenet alexnet
      netzoo ladder lenet alexnet --order wide,deep,size,activation,pooling,dropout
      netzoo ladder lenet resnet18
      netzoo ladder lenet lenet-modern --seeds 5 --format markdown
      netzoo ladder lenet alexnet --full --output runs/ladder
    """
    from netzoo.results.ablation import Ladder
    from netzoo.studies.ladder import ladder as run

    call = partial(run, start, end, order=names_of(order), recipe=recipe)
    train(context, call, Ladder.COLUMNS, ["ladder", start, end], **options)
