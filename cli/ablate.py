"""netzoo ablate: the effect of each change of a network."""

from functools import partial
from typing import Any

import click

from .options import metric_option, names_of
from .training import study_recipe_option, train, training_options


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--changes", metavar="NAME,...", help="Make only these changes, such as activation,dropout."
)
@click.option(
    "--factorial",
    is_flag=True,
    help="Train all combinations of the changes; report Shapley values and interactions.",
)
@click.option("--pairs", is_flag=True, hidden=True, help="The old name of --factorial.")
@study_recipe_option
@metric_option()
@training_options(seeds=3)
@click.pass_context
def ablate(
    context: click.Context,
    /,
    model: str,
    changes: str | None,
    factorial: bool,
    pairs: bool,
    recipe: str,
    **options: Any,
) -> None:
    """Train MODEL, and MODEL with each change of its family made alone: what does each buy?

    Changes: those for which the family has variants, and augmentation (flips and crops for a base
    that trains without, none for one that trains with it by --augment or its recipe); with a recipe
    such as `modern`, also the training without its ema, test_flip or loss. All models train with
    the same seeds. Each row shows the cost and the effect of one change, with a verdict.
    Ctrl-C and --output work as in `netzoo compare`.

    \b
    Examples:
      netzoo ablate alexnet
      netzoo ablate lenet --seeds 5 --recipe quick
      netzoo ablate alexnet --factorial --changes activation,pooling,dropout
      netzoo ablate alexnet --full --output runs/ablation
    """
    from netzoo.results.ablation import Ablation
    from netzoo.studies.ablate import ablate as run

    call = partial(
        run, model, changes=names_of(changes), factorial=factorial or pairs, recipe=recipe
    )
    train(context, call, Ablation.COLUMNS, ["ablate", model], **options)
