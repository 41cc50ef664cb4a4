"""Every structure that netzoo writes to disk or prints as JSON.

Keys are stable: later versions add some and never change these. Unknown keys are ignored on
reading, so that an older netzoo reads a newer record.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import msgspec

from netzoo.costs import Cost, NativeCost, json_ready
from netzoo.errors import DataError
from netzoo.recipes import Recipe

SCHEMA = 1

Record = TypeVar("Record")


@dataclass(frozen=True)
class DatasetRecord:
    """Which images were used, and how to get them again.

    source: where they came from, in words. train, test: numbers of images.
    sha256: of the decoded arrays that were used: images and labels, train and test.
    data_dir: the folder that was asked for, None for the usual places.
    """

    name: str
    source: str
    train: int
    test: int
    sha256: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    data_dir: str | None = None


@dataclass(frozen=True)
class Device:
    """What computes: kind "cpu" or "gpu", its name in words, whether bfloat16 is native to it."""

    kind: str
    name: str
    native_bfloat16: bool = False


@dataclass(frozen=True)
class Trial:
    """One model × one data set × one recipe × one seed × one backend: what is to be trained.

    module: the one whose import registers the model, so that a user's own is known too.
    """

    model: str
    input_shape: tuple[int, int, int]
    dataset: DatasetRecord
    recipe: Recipe
    seed: int
    backend: str
    device: str
    module: str = "netzoo.models"


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch gave. epoch counts from 1.

    train_loss, train_accuracy: means over the epoch's steps as they trained: augmented, dropout on,
    weights moving. images_per_second: of training, without the first step of the trial.
    """

    epoch: int
    seconds: float
    images_per_second: float | None
    train_loss: float
    train_accuracy: float
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True)
class TrialRecord:
    """What one trial gave: enough to print any table again and to run the trial again.

    status: "ok" or "failed", with the reason in error. cost: None if the model was never built.
    seconds: from the first step to the last result, without the start of the process.
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
    seconds: float | None = None
    error: str | None = None
    schema: int = SCHEMA


@dataclass(frozen=True)
class Spread:
    """A figure over n seeds; sd is the sample standard deviation, None for one seed."""

    mean: float
    sd: float | None
    n: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class ModelRow:
    """One model's row of a comparison, over all its seeds.

    images_per_second: median over seeds. seconds: mean over seeds.
    training_flops: of one image, forward and backward.
    """

    name: str
    status: str
    input_shape: tuple[int | None, ...]
    params: int | None
    macs: int | None
    flops: int | None
    training_flops: int | None
    native: NativeCost | None
    train_accuracy: Spread | None
    test_accuracy: Spread | None
    train_loss: Spread | None
    test_loss: Spread | None
    images_per_second: float | None
    seconds: float | None
    history: tuple[tuple[EpochRecord, ...], ...]
    error: str | None


@dataclass(frozen=True)
class Comparison:
    """A set of trials side by side, as `netzoo compare --format json` prints it.

    recipe: its name, the seeds, and the settings of each model under "by_model".
    """

    dataset: DatasetRecord
    recipe: dict[str, Any]
    baseline: str
    backend: str
    device: Device
    versions: dict[str, str]
    models: tuple[ModelRow, ...]
    uncounted: tuple[str, ...] = ()
    schema: int = field(default=SCHEMA)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain dicts, lists, strings and numbers."""
        told: dict[str, Any] = json_ready(asdict(self))
        told["device"] = self.device.name
        told["device_kind"] = self.device.kind
        return {"schema": told.pop("schema"), **told}


def to_text(record: Any) -> str:
    """Return a record as JSON text that ends with a line feed."""
    plain = record.to_dict() if hasattr(record, "to_dict") else json_ready(asdict(record))
    return json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


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


def from_plain(kind: type[Record], plain: Any) -> Record:
    """Return the record that plain dicts and lists hold; raises msgspec.ValidationError."""
    return msgspec.convert(plain, type=kind)
