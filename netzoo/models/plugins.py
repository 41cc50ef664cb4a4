"""Models that others register: in the files that NETZOO_MODELS names, and in installed packages.

A package names its modules in the entry-point group netzoo.models; their import registers models by
netzoo.register_model. They are imported when a name is not known, and when all models are listed.
"""

import os
from functools import cache

from netzoo.errors import BadInput, telling_line
from netzoo.models import code

GROUP = "netzoo.models"
VARIABLE = "NETZOO_MODELS"


def register_file(path: str) -> None:
    """Import a Python file or a module that registers models. Raises BadInput if that fails."""
    code.load_place(path)


@cache
def load() -> tuple[str, ...]:
    """Import all; return a line for each package whose models cannot be imported.

    Raises BadInput for a file that NETZOO_MODELS names, which the user has asked for.
    """
    for path in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        try:
            register_file(path)
        except BadInput as error:
            raise BadInput(f"{VARIABLE}: {error}") from error
    from importlib import metadata  # takes longer than all else that a command imports

    failures = []
    for entry in sorted(metadata.entry_points(group=GROUP)):
        try:
            entry.load()
        except Exception as error:  # another's code
            package = "a package" if entry.dist is None else entry.dist.name
            failures.append(
                f"the models of {package} ({entry.value}) cannot be imported: {telling_line(error)}"
            )
    return tuple(failures)
