"""netzoo probe: what is inside networks, layer by layer."""

from functools import partial
from typing import Any

import click

from .training import size, size_options, train, training_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--steps",
    metavar="N,...",
    default="0,50",
    show_default=True,
    help="Look after so many training steps; 0: at the initial weights.",
)
@click.option(
    "--images", type=int, default=100, show_default=True, help="Look on so many training images."
)
@size_options
@training_options(seeds=3, plot=False)
@click.pass_context
def probe(
    context: click.Context,
    /,
    models: tuple[str, ...],
    steps: str,
    images: int,
    quick: bool,
    full: bool,
    recipe: str | None,
    **options: Any,
) -> None:
    """Look into each MODEL without a full training: outputs and gradients, layer by layer.

    On real images, at the initial weights and after some training steps: mean and spread of what
    each layer gives, its dead or saturated units, and the gradients of its weights and of its
    output, by the backend's own means. Ratios are to the first MODEL. --output as in
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
        recipe=size(quick, full, recipe),
    )
    train(context, call, Probe.COLUMNS, ["probe", *models], **options)
