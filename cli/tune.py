"""netzoo tune: the settings that each model is best with."""

from collections.abc import Sequence
from typing import Any

import click

from .options import recipe_option, search_options
from .training import train, training_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--budget",
    type=int,
    required=True,
    metavar="N",
    help="Number of settings to try for each model.",
)
@search_options
@recipe_option
@training_options(None, plot=False)
@click.pass_context
def tune(
    context: click.Context,
    /,
    models: tuple[str, ...],
    space: tuple[str, ...],
    **options: Any,
) -> None:
    """Search the settings that each MODEL is best with, with the same chance for all.

    Each MODEL tries as many settings, for as many epochs, on the same images. The accuracy on
    validation images decides; the test images are not evaluated. The chosen settings are written to
    tuned.toml in the output folder, for `netzoo compare --recipe`. Ctrl-C and --output work as in
    `netzoo compare`.

    \b
    Examples:
      netzoo tune lenet alexnet --budget 20
      netzoo tune lenet alexnet --budget 20 --output runs/tuned --report
      netzoo compare lenet alexnet --recipe runs/tuned/tuned.toml --seeds 3
      netzoo tune lenet --budget 9 --space learning_rate=1e-4..1e-1:log --space augment=none,flip
      netzoo tune lenet mlp --budget 12 --space space.toml --jobs auto
      netzoo tune lenet alexnet --budget 20 --dry-run
    """
    from netzoo.results.tuning import Tuning
    from netzoo.studies.tune import tune as run

    def call(seeds: Sequence[int], **given: Any) -> Tuning:
        return run(models, seed=seeds[0], space=space or None, **given)

    train(context, call, Tuning.COLUMNS, ["tune", *models], **options)
