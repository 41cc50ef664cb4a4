"""The HTML report of finished runs, its figures, and the learning curves of a terminal."""

from netzoo.errors import require
from netzoo.report.terminal import INSTALL

PACKAGES = ("altair", "jinja2", "PIL", "vl_convert")


def require_page(wanting: str) -> None:
    """Raise MissingPackage, which names `wanting`, if a package of the extra is not installed."""
    for package in PACKAGES:
        require(package, wanting, INSTALL)
