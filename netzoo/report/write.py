"""The page of finished runs, with its figures; no backend is needed."""

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
    """Write the page of what folders hold, with its figures as SVG and PNG; return its path.

    output: the HTML file; by default report.html, in the folder if it is one alone, else here. The
    figures come into a folder beside it, named after it: report-figures.
    baseline: the model that the others are compared with first. language: "en" or "zh".
    Raises BadInput for a folder that holds nothing of netzoo, and for a wrong name; DataError if
    nothing can be shown; MissingPackage without the extra packages.

    >>> import netzoo, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> comparison = netzoo.compare("lenet", output=folder, **few)
    >>> netzoo.write_report(folder).name
    'report.html'
    """
    require_page("report")
    from netzoo.report import files
    from netzoo.report.gather import gathered
    from netzoo.report.words import LANGUAGES

    if language not in LANGUAGES:
        raise no_such("language", language, LANGUAGES)
    folders = [folders] if isinstance(folders, str | Path) else list(folders)
    content = gathered(folders, baseline)
    path = Path(output) if output else (Path(folders[0]) if len(folders) == 1 else Path()) / PAGE
    files.write(content, path, figures_folder(path), language)
    return path


def figures_folder(page: Path) -> Path:
    """Return the folder of a page's figures."""
    return page.with_name(f"{page.stem}-figures")
