"""The backends that a request names."""

import importlib.util
from collections.abc import Iterable, Sequence

from netzoo.backend import INSTALL
from netzoo.errors import BadInput, MissingPackage, no_such

ALL = "all"


def chosen_backends(chosen: Sequence[str] | str) -> tuple[list[str], list[str]]:
    """Return the chosen backends that are installed, each once, and those that are not.

    chosen: a name, several, or "all" for every one. Raises UnknownName for an unknown one,
    MissingPackage if none is installed, BadInput if none is named.
    """
    several = chosen if isinstance(chosen, Iterable) else ()
    names = [chosen] if isinstance(chosen, str) else list(dict.fromkeys(several))
    for name in names:
        if name not in (ALL, *INSTALL):
            raise no_such("backend", name, [ALL, *INSTALL])
    if not names:
        raise BadInput(f"`backends` are {', '.join(INSTALL)} or {ALL}; received {chosen!r}.")
    if ALL in names:
        names = list(dict.fromkeys([*(name for name in names if name != ALL), *INSTALL]))
    installed = [name for name in names if importlib.util.find_spec(name) is not None]
    skipped = [name for name in names if name not in installed]
    if not installed:
        installs = "; ".join(INSTALL[name] for name in names)
        raise MissingPackage(f"none of {', '.join(names)} is installed: {installs}")
    return installed, skipped


def skipped_words(name: str) -> str:
    """Return what to say of a backend that is not installed, after its name."""
    return f"is not installed, and skipped: {INSTALL[name]}"
