"""The classes that a saved network predicts for images."""

from dataclasses import dataclass

from netzoo import units
from netzoo.provenance import Provenance
from netzoo.results.result import Result
from netzoo.tables.table import Cell, Column, Table

_COLUMNS = (
    Column("Image", "image", numeric=False),
    Column("Rank", "rank"),
    Column("Class", "class", numeric=False),
    Column("Probability", "probability"),
)


@dataclass(frozen=True)
class Guess:
    """A class and its probability, a share of one."""

    name: str
    probability: float


@dataclass(frozen=True)
class PredictedImage:
    """The most probable classes of an image, the first one first.

    file: its path. change: what was done to its pixels before the network got them, in words.
    """

    file: str
    change: str
    classes: tuple[Guess, ...]


@dataclass(frozen=True)
class Prediction(Provenance, Result):
    """The classes that a saved network predicts for images.

    file: the .keras file. model: its spec. classes: the number of all classes.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100, "save_models": True}
    >>> comparison = netzoo.compare("lenet", output="runs/few", **few)
    >>> import pathlib
    >>> (file,) = pathlib.Path("runs/few/models").iterdir()
    >>> import PIL.Image
    >>> PIL.Image.new("RGB", (64, 64)).save("black.png")
    >>> prediction = netzoo.predict(file, ["black.png"])
    >>> len(prediction.images[0].classes)
    3
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    file: str
    model: str
    seed: int
    classes: int
    images: tuple[PredictedImage, ...]

    def _table(self, *, every: bool) -> Table:
        rows = [
            [
                Cell(image.file, image.file),
                Cell(rank, str(rank)),
                Cell(guess.name, guess.name),
                Cell(guess.probability, units.percent(guess.probability)),
            ]
            for image in self.images
            for rank, guess in enumerate(image.classes, 1)
        ]
        return Table(_COLUMNS, rows, self._footer(), names=2)

    def _footer(self) -> list[str]:
        changes: dict[str, list[str]] = {}
        for image in self.images:
            changes.setdefault(image.change, []).append(image.file)
        return [
            f"{self.model}, seed {self.seed}, {self.classes} classes, from {self.file}. Backend: "
            f"{self.backend}.",
            *(f"{', '.join(files)}: {change}." for change, files in changes.items()),
        ]
