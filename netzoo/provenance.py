"""Provenance of a result: data, recipe, backend, device, versions, command, commit."""

from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Self

SCHEMA = 1  # of all files on disk

# The running command, as a shell takes it; netzoo_cli sets it. The library does not read sys.argv,
# which is the path of a kernel in a notebook.
COMMAND: ContextVar[str] = ContextVar("COMMAND", default="")


@dataclass(frozen=True)
class Doubts:
    """What weakens a verdict on some images.

    test_copies: the number of test images whose pixels are those of a training image.
    contradicted: of images whose pixels are those of an image of another class.
    shared_groups: of groups with training and test images; None without groups.
    """

    test_copies: int
    contradicted: int
    shared_groups: int | None = None


@dataclass(frozen=True)
class DatasetRecord:
    """The images of a result, and how to get them again.

    name: as in netzoo.open_images; of files, the path. source: their origin, in words.
    train, test: numbers of images.
    sha256: of the decoded arrays: images and labels, train and test.
    data_dir: the folder that was named, None for the usual places.
    chance: the share of the most common class among the test images, the accuracy of a guess.
    doubts: None in records of older versions, which did not look for them.
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
    doubts: Doubts | None = None

    @property
    def title(self) -> str:
        """Return the name, of a path its last part: "photos" of "/home/me/photos@size=64"."""
        if not self.name.startswith(("/", "hf:")) and "\\" not in self.name:
            return self.name
        path, at, settings = self.name.partition("@")
        return PurePath(path).name + at + settings


@dataclass(frozen=True)
class Device:
    """The device of a training.

    kind: "cpu" or "gpu". name: in words. native_bfloat16: whether it computes in bfloat16 natively.
    threads: the number of CPU threads, on which the last digits depend, also if a GPU does most of
    the work; None if unknown, as in records of older versions.
    """

    kind: str
    name: str
    native_bfloat16: bool = False
    threads: int | None = None

    @property
    def text(self) -> str:
        """Return the device in words: "CPU (2 cores), 2 threads"."""
        if self.threads is None:
            return self.name
        return f"{self.name}, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The provenance of a result; the base class of results.

    versions: by package. command: as a shell takes it; empty from Python. commit: the git commit of
    the working folder, None without one.
    """

    schema: int = SCHEMA
    backend: str
    device: Device
    versions: dict[str, str]
    command: str = ""
    commit: str | None = None

    @property
    def provenance(self) -> Self:
        """Return the provenance: the fields of a result that derives from this class."""
        return self


@dataclass(frozen=True, kw_only=True)
class TrainingProvenance(Provenance):
    """The provenance of a result from one data set and one recipe.

    recipe: its "name", the "seeds", and the settings of each model under "by_model".
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
    import subprocess

    try:
        done = subprocess.run(
            # The settings of a repository could name a program to run.
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
