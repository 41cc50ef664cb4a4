"""netzoo probe: outputs and gradients of layers."""

from functools import partial
from typing import Any

import click

from .training import study_recipe_option, train, training_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--steps",
    metavar="N,...",
    default="0,50",
    show_default=True,
    help="Training steps to probe at (0 = initialization).",
)
@click.option(
    "--images",
    type=int,
    default=100,
    show_default=True,
    help="Number of training images to probe on.",
)
@study_recipe_option
@training_options(seeds=3, plot=False)
@click.pass_context
def probe(
    context: click.Context,
    /,
    models: tuple[str, ...],
    steps: str,
    images: int,
    recipe: str,
    **options: Any,
) -> None:
    """Probe the layers of each MODEL without a full training: outputs and gradients.

    On real images, at initialization and after some training steps: mean and standard deviation of
    each layer's output, its dead or saturated units, and the gradients of its weights and of its
    output, computed by the backend. Ratios are to the first MODEL. --output works as in
    `netzoo compare`.

    \b
    Examples:
      netzoo probe alexnet alexnet-sigmoid
      netzoo probe lenet lenet-relu lenet-maxpool --steps 0,10,100,500
      netzoo probe alexnet alexnet-avgpool --image-size 224 --seeds 5 --format csv
    """
    from netzoo.errors import BadInput
    from netzoo.results.probe import Probe
    from netzoo.studies.probe import probe as run

    numbers = [part.strip() for part in steps.split(",")]
    if not all(number.isdecimal() for number in numbers):
        raise BadInput(f"--steps: expected whole numbers such as 0,50; received {steps!r}.")
    call = partial(
        run,
        models,
        steps=[int(n) for n in numbers],
        images=images,
        recipe=recipe,
    )
    train(context, call, Probe.COLUMNS, ["probe", *models], **options)
