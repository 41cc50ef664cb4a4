"""netzoo report: a page of what finished runs gave, with figures."""

import click


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...")
@click.option(
    "--output",
    metavar="FILE",
    help="The page.  [default: report.html in the folder; of several folders, here]",
)
@click.option("--baseline", metavar="MODEL", help="Compare with this one first.")
@click.option(
    "--lang", "language", default="en", metavar="en|zh", help="The page opens in it.  [default: en]"
)
def report(folders: tuple[str, ...], **options: str) -> None:
    """Write one HTML page of the runs in each FOLDER, and its figures as SVG and PNG.

    The page holds all that it shows and fetches nothing: answer, table, learning curves, cost by
    layer, drawings of the networks, confusions, the images on which they disagree, and how to do it
    again. No backend is needed.

    \b
    Examples:
      netzoo report runs/lesson
      netzoo report runs/on-tensorflow runs/on-torch --output backends.html
      netzoo report runs/lesson --lang zh --baseline alexnet
    """
    from netzoo.report.write import figures_folder, write_report

    page = write_report(folders, **options)
    click.echo(f"The page is {page}, its figures are in {figures_folder(page)}.")
