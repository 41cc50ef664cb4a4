"""netzoo compare: train models side by side."""

from functools import partial
from typing import Any

import click

from netzoo.errors import BadInput

from .options import (
    backends_option,
    metric_option,
    recipe_option,
    search_options,
    target_option,
)
from .training import train, training_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@recipe_option
@click.option(
    "--tune",
    type=int,
    metavar="N",
    help="First search the settings of each model, N for each, on validation images; see netzoo "
    "tune.",
)
@search_options
@click.option("--baseline", metavar="MODEL", help="Model to compare with.  [default: the first]")
@backends_option(
    "Train on each of these backends, such as tensorflow,torch; all: each that is installed. The "
    "table has a row for each model on each, against the same model on the first.  "
    "[default: that of KERAS_BACKEND]"
)
@metric_option()
@target_option(
    "Time to accuracy: when the mean over the seeds has this validation accuracy, such as 0.9, in "
    "epochs, seconds and FLOPs. Trials stop where that is decided."
)
@training_options(seeds=1)
@click.pass_context
def compare(
    context: click.Context, /, models: tuple[str, ...], tune: int | None, **options: Any
) -> None:
    """Train each MODEL on the same images and show cost, accuracy and speed side by side.

    A MODEL is a name from `netzoo list`, optionally with changes after a colon and with settings of
    its own after an @. The recipe gives every setting, from --epochs to --validation, that is left
    out. Ctrl-C once finishes the epoch, twice stops at once; the same command with --output
    resumes there.

    \b
    Examples:
      netzoo compare lenet alexnet
      netzoo compare lenet lenet-relu lenet:activation=tanh --seeds 3
      netzoo compare alexnet alexnet@augment=flip+crop,epochs=12
      netzoo compare lenet alexnet --recipe lesson --output runs/lesson
      netzoo compare lenet alexnet --dataset svhn_cropped --metric balanced_accuracy --seeds 3
      netzoo compare lenet alexnet --save-models --log tensorboard,mlflow --output runs/l
      netzoo compare lenet alexnet --dataset photos/ --memory 2GB
      netzoo compare lenet lenet-relu --seeds 12 --jobs auto
      netzoo compare lenet alexnet --backends tensorflow,torch,jax --seeds 3
      netzoo compare lenet alexnet resnet18 --seeds 5 --dry-run
      netzoo compare lenet-relu lenet-modern --seeds 3 --target 0.85
      netzoo compare lenet alexnet --tune 20 --seeds 3
      netzoo compare lenet alexnet --data-parallel 2
      KERAS_BACKEND=torch netzoo compare lenet alexnet --format json
    """
    from netzoo.results.comparison import Comparison
    from netzoo.runs.compare import compare as run
    from netzoo.studies.compare_tuned import compare_tuned

    of_search = {name: options.pop(name) or None for name in ("space", "sampler")}
    of_search["halving"] = options.pop("halving")
    given = {name: value for name, value in of_search.items() if value is not None}
    if tune is None and given:
        option = "no-halving" if "halving" in given else next(iter(given))
        raise BadInput(f"--{option} is of a search; give its number of settings by --tune N.")
    call = partial(run, models)
    if tune is not None:
        call = partial(compare_tuned, models, budget=tune, **given)
    train(context, call, Comparison.COLUMNS, models, **options)
