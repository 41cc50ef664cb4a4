"""netzoo ablate: what each change of a network buys."""

from functools import partial
from typing import Any

import click

from .options import names_of
from .training import size, size_options, train, training_options


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--changes", metavar="NAME,...", help="These only, such as activation,dropout.")
@click.option(
    "--pairs",
    is_flag=True,
    help="Train every set of the changes, and share the joint effect out among them.",
)
@size_options
@training_options(seeds=3)
@click.pass_context
def ablate(
    context: click.Context,
    /,
    model: str,
    changes: str | None,
    pairs: bool,
    quick: bool,
    full: bool,
    recipe: str | None,
    **options: Any,
) -> None:
    """Train MODEL, and MODEL with each change of its family made alone: what does each buy?

    The changes are those that the family has variants for, and augmentation: flips and crops for a
    base that trains without, none for one that trains with it (--augment). With the same seeds for
    all, each row shows what the change costs and gives, with a verdict. Ctrl-C and --output as in
    `netzoo compare`.

    \b
    Examples:
      netzoo ablate alexnet
      netzoo ablate lenet --seeds 5 --recipe quick
      netzoo ablate alexnet --pairs --changes activation,pooling,dropout
      netzoo ablate alexnet --full --output runs/ablation
    """
    from netzoo.results.ablation import Ablation
    from netzoo.studies.ablate import ablate as run

    call = partial(
        run, model, changes=names_of(changes), pairs=pairs, recipe=size(quick, full, recipe)
    )
    train(context, call, Ablation.COLUMNS, ["ablate", model], **options)
