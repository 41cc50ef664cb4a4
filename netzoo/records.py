"""What netzoo writes to disk, and how it reads it again.

Keys are stable: later versions add some and never change these. Unknown keys are ignored on
reading, so that an older netzoo reads a newer record.
"""

import json
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, TypeVar

import msgspec

from netzoo.costs import Cost, NativeCost
from netzoo.errors import DataError
from netzoo.packed import Filters, Predictions
from netzoo.recipes import Recipe

SCHEMA = 1

ENDED = ("ok", "diverged")  # the statuses of trials that give the same if they run again

Record = TypeVar("Record")


@dataclass(frozen=True)
class DatasetRecord:
    """Which images were used, and how to get them again.

    source: where they came from, in words. train, test: numbers of images.
    sha256: of the decoded arrays that were used: images and labels, train and test.
    data_dir: the folder that was asked for, None for the usual places.
    chance: the share of the commonest class of the test images: what a guess reaches.
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
class Pictures:
    """The first test images of a data set, made small, in the order of every trial's predictions.

    sha256: of the data set, as in its DatasetRecord. shape: height, width and channels of each.
    pixels: unsigned bytes, (count, height, width, channels), compressed by zlib.
    """

    sha256: str
    shape: tuple[int, int, int]
    count: int
    pixels: bytes
    schema: int = SCHEMA

    @classmethod
    def of(cls, sha256: str, shape: tuple[int, int, int], count: int, pixels: bytes) -> "Pictures":
        """Return the pictures of a data set; pixels: as above, not yet compressed."""
        return cls(sha256, shape, count, zlib.compress(pixels))

    def picture(self, number: int) -> bytes:
        """Return the pixels of one picture, counted from 0, in the order of the shape."""
        size = prod(self.shape)
        return self._unpacked[number * size : (number + 1) * size]

    @cached_property
    def _unpacked(self) -> bytes:
        return zlib.decompress(self.pixels)


@dataclass(frozen=True)
class Device:
    """What computes: kind "cpu" or "gpu", its name in words, whether bfloat16 is native to it.

    threads: how many of the processor compute, on which the last digits depend, also where another
    device does most of the work; None: not known, as in records of older versions.
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


@dataclass(frozen=True)
class Trial:
    """One model × one data set × one recipe × one seed × one backend: what is to be trained.

    changes: what sets the model apart from its family's base.
    module: the one whose import registers the model, so that a user's own is known too.
    """

    model: str
    input_shape: tuple[int, int, int]
    dataset: DatasetRecord
    recipe: Recipe
    seed: int
    backend: str
    device: str
    changes: dict[str, Any] = field(default_factory=dict)
    module: str = "netzoo.models"


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch gave. epoch counts from 1.

    train_loss, train_accuracy: means over the epoch's steps as they trained: augmented, dropout on,
    weights moving. images_per_second: of training, without the first step of the process.
    validation_*: on the images held out, after the epoch; test_*: where the recipe shows them.
    """

    epoch: int
    seconds: float
    images_per_second: float | None
    train_loss: float
    train_accuracy: float
    test_loss: float | None = None
    test_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass(frozen=True)
class Fitted:
    """What a training that came to its end gave; each as in a TrialRecord."""

    history: tuple[EpochRecord, ...]
    test_loss: float
    test_accuracy: float
    final_train_loss: float
    final_train_accuracy: float
    seconds: float
    test_reads: int
    predictions: Predictions
    filters: Filters | None


@dataclass(frozen=True)
class TrialRecord:
    """What one trial gave: enough to print any table again and to run the trial again.

    status: "ok", "diverged", "failed" or "unfinished", with the reason in error.
    cost: None if the model was never built.
    final_train_*: after the last epoch, augmentation and dropout off, on as many training images as
    there are test images: what is to be compared with the test's.
    seconds: from the first step to the last result, without the start of the process.
    parts: each batch went in so many parts, their gradients added, for want of memory.
    test_reads: how often the test split was opened.
    filters: None for a network without a convolution, or one in which the first cannot be told.
    command, commit: the command line, and the git commit of the working folder, if it has one.
    head: in words, what was changed at the network's end to train it, None for nothing.
    """

    trial: Trial
    status: str
    device: Device
    versions: dict[str, str]
    cost: Cost | None
    native: NativeCost | None = None
    history: tuple[EpochRecord, ...] = ()
    test_loss: float | None = None
    test_accuracy: float | None = None
    final_train_loss: float | None = None
    final_train_accuracy: float | None = None
    seconds: float | None = None
    error: str | None = None
    parts: int = 1
    test_reads: int = 0
    predictions: Predictions | None = None
    filters: Filters | None = None
    command: str = ""
    commit: str | None = None
    head: str | None = None
    schema: int = SCHEMA


@dataclass(frozen=True)
class Pace:
    """How long a model's trial takes, in seconds, by a few timed steps.

    start: of its process. first_step: the one that traces and compiles. epoch: of training, with
    what is measured after it. end: what is measured last.
    """

    start: float
    first_step: float
    epoch: float
    end: float

    def seconds(self, epochs: int) -> float:
        """Return the seconds that a trial with so many epochs to go should take."""
        return self.start + self.first_step + epochs * self.epoch + self.end


@dataclass(frozen=True)
class Plan:
    """What a comparison is to train, and what was found out before; the dicts are by model.

    request: what was asked for, as netzoo.compare takes it. failures: why a model cannot be
    trained. parts, heads: as in a TrialRecord.
    """

    request: dict[str, Any]
    baseline: str
    trials: tuple[Trial, ...]
    device: Device
    versions: dict[str, str]
    costs: dict[str, Cost]
    natives: dict[str, NativeCost]
    paces: dict[str, Pace]
    parts: dict[str, int]
    failures: dict[str, str]
    heads: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA

    def record(self, trial: Trial, **results: Any) -> TrialRecord:
        """Return the record of a planned trial; results: the other fields, or other values."""
        known: dict[str, Any] = {
            "device": self.device,
            "versions": self.versions,
            "cost": self.costs.get(trial.model),
            "native": self.natives.get(trial.model),
            "head": self.heads.get(trial.model),
        }
        return TrialRecord(trial=trial, **known | results)


def to_text(record: Any) -> str:
    """Return a record as JSON text that ends with a line feed."""
    plain = record.to_dict() if hasattr(record, "to_dict") else to_plain(record)
    return json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def to_plain(record: Any) -> Any:
    """Return a record as the dicts, lists, strings and numbers that JSON has."""
    return json.loads(msgspec.json.encode(record))


def to_line(record: Any) -> str:
    """Return a dataclass, or a dict that holds some, as one line of JSON."""
    return msgspec.json.encode(record).decode()


def from_text(kind: type[Record], text: str | bytes, where: str) -> Record:
    """Return the record that the JSON text holds; where: a name for it in the error.

    Raises DataError if it is not JSON or not such a record.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise DataError(f"{where} does not hold a {kind.__name__}: {error}.") from error


def from_plain(kind: type[Record], plain: Any, where: str = "what was received") -> Record:
    """Return the record that plain dicts and lists hold; where and errors as in from_text."""
    try:
        return msgspec.convert(plain, type=kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{where} does not hold a {kind.__name__}: {error}.") from error
