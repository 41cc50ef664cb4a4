"""netzoo report: an HTML report of finished runs, with figures."""

import click


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@click.option(
    "--output",
    metavar="FILE",
    help="The report.  [default: report.html in the folder; for several folders, in this one]",
)
@click.option(
    "--baseline",
    metavar="MODEL",
    help="Model to compare with at first; in a comparison of several backends, a backend.",
)
@click.option(
    "--lang",
    "language",
    default="en",
    metavar="en|zh",
    help="Initial language of the report.  [default: en]",
)
def report(folders: tuple[str, ...], **options: str) -> None:
    """Write one HTML report of the runs in each FOLDER, and its figures as SVG and PNG.

    The report is self-contained and loads nothing from the network: answer, table, learning curves,
    cost by layer, drawings of the networks, confusion matrices, calibration, images on which the
    networks disagree, and how to reproduce it. No backend is needed.

    \b
    Examples:
      netzoo report runs/lesson
      netzoo report runs/on-tensorflow runs/on-torch --output backends.html
      netzoo report runs/lesson --lang zh --baseline alexnet
    """
    from netzoo.report.write import figures_folder, write_report

    page = write_report(folders, **options)
    click.echo(f"The report is {page}; its figures are in {figures_folder(page)}.")
