"""What is needed to repeat a result: data, recipe, backend, device, versions, command, commit."""

import subprocess
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

SCHEMA = 1  # of everything that is written to disk

# The command line that runs, as a shell takes it; only the command line knows it. Python's own
# sys.argv would be the path of a notebook's kernel.
COMMAND: ContextVar[str] = ContextVar("COMMAND", default="")


@dataclass(frozen=True)
class DatasetRecord:
    """The images that were used, and how to get them again.

    source: where they came from, in words. train, test: numbers of images.
    sha256: of the decoded arrays that were used: images and labels, train and test.
    data_dir: the folder that was asked for, None for the usual places.
    chance: the share of the most common class among the test images: the accuracy of a guess.
    """

    name: str
    source: str
    train: int
    test: int
    sha256: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    data_dir: str | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Device:
    """What computes: kind "cpu" or "gpu", its name in words, whether bfloat16 is native to it.

    threads: how many threads of the processor compute, on which the last digits depend, also where
    another device does most of the work; None: not known, as in records of older versions.
    """

    kind: str
    name: str
    native_bfloat16: bool = False
    threads: int | None = None

    @property
    def text(self) -> str:
        """Return it in words: "CPU (2 cores), 2 threads"."""
        if self.threads is None:
            return self.name
        return f"{self.name}, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What every result says of its making; the base class of the results.

    versions: by package. command: the command line, as a shell takes it; empty from Python.
    commit: the git commit of the working folder, None without one.
    """

    schema: int = SCHEMA
    backend: str
    device: Device
    versions: dict[str, str]
    command: str = ""
    commit: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingProvenance(Provenance):
    """The provenance of a result of one data set and one recipe.

    recipe: its name, the seeds, and the settings of each model under "by_model".
    """

    dataset: DatasetRecord
    recipe: dict[str, Any]


def git_commit() -> str | None:
    """Return the git commit of the working folder, "+changes" if it has any; None without one."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}+changes" if changed else commit


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            # A folder's own settings could name a program to run.
            ["git", "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
