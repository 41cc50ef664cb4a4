"""netzoo evaluate: the accuracy of a saved network."""

from typing import Any

import click

from .options import columns_options, format_option, memory_option, names_of
from .output import check_chosen, show_result
from .training import data_dir_option, device_option


@click.command()
@click.argument("model", metavar="FILE.keras")
@click.option(
    "--dataset",
    metavar="NAME",
    help="Data set of the same classes, as in netzoo compare.  [default: that of its training]",
)
@data_dir_option
@memory_option
@click.option(
    "--limit-test",
    type=int,
    help="Number of test images: the first of each class.  [default: as in its training]",
)
@device_option
@columns_options
@format_option
def evaluate(model: str, form: str, columns: str | None, wide: bool, **options: Any) -> None:
    """Evaluate a saved network on the test images of its training, or of another data set.

    FILE.keras is what `netzoo compare --save-models` wrote to FOLDER/models. It holds the size and
    the scaling of the images, and is loaded in safe mode. On the training's images and backend the
    accuracy is that of its record.

    \b
    Examples:
      netzoo evaluate runs/l/models/lenet-seed0-1f3a5c7e.keras
      netzoo evaluate runs/l/models/lenet-seed0-1f3a5c7e.keras --dataset mnist --format json
      KERAS_BACKEND=torch netzoo evaluate runs/l/models/lenet-seed0-1f3a5c7e.keras
    """
    from netzoo.results.evaluation import Evaluation
    from netzoo.runs.evaluate import evaluate as run

    chosen = names_of(columns)
    check_chosen(chosen, form, Evaluation.COLUMNS)
    given = {name: value for name, value in options.items() if value is not None}
    show_result(run(model, **given), form, plot=False, columns=chosen, wide=wide)
