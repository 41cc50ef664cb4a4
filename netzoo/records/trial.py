"""What netzoo writes to disk, and how it reads it again.

Keys are stable: later versions add some and never change these. Unknown keys are ignored on
reading, so that an older netzoo reads a newer record.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netzoo.cost.result import Cost, NativeCost
from netzoo.models.catalog import model_spec
from netzoo.models.spec import ModelSpec
from netzoo.provenance import SCHEMA, DatasetRecord, Device
from netzoo.recipes import Recipe
from netzoo.records.arrays import Filters, Predictions


class TrialStatus(StrEnum):
    """How a trial is."""

    OK = "ok"
    """It was trained to its end."""
    DIVERGED = "diverged"
    """Its loss became infinite or NaN; it would again."""
    FAILED = "failed"
    """An error ended it; it runs again when the comparison is continued."""
    UNFINISHED = "unfinished"
    """It was stopped, or has not been reached yet."""
    PROBED = "probed"
    """Its network was probed, not trained to an end."""
    NOT_BEGUN = "not begun"
    """Nothing of it is there yet."""


# The statuses of trials that would give the same if they ran again.
FINAL = (TrialStatus.OK, TrialStatus.DIVERGED)


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

    @property
    def spec(self) -> ModelSpec:
        """Return the model, its changes and settings."""
        return model_spec(self.model)


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
class TrainingResult:
    """The result of a training that has come to its end; fields as in a TrialRecord."""

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
    """The result of one trial: enough to print any table again and to run the trial again.

    status: the reason for another than OK is in error.
    cost: None if the model was never built.
    final_train_*: after the last epoch, augmentation and dropout off, on as many training images as
    there are test images: what is to be compared with the test's.
    seconds: from the first step to the last result, without the start of the process.
    parts: the number of micro-batches of a step, whose gradients were added up: more than 1 where a
    whole batch did not fit into the memory.
    test_reads: how often the test split was opened.
    filters: None for a network without a convolution, or one in which the first cannot be told.
    command, commit: the command line, and the git commit of the working folder, if it has one.
    head: in words, what was changed at the network's end to train it, None for nothing.
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
    schema: int = SCHEMA
