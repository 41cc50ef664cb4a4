"""Trials and their records. Keys are stable: later versions only add keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from netzoo.cost.result import Cost, NativeCost
from netzoo.models.catalog import model_spec
from netzoo.models.spec import ModelSpec
from netzoo.provenance import SCHEMA, DatasetRecord, Device
from netzoo.recipes import Recipe
from netzoo.records.arrays import Filters, Predictions


class TrialStatus(StrEnum):
    """The status of a trial."""

    OK = "ok"
    """All epochs are done."""
    DIVERGED = "diverged"
    """The loss became infinite or NaN, as it would again."""
    FAILED = "failed"
    """An error ended the trial; it runs again when the comparison resumes."""
    UNFINISHED = "unfinished"
    """The trial was stopped, or has not started yet."""
    PROBED = "probed"
    """The network was probed, not trained to the last epoch."""
    TUNED = "tuned"
    """A search of settings ended the trial after its epochs there; it saw no test image."""
    NOT_BEGUN = "not begun"
    """The trial has no checkpoint and no record."""


# Statuses of trials that would have the same result if they ran again.
FINAL = (TrialStatus.OK, TrialStatus.DIVERGED)


@dataclass(frozen=True)
class Trial:
    """One training to run: one model × one data set × one recipe × one seed × one backend.

    changes: the arguments in which the model differs from its family's base.
    module: the module whose import registers the model, netzoo's or the user's.
    sha256: of the files of a model of the user's: its code, the saved model, its weights. "" for
    netzoo's own.
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
    sha256: str = ""

    @cached_property
    def spec(self) -> ModelSpec:
        """The model, its changes and settings."""
        return model_spec(self.model)

    def with_seed(self, seed: int) -> "Trial":
        """Return the trial of another seed; four times as fast as dataclasses.replace."""
        return Trial(
            self.model,
            self.input_shape,
            self.dataset,
            self.recipe,
            seed,
            self.backend,
            self.device,
            self.changes,
            self.module,
            self.sha256,
        )


@dataclass(frozen=True)
class EpochRecord:
    """The metrics of one epoch. epoch counts from 1.

    train_loss, train_accuracy: running means over the epoch's steps, augmentation and dropout on.
    images_per_second: of training, without the first step of the process. validation_*: on the
    held-out images after the epoch. test_*: if the recipe evaluates the test images by epoch.
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


class Epochs(Sequence[EpochRecord]):
    """The epochs of a listed record, each made as it is asked for: many are never looked at.

    values: of each epoch, in the order of an EpochRecord's fields.
    """

    __slots__ = ("values",)
    NAMES = tuple(each.name for each in fields(EpochRecord))

    def __init__(self, values: tuple[tuple[Any, ...], ...]) -> None:
        self.values = values

    def of(self, name: str) -> list[Any]:
        """Return one metric of each epoch."""
        place = self.NAMES.index(name)
        return [values[place] for values in self.values]

    def plain(self) -> list[dict[str, Any]]:
        """Return the epochs as dicts."""
        names = self.NAMES
        return [dict(zip(names, values)) for values in self.values]  # noqa: B905  takes half as long again

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(EpochRecord(*values) for values in self.values[place])
        return EpochRecord(*self.values[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True)
class TrainingResult:
    """The result of a finished training; fields as in a TrialRecord."""

    history: tuple[EpochRecord, ...]
    test_loss: float
    test_accuracy: float
    final_train_loss: float
    final_train_accuracy: float
    seconds: float
    test_reads: int
    predictions: Predictions
    filters: Filters | None
    first_step_seconds: float | None = None
    process_bytes: int | None = None
    device_bytes: int | None = None


@dataclass(frozen=True)
class TrialRecord:
    """The record of one trial: enough to print every table again and to repeat the trial.

    status: the reason of any other than OK is in error.
    cost: None if the model was never built.
    final_train_*: after the last epoch, augmentation and dropout off, on as many training images as
    there are test images, for the comparison with test_*.
    seconds: from the first step to the final evaluation, without the start of the process.
    parts: the number of micro-batches of a step, whose gradients are accumulated; more than 1 if a
    whole batch does not fit into the memory.
    test_reads: the number of evaluations on the test split.
    filters: None for a network without a convolution, or if the first one cannot be determined.
    command, commit: the command line, and the git commit of the working folder, None without one.
    head: the change of the network's end for its training, in words; None without one.
    jobs: how many trials ran side by side, which its speed and time depend on.
    first_step_seconds: from the request to train, in a process that has imported and started its
    backend, to the end of the first step: images, network, optimizer, tracing, compilation, step.
    JAX takes what the preparation of the comparison has compiled from a cache.
    process_bytes, device_bytes: the peak of the process's resident memory, which has what the
    process that forked it has imported, and of the memory allocated on a GPU.
    These three are of the process that came to the end, the last of a training that was resumed;
    None if unknown, as in records of older versions.
    """

    trial: Trial
    status: TrialStatus
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
    first_step_seconds: float | None = None
    process_bytes: int | None = None
    device_bytes: int | None = None
    schema: int = SCHEMA
    jobs: int = 1

    @property
    def epochs(self) -> int:
        """Return the number of finished epochs."""
        return len(self.history)

    def whole(self) -> "TrialRecord":
        """Return the record with its predictions and filters, where a list has left them out."""
        return self


@dataclass(frozen=True)
class ListedRecord(TrialRecord):
    """A record as a list of many has it: without predictions and filters.

    class_recalls, test_counts: what the predictions gave: the recall of each class, None without
    predictions, and the number of test images of each class.
    """

    class_recalls: tuple[float | None, ...] | None = None
    test_counts: tuple[int, ...] = ()
