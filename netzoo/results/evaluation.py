"""The evaluation of a saved network on test images."""

from dataclasses import dataclass

from netzoo import units
from netzoo.provenance import DatasetRecord, Device, Provenance
from netzoo.records.calibration import Calibration
from netzoo.results.balance import recalls_text
from netzoo.results.result import Result
from netzoo.results.scores import is_uneven
from netzoo.tables.notes import versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

_COLUMNS = (
    Column("Model", "model", numeric=False),
    Column("Seed", "seed"),
    Column("Data", "dataset", numeric=False),
    Column("Images", "images"),
    Column("Accuracy", "accuracy"),
    Column("Balanced\naccuracy", "balanced_accuracy"),
    Column("Loss", "loss"),
    Column("ECE", "ece"),
    Column("Recorded\naccuracy", "recorded_accuracy"),
)


@dataclass(frozen=True)
class Training:
    """The training of a saved network: its backend, device and versions, and what it reached.

    dataset: of the training. test_loss, test_accuracy: on its test images, after the last epoch.
    """

    backend: str
    device: Device
    versions: dict[str, str]
    dataset: DatasetRecord
    test_loss: float
    test_accuracy: float


@dataclass(frozen=True)
class Evaluation(Provenance, Result):
    """The metrics of a saved network on the test images of a data set.

    file: the .keras file. accuracy, balanced_accuracy: shares of one. recalls: of each class, None
    for one without images. notes: what differs from the training's own evaluation, in words.
    calibration: on these images; its ece is a column of the table.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100, "save_models": True}
    >>> comparison = netzoo.compare("lenet", output="runs/few", **few)
    >>> import pathlib
    >>> (file,) = pathlib.Path("runs/few/models").iterdir()
    >>> evaluation = netzoo.evaluate(file)
    >>> evaluation.accuracy == comparison.models[0].test_accuracy.mean
    True
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    file: str
    model: str
    seed: int
    dataset: DatasetRecord
    accuracy: float
    balanced_accuracy: float
    loss: float
    recalls: tuple[float | None, ...]
    test_counts: tuple[int, ...]
    trained: Training
    notes: tuple[str, ...] = ()
    calibration: Calibration | None = None

    @property
    def recorded_accuracy(self) -> float | None:
        """Return the accuracy that the training recorded, None on other images than its own."""
        same = self.dataset.sha256 == self.trained.dataset.sha256
        return self.trained.test_accuracy if same else None

    def _table(self, *, every: bool) -> Table:
        recorded = self.recorded_accuracy
        ece = None if self.calibration is None else self.calibration.ece
        row = [
            Cell(self.model, self.model),
            Cell(self.seed, str(self.seed)),
            Cell(self.dataset.name, self.dataset.name),
            Cell(self.dataset.test, units.exact(self.dataset.test)),
            Cell(self.accuracy, units.percent(self.accuracy, 2)),
            Cell(self.balanced_accuracy, units.percent(self.balanced_accuracy, 2)),
            Cell(self.loss, units.decimal(self.loss)),
            EMPTY if ece is None else Cell(ece, units.percent(ece, 2)),
            EMPTY if recorded is None else Cell(recorded, units.percent(recorded, 2)),
        ]
        return Table(_COLUMNS, [row], self._footer())

    def _footer(self) -> list[str]:
        data = self.dataset
        recalls = f"Recall: {recalls_text(self.recalls, data.class_names)}."
        return [
            *self.notes,
            *([recalls] if is_uneven(self.test_counts) else []),
            f"Data: {data.name}, {units.exact(data.test)} test images, from: {data.source}; "
            f"SHA-256 {data.sha256[:16]}….",
            f"Device: {self.device.text}. Backend: {self.backend}. {versions_text(self.versions)}.",
        ]
