"""netzoo data: what is in a data set, and what of it weakens a verdict."""

from pathlib import Path

import click

from .options import columns_options, format_option, memory_option, names_of, progress_options
from .output import check_chosen, show_result
from .training import data_dir_option


@click.command()
@click.argument("dataset", metavar="NAME|PATH")
@data_dir_option
@memory_option
@click.option(
    "--group",
    metavar="REGEX",
    help="Regular expression that finds an image's group in the path of its file, such as "
    "(patient\\d+); groups on both sides of the split are named.",
)
@click.option(
    "--near",
    type=int,
    metavar="BITS",
    help="Bits of 256 in which the perceptual hashes of near copies differ at most, 0 to 24.  "
    "[default: 16]",
)
@click.option(
    "--augment",
    metavar="NAME",
    help="Draw the effect of an augmentation, such as flip+crop, as augment.png.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of its draws.")
@click.option(
    "--output",
    metavar="FOLDER",
    help="Folder for images.json and contact-sheet.png.  [default with --augment or --report: "
    "runs/TIME-data-NAME, else none]",
)
@click.option("--report", is_flag=True, help="Also write the page images.html to the folder.")
@progress_options
@columns_options
@format_option
def data(
    dataset: str,
    data_dir: str | None,
    memory: str | None,
    group: str | None,
    near: int | None,
    augment: str | None,
    seed: int,
    output: str | None,
    report: bool,
    quiet: bool,
    log_file: str | None,
    form: str,
    columns: str | None,
    wide: bool,
) -> None:
    """Show what is in a data set: NAME or PATH as --dataset of compare takes it.

    Images of each class, sizes, channels, mean and standard deviation; damaged files by name;
    exact and near copies within and across the splits; images of the same pixels and different
    classes; groups on both sides of the split. Findings leave the exit code at 0.

    \b
    Examples:
      netzoo data photos/
      netzoo data fashion_mnist_sample --output runs/clothes --augment flip+crop --report
      netzoo data photos/ --group "(patient\\d+)" --format json
      netzoo data photos/@size=64 --near 8
    """
    from netzoo.results.inspection import Inspection
    from netzoo.runs.inspect_images import check, inspect_images
    from netzoo.runs.store import new_folder

    from .progress import progress

    chosen = names_of(columns)
    check_chosen(chosen, form, Inspection.COLUMNS)
    draws = report or augment is not None
    fresh = new_folder(["data", Path(dataset.partition("@")[0]).name]) if draws else None
    folder = Path(output) if output else fresh
    check(group, near, augment, seed, folder)
    if report:
        from netzoo.report import require_page

        require_page("--report")
    with progress(quiet, log_file) as callback:
        result = inspect_images(
            dataset,
            data_dir=data_dir,
            memory=memory,
            group=group,
            near=near,
            augment=augment,
            seed=seed,
            output=folder,
            callbacks=[callback],
        )
    show_result(result, form, plot=False, columns=chosen, wide=wide)
    if folder is not None and not quiet:
        click.echo(f"Pictures and images.json are in {folder}.", err=True)
    if report and folder is not None:
        from netzoo.report.images_page import write_images_page

        page = write_images_page(result, folder)
        if not quiet:
            click.echo(f"The report is {page}.", err=True)
