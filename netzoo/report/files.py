"""Files of a report: the page, and its figures as SVG and PNG."""

from collections.abc import Iterator
from pathlib import Path

from netzoo import disk
from netzoo.report.content import Content
from netzoo.report.drawing import FONT, png, svgs
from netzoo.report.figure import slug
from netzoo.report.figures import figures
from netzoo.report.markup import render
from netzoo.report.page import page

COLUMNS = 6  # of the pictures of a disagreement


def write(content: Content, path: Path, folder: Path, language: str) -> None:
    """Write the page, and its figures as SVG and PNG into a folder."""
    drawn = figures(content)
    disk.write_text(path, page(content, language, drawn))
    written: set[str] = set()
    for name, svg in [*svgs(drawn, language), *_pictures(content, language)]:
        while name in written:
            name += "-"
        written.add(name)
        disk.write_text(folder / f"{name}.svg", svg)
        disk.write_bytes(folder / f"{name}.png", png(svg))


def _pictures(content: Content, language: str) -> Iterator[tuple[str, str]]:
    """Yield the file name and the SVG of each set of filters and of disagreements.

    Disagreements: those with the first model only.
    """
    for sheet in content.sheets:
        yield f"filters-{slug(sheet.model)}", render("sheet.svg", sheet=sheet)
    for pair in content.pairs:
        if pair.shown and pair.models[0] == content.models[0]:
            name = "-".join(["disagreements", *map(slug, pair.models)])
            rows = -(-len(pair.shown) // COLUMNS)
            shape = {"columns": COLUMNS, "rows": rows, "font": FONT}
            yield name, render("pair.svg", pair=pair, language=language, **shape)
