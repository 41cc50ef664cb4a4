"""Writing the report of finished runs; needs no backend."""

from collections.abc import Sequence
from pathlib import Path

from netzoo.errors import no_such
from netzoo.report import require_page

PAGE = "report.html"


def write_report(
    folders: Sequence[str | Path] | str | Path,
    output: str | Path | None = None,
    *,
    baseline: str | None = None,
    language: str = "en",
) -> Path:
    """Write the HTML report of one or more folders, with its figures; return its path.

    output: the HTML file; by default report.html in the folder, or in the working directory for
    several folders. The figures are SVG and PNG files in a folder beside it, report-figures.
    baseline: the model that the page first compares the others with, by default the first
    folder's; for a comparison of several backends, a backend. language: the initial language, "en"
    or "zh".
    Raises BadInput for a folder without netzoo's files and for an unknown baseline or language,
    DataError if the folders have no results, MissingPackage without the extra packages.

    >>> import netzoo, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> comparison = netzoo.compare("lenet", output=folder, **few)
    >>> netzoo.write_report(folder).name
    'report.html'
    """
    require_page("report")
    from netzoo.report import files
    from netzoo.report.gather import gather
    from netzoo.report.words import LANGUAGES

    if language not in LANGUAGES:
        raise no_such("language", language, LANGUAGES)
    folders = [folders] if isinstance(folders, str | Path) else list(folders)
    content = gather(folders, baseline)
    path = Path(output) if output else (Path(folders[0]) if len(folders) == 1 else Path()) / PAGE
    files.write(content, path, figures_folder(path), language)
    return path


def figures_folder(page: Path) -> Path:
    """Return the folder for the figures of a page: report-figures beside report.html."""
    return page.with_name(f"{page.stem}-figures")
