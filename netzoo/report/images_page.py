"""The page of a data set: its table, what was found, and its pictures, in one file."""

import base64
from pathlib import Path

from netzoo import disk
from netzoo.report import require_page
from netzoo.report.markup import render
from netzoo.results.inspection import Inspection

PAGE = "images.html"


def write_images_page(inspection: Inspection, folder: str | Path) -> Path:
    """Write the page of an inspection beside its pictures; return its path.

    folder: the one that netzoo.inspect_images wrote to. Raises MissingPackage without the packages
    of a report.
    """
    require_page("report")
    folder = Path(folder)
    path = folder / PAGE
    disk.write_text(path, images_page(inspection, folder))
    return path


def images_page(inspection: Inspection, folder: Path) -> str:
    """Return the page as HTML; folder: of the pictures."""
    pictures = [
        (title, _url((folder / file).read_bytes()))
        for title, file in (inspection.pictures or {}).items()
    ]
    verdicts, *sections = inspection.sections()
    return render(
        "images.html",
        language="en",
        title=inspection.dataset.title,
        found=verdicts[1],
        table=inspection.table(),
        pictures=pictures,
        sections=[(heading, lines) for heading, lines in sections if lines],
    )


def _url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
