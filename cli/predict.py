"""netzoo predict: the classes of image files, by a saved network."""

import click

from .options import columns_options, format_option, names_of
from .output import check_chosen, show_result
from .training import device_option


@click.command()
@click.argument("model", metavar="FILE.keras")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option(
    "--top", type=int, default=3, show_default=True, help="Classes to show of each image."
)
@device_option
@columns_options
@format_option
def predict(
    model: str,
    images: tuple[str, ...],
    top: int,
    device: str,
    form: str,
    columns: str | None,
    wide: bool,
) -> None:
    """Show the most probable classes of each IMAGE, by a network that compare --save-models saved.

    An IMAGE is a file that Pillow reads. It is converted to grey or colour and resized, as the
    training images of the network are; a line below the table says what was done.

    \b
    Examples:
      netzoo predict runs/l/models/lenet-seed0-1f3a5c7e.keras boot.png
      netzoo predict runs/l/models/lenet-seed0-1f3a5c7e.keras *.jpg --top 1 --format csv
    """
    from netzoo.results.prediction import Prediction
    from netzoo.runs.predict import predict as run

    chosen = names_of(columns)
    check_chosen(chosen, form, Prediction.COLUMNS)
    result = run(model, images, top=top, device=device)
    show_result(result, form, plot=False, columns=chosen, wide=wide)
