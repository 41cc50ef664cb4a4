"""Parity of backends: how far a few training steps of each are from the same ones in float64."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from netzoo import units
from netzoo.provenance import DatasetRecord, Device, Provenance
from netzoo.recipes import Recipe
from netzoo.results.result import Result
from netzoo.tables.notes import data_line, versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

WITHIN, BEYOND, FAILED = "within", "beyond", "failed"
QUANTITIES = ("loss", "logits", "gradient", "weights")


@dataclass(frozen=True)
class Tolerances:
    """The largest differences that are rounding, of one precision; each as in a ParityRun."""

    loss: float
    logits: float
    gradient: float
    weights: float


# From the registered models on TensorFlow, PyTorch and JAX on a CPU, with eight images a step and
# three steps by the recipe quick; netzoo/runs/README.md has the largest differences.
# Loss and logits are smooth in every product of the forward pass: a wrong epsilon shows in them.
# The gradient is not: where rounding changes the sign of a ReLU's input, or the largest pixel of a
# pool, the share of that pixel comes or goes whole. And Adam divides by the size of the gradient,
# so that its first steps are signs. So the last two are coarse: they find a gradient or an update
# that is wrong, as by a missing term or another learning rate, not one that is inexact.
TOLERANCES = {
    "float32": Tolerances(loss=1e-4, logits=1e-5, gradient=0.2, weights=0.5),
    "mixed_bfloat16": Tolerances(loss=0.1, logits=0.1, gradient=0.9, weights=0.9),
    "mixed_float16": Tolerances(loss=0.01, logits=0.01, gradient=0.5, weights=0.7),
}


@dataclass(frozen=True)
class LayerParity:
    """The differences of one layer's weights, as in a ParityRun.

    gradient: None for weights that are not trained, such as moving averages. Either is None where
    the reference's is 0, but for its rounding: as of a bias that the next layer takes out again.
    """

    name: str
    gradient: float | None
    weights: float | None


@dataclass(frozen=True)
class Differences:
    """The differences of a backend from the reference: each of a layer, and the whole's.

    loss: of the first step, relative. logits: the largest of any image and class, relative to the
    largest logit; in inference, with the weights of the reference after the steps.
    layers: in the order of the model.
    """

    loss: float
    logits: float
    layers: tuple[LayerParity, ...]


@dataclass(frozen=True)
class ParityRun:
    """A model on a backend, beside the reference in float64.

    status: "within" its tolerances, "beyond" one of them, or "failed". loss, logits: as in
    Differences. gradient: of the worst layer, gradient_layer: the mean absolute difference of the
    gradient of one of its weights in the first step, over the mean absolute value of the
    reference's. weights: of the worst layer, weights_layer: the median absolute difference of the
    change of one of its weights in all steps, over the mean absolute change of the reference's.
    beyond: the names of those beyond their tolerances. cause: with any, the first layer whose
    output differs in a training step by more than the loss may; None if none does or the layers
    are not known. head: as in a BenchRun. error: why it failed.
    """

    model: str
    backend: str
    status: str
    device: Device | None = None
    recipe: Recipe | None = None
    input_shape: tuple[int, int, int] | None = None
    loss: float | None = None
    logits: float | None = None
    gradient: float | None = None
    gradient_layer: str | None = None
    weights: float | None = None
    weights_layer: str | None = None
    beyond: tuple[str, ...] = ()
    cause: str | None = None
    tolerances: Tolerances | None = None
    layers: tuple[LayerParity, ...] = ()
    head: str | None = None
    error: str | None = None


_COLUMNS = (
    Column("Model", "model", numeric=False),
    Column("Backend", "backend", numeric=False),
    Column("Loss", "loss"),
    Column("Logits", "logits"),
    Column("Gradients", "gradient"),
    Column("worst layer", "gradient_layer", numeric=False),
    Column("Weights", "weights"),
    Column("worst layer", "weights_layer", numeric=False),
    Column("Parity", "status", numeric=False),
)
_OF_LAYERS = (
    Column("Model", "model", numeric=False),
    Column("Backend", "backend", numeric=False),
    Column("Layer", "layer", numeric=False),
    Column("Gradients", "gradient"),
    Column("Weights", "weights"),
)


@dataclass(frozen=True)
class Parity(Provenance, Result):
    """The parity of backends, as `netzoo parity --format json` prints it.

    backend, device: of the first run that has not failed; each run has its own. reference: the
    backend of the float64 reference. steps, batch_size, seed: of the training. skipped: backends
    that are not installed.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    dataset: DatasetRecord
    reference: str
    steps: int
    batch_size: int
    seed: int
    runs: tuple[ParityRun, ...]
    skipped: tuple[str, ...] = ()

    @property
    def within(self) -> bool:
        """Return whether every run is within its tolerances."""
        return all(run.status == WITHIN for run in self.runs)

    def layers(self) -> Table:
        """Return a table with a row for each layer that has weights."""
        rows = [
            [
                *(Cell(text, text) for text in (run.model, run.backend, layer.name)),
                *map(_figure, (layer.gradient, layer.weights)),
            ]
            for run in self.runs
            for layer in run.layers
        ]
        return Table(_OF_LAYERS, rows, _footer(self), names=3)

    def _table(self, *, every: bool) -> Table:
        rows = [_cells(run) for run in self.runs]
        return Table(_COLUMNS, rows, _footer(self), names=2)


def judged(run: dict[str, Any], found: Differences, allowed: Tolerances) -> ParityRun:
    """Return the run of some differences; run: its fields beside them."""
    worst: dict[str, Any] = {}
    for quantity in ("gradient", "weights"):
        known = [
            (value, layer.name)
            for layer in found.layers
            if (value := getattr(layer, quantity)) is not None
        ]
        # A number that is not finite is beyond any other.
        known.sort(key=lambda pair: float("inf") if pair[0] != pair[0] else pair[0])
        worst[quantity], worst[f"{quantity}_layer"] = known[-1] if known else (None, None)
    figures = {"loss": found.loss, "logits": found.logits, **worst}
    beyond = tuple(
        name
        for name in QUANTITIES
        if figures[name] is not None and not figures[name] <= getattr(allowed, name)
    )
    return ParityRun(
        **run,
        **figures,
        status=BEYOND if beyond else WITHIN,
        beyond=beyond,
        tolerances=allowed,
        layers=found.layers,
    )


def _cells(run: ParityRun) -> list[Cell]:
    cells = {name: _figure(getattr(run, name)) for name in QUANTITIES}
    for name in ("model", "backend", "gradient_layer", "weights_layer"):
        value = getattr(run, name)
        cells[name] = EMPTY if value is None else Cell(value, value)
    told = f"{run.status}: {', '.join(run.beyond)}" if run.beyond else run.status
    cells["status"] = Cell(run.status, told)
    return [cells[column.key] for column in _COLUMNS]


def _figure(value: float | None) -> Cell:
    return EMPTY if value is None else Cell(value, _text(value))


def _text(value: float) -> str:
    return f"{value:.1e}"


def _footer(parity: Parity) -> list[str]:
    images = parity.steps * parity.batch_size
    return [
        *_problem_lines(parity.runs),
        *(f"{name} is not installed: skipped." for name in parity.skipped),
        f"Differences from the same steps in float64 ({parity.reference}, CPU), each relative: the "
        "loss of the first step; the largest of a logit, by the weights of the reference after the "
        "last step; of the worst layer, the gradients of the first step, by their mean, and the "
        f"change of the weights in {parity.steps} step{'s' if parity.steps > 1 else ''}, by its "
        "median, over the mean absolute value.",
        *_tolerance_lines(parity.runs),
        f"The same initial weights (seed {parity.seed}) and the same batches on each: "
        f"{units.exact(images)} training images, {units.exact(parity.batch_size)} a step, without "
        "augmentation; dropout and noise are off, batch normalisation trains.",
        *dict.fromkeys(f"{run.model} {run.head}" for run in parity.runs if run.head),
        *_recipe_lines(parity.runs),
        data_line(parity.dataset),
        *_device_lines(parity),
        *([f"Command: {parity.command}{_commit(parity)}"] if parity.command else []),
    ]


def _problem_lines(runs: Sequence[ParityRun]) -> Iterator[str]:
    """Yield a line for each run that failed or is beyond a tolerance."""
    for run in runs:
        if run.error is not None:
            yield f"{run.model} on {run.backend} failed: {run.error}"
        if run.beyond:
            told = [
                f"{name} {_text(getattr(run, name))}, tolerance {getattr(run.tolerances, name):g}"
                for name in run.beyond
            ]
            cause = (
                f"the first layer whose output differs is {run.cause}"
                if run.cause
                else "no layer's output differs in the forward pass, or none is known"
            )
            yield f"{run.model} on {run.backend} is beyond: {'; '.join(told)}; {cause}."


def _tolerance_lines(runs: Sequence[ParityRun]) -> list[str]:
    lines = {}
    for run in runs:
        if run.recipe is not None and run.tolerances is not None:
            told = ", ".join(f"{name} {getattr(run.tolerances, name):g}" for name in QUANTITIES)
            lines[run.recipe.precision] = f"Tolerances of {run.recipe.precision}: {told}."
    return list(lines.values())


def _recipe_lines(runs: Sequence[ParityRun]) -> list[str]:
    """Return a line for each recipe, with the models that it is for."""
    models: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.recipe is not None and run.input_shape is not None:
            recipe = run.recipe
            words = (
                f"Recipe {recipe.name}: optimizer {recipe.optimizer}, learning_rate "
                f"{recipe.learning_rate:g}, schedule {recipe.schedule}, loss {recipe.loss}, "
                f"scaling {recipe.scaling}, precision {recipe.precision}"
            )
            models.setdefault(words, {})[f"{run.model} ({units.shape(run.input_shape)})"] = None
    return [f"{words}: {', '.join(names)}." for words, names in models.items()]


def _device_lines(parity: Parity) -> Iterator[str]:
    devices: dict[str, dict[str, None]] = {}
    for run in parity.runs:
        if run.device is not None:
            devices.setdefault(run.device.text, {})[run.backend] = None
    for device, backends in devices.items():
        several = "s" if len(backends) > 1 else ""
        yield f"Device: {device}. Backend{several}: {', '.join(backends)}."
    yield f"{versions_text(parity.versions)}."


def _commit(parity: Parity) -> str:
    return f" (git {parity.commit[:12]})" if parity.commit else ""
