"""Every error that netzoo raises on purpose.

NetzooError
├── BadInput           a value that is not allowed, with what is
│   └── UnknownName    a name that is not known, with the nearest one that is
├── DataError          images that are missing, damaged or not what they claim to be
├── MissingPackage     something to install, with the line that installs it
├── StoreError         a folder of results that cannot be read or written
└── TrialFailed        a training that could not end well: its process died, it raised
    ├── Diverged       its loss became infinite or NaN
    └── OutOfMemory    a batch does not fit into the device's memory

Interrupted (a KeyboardInterrupt) ends a comparison early and carries what was finished.

The command line prints the message of a NetzooError as one line and exits with code 2.
"""

import importlib
import re
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

SHOWN_NAMES = 12


class NetzooError(Exception):
    """The root of netzoo's errors; its message is one complete line.

    >>> import netzoo
    >>> try:
    ...     netzoo.create_model("alexnett")
    ... except netzoo.NetzooError as error:
    ...     print(error)
    no model 'alexnett'; did you mean 'alexnet'? Known: alexnet, alexnet-avgpool, ...
    """


class BadInput(NetzooError, ValueError):
    """A value that is not allowed."""


class UnknownName(BadInput, KeyError):
    """A name that is not known; the message gives the nearest known one."""

    __str__ = Exception.__str__  # KeyError would quote the message


class DataError(NetzooError):
    """Images or labels that are missing, damaged, or not what they claim to be."""


class MissingPackage(NetzooError, ImportError):
    """A package that the request needs and that is not installed."""


class StoreError(NetzooError):
    """A folder of results that cannot be read or written."""


class TrialFailed(NetzooError):
    """A training that could not end well."""


class Diverged(TrialFailed):
    """A training whose loss became infinite or NaN."""


class OutOfMemory(TrialFailed):
    """A training whose batch does not fit into the device's memory."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a training; result: that of the finished trials, of the kind of the whole."""

    def __init__(self, result: Any) -> None:
        super().__init__("stopped by Ctrl-C")
        self.result = result

    @property
    def comparison(self) -> Any:
        """Return the result, by its name before; deprecated."""
        warnings.warn(
            "Interrupted.comparison is deprecated; take .result.", DeprecationWarning, stacklevel=2
        )
        return self.result


def telling_line(error: Exception) -> str:
    """Return the line of an error that tells; Keras puts some before it that only say where."""
    # Keras prints some of them bold.
    text = str(error).rpartition("Error encountered:\n")[2] or str(error)
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    telling = [line for line in lines if not line.startswith("Exception encountered")]
    return (telling or lines or [type(error).__name__])[0]


def imported(package: str, wanting: str, install: str) -> Any:
    """Return a package that few requests need. Raises MissingPackage if it is not installed.

    wanting: what needs it; install: the line that installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # it is there, and what is missing is something of its own
            raise
        raise MissingPackage(
            f"{wanting} needs the package {package}, which is not installed: {install}"
        ) from error


def no_such(kind: str, received: str, known: Iterable[str], *, where: str = "") -> UnknownName:
    """Return the error for a name that is not among the known ones.

    kind: what the name should have named ("model", "change"); where: of what ("alexnet").
    """
    names = sorted(known)
    message = f"no {kind} {received!r}" + (f" in {where}" if where else "")
    by_lower = {name.lower(): name for name in names}
    close = get_close_matches(received.lower(), by_lower, n=1, cutoff=0.6)
    near = [by_lower[name] for name in close]
    if near:
        message += f"; did you mean {near[0]!r}?"
    elif names:
        message += "."
    if names:
        others = [name for name in names if name not in near]
        few = len(names) <= SHOWN_NAMES
        shown = names if few else near + others[: SHOWN_NAMES - len(near)]
        left = len(names) - len(shown)
        message += " Known: " + ", ".join(shown) + (f" and {left} more." if left else ".")
    else:
        message += "; there are none."
    return UnknownName(message)
