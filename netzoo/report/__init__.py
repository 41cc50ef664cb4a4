"""One self-contained page of what was trained, and its figures; made from records alone."""

from netzoo.errors import require
from netzoo.report.terminal import INSTALL

PACKAGES = ("altair", "jinja2", "PIL", "vl_convert")


def require_page(wanting: str) -> None:
    """Raise MissingPackage, which names what wants it, if nothing can be drawn here."""
    for package in PACKAGES:
        require(package, wanting, INSTALL)
