"""Every error that netzoo raises on purpose.

NetzooError
├── BadInput           an invalid value; the message says what is valid
│   └── UnknownName    an unknown name; the message gives the nearest known one
├── DataError          images or records that are missing, damaged or invalid
├── MissingPackage     a package that is not installed; the message has the line that installs it
├── StoreError         a folder of results that cannot be read or written
└── TrialFailed        a training that failed: its process ended, or it raised an error
    ├── Diverged       its loss became infinite or NaN
    └── OutOfMemory    its batch does not fit into the device's memory

Interrupted (a KeyboardInterrupt) ends a comparison early and holds the finished part.

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
    """An invalid value."""


class UnknownName(BadInput, KeyError):
    """An unknown name; the message gives the nearest known one."""

    __str__ = Exception.__str__  # KeyError would quote the message


class DataError(NetzooError):
    """Images or records that are missing, damaged or invalid."""


class MissingPackage(NetzooError, ImportError):
    """A package that a request needs and that is not installed."""


class StoreError(NetzooError):
    """A folder of results that cannot be read or written."""


class TrialFailed(NetzooError):
    """A training that failed."""


class Diverged(TrialFailed):
    """A training whose loss became infinite or NaN."""


class OutOfMemory(TrialFailed):
    """A training whose batch does not fit into the device's memory."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a training; result: that of the finished trials, of the type that was asked."""

    def __init__(self, result: Any) -> None:
        super().__init__("stopped by Ctrl-C")
        self.result = result

    @property
    def comparison(self) -> Any:
        """Return the result; a deprecated name for it."""
        warnings.warn(
            "Interrupted.comparison is deprecated; take .result.", DeprecationWarning, stacklevel=2
        )
        return self.result


def telling_line(error: Exception) -> str:
    """Return the line of an error that has the reason; Keras puts lines before it on the place."""
    # Keras prints some lines in bold.
    text = str(error).rpartition("Error encountered:\n")[2] or str(error)
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    telling = [line for line in lines if not line.startswith("Exception encountered")]
    return (telling or lines or [type(error).__name__])[0]


def require(package: str, wanting: str, install: str) -> Any:
    """Import an optional package and return it. Raises MissingPackage if it is not installed.

    wanting: the feature that needs it; install: the line that installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # it is installed, and one of its own requirements is missing
            raise
        raise MissingPackage(
            f"{wanting} needs the package {package}, which is not installed: {install}"
        ) from error


def no_such(kind: str, received: str, known: Iterable[str], *, where: str = "") -> UnknownName:
    """Return the error for an unknown name.

    kind: the kind of thing named ("model", "change"). where: the place that lacks it ("alexnet").
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
