"""Probes of networks: outputs and gradients of each layer after some training steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netzoo import units
from netzoo.provenance import SCHEMA, Device, TrainingProvenance
from netzoo.records.trial import Trial, TrialStatus
from netzoo.results.result import Result
from netzoo.stats import LEVEL, Estimate
from netzoo.tables.notes import origin_lines
from netzoo.tables.table import EMPTY, Cell, Column, Table


@dataclass(frozen=True)
class LayerProbe:
    """The output of one layer on a batch, and the gradients of the loss in it.

    The loss of an image is the cross-entropy of its logits, without penalties; the network runs in
    evaluation mode (dropout off, batch norm by its moving averages). The output is that after the
    activation; figures are in the units of the output, of the loss and of the weights.

    type: the Keras class. activation: its name; None for a layer without one, or a linear one.
    activation_mean, activation_sd: over all values of all images; the sd divides by their number.
    dead: the share of units that are 0 for every image, None unless the activation is relu. A unit
    is one element of an image's output: in a convolution, one channel at one place.
    saturated: the share of values at which the slope is below a twentieth of its maximum:
    y (1 − y) < 0.0125 for a sigmoid, 1 − y² < 0.05 for a tanh; None for other activations.
    activation_gradient_norm: the L2 norm of the gradient of an image's own loss with respect to its
    output, mean over the images. (With the batch's mean loss it is divided by the number of
    images.)
    activation_gradient_rms: the root mean square of the same gradient over all elements of all
    images, for comparing layers of different sizes.
    weight_gradient_norm: the L2 norm of the gradient of the batch's mean loss with respect to all
    kernels of the layer: trainable weights of rank 2 or more that are not called "bias". None
    without a kernel. weight_norm: the L2 norm of these kernels.
    """

    name: str
    type: str
    activation: str | None
    activation_mean: float
    activation_sd: float
    dead: float | None
    saturated: float | None
    activation_gradient_norm: float
    activation_gradient_rms: float
    weight_gradient_norm: float | None
    weight_norm: float | None


@dataclass(frozen=True)
class Snapshot:
    """The probes of all layers of a network, in its order, after a number of training steps."""

    step: int
    layers: tuple[LayerProbe, ...]


@dataclass(frozen=True)
class ProbeRecord:
    """The record of a probe of one trial.

    images: the number of training images to probe on. moments: the snapshots.
    """

    trial: Trial
    device: Device
    versions: dict[str, str]
    images: int
    moments: tuple[Snapshot, ...]
    schema: int = SCHEMA


@dataclass(frozen=True)
class LayerRow:
    """One layer of one model after a number of steps; figures of a LayerProbe, over the seeds."""

    model: str
    step: int
    layer: str
    type: str
    activation: str | None
    activation_mean: Estimate
    activation_sd: Estimate
    dead: Estimate | None
    saturated: Estimate | None
    activation_gradient_norm: Estimate
    activation_gradient_rms: Estimate
    weight_gradient_norm: Estimate | None
    weight_norm: Estimate | None


@dataclass(frozen=True)
class Ratio:
    """The ratio of a figure of a model's layer to that of the first model's layer of the same name.

    ratio: the geometric mean over the n seeds that both have; ci95: its 95 % interval, by Student's
    t of the logarithms. p: two-sided, for a ratio of 1; p_corrected: corrected for all ratios of
    the probe (Holm). All three are None for one seed.
    """

    model: str
    step: int
    layer: str
    figure: str
    ratio: float
    n: int
    ci95: tuple[float, float] | None
    p: float | None
    p_corrected: float | None = None


@dataclass(frozen=True)
class ProbedModel:
    """A probed model; status: OK, FAILED or UNFINISHED, with the reason in error."""

    name: str
    status: TrialStatus
    seeds: tuple[int, ...]
    error: str | None = None


_COLUMNS = (
    Column("Step", "step"),
    Column("Layer", "layer", numeric=False),
    Column("Model", "model", numeric=False),
    Column("Activation", "activation", numeric=False),
    Column("Output\nmean", "activation_mean"),
    Column("Output\nsd", "activation_sd"),
    Column("×\nfirst", "activation_sd_ratio"),
    Column("Dead", "dead"),
    Column("Saturated", "saturated"),
    Column("Gradient of\nweights", "weight_gradient_norm"),
    Column("×\nfirst", "weight_gradient_norm_ratio"),
    Column("Gradient of\noutput", "activation_gradient_norm"),
    Column("×\nfirst", "activation_gradient_norm_ratio"),
)


@dataclass(frozen=True)
class Probe(TrainingProvenance, Result):
    """The probes of models side by side, layer by layer, after each number of steps.

    images: the number of training images to probe on. ratios: to the first model.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    images: int
    models: tuple[ProbedModel, ...]
    layers: tuple[LayerRow, ...]
    ratios: tuple[Ratio, ...]

    def _table(self, *, every: bool) -> Table:
        return probe_table(self)


# Layers that pass on their input, or a part of it: the table omits them.
_QUIET = ("Flatten", "Dropout", "ZeroPadding2D")
Ratios = Mapping[tuple[str, int, str, str], Ratio]


def probe_table(probe: Probe) -> Table:
    """Return the table of outputs and gradients of each layer, models side by side."""
    rows = [row for row in probe.layers if row.type not in _QUIET]
    order = {name: place for place, name in enumerate(_layer_order(rows))}
    names = [model.name for model in probe.models]
    rows.sort(key=lambda row: (row.step, order[row.layer], names.index(row.model)))
    ratios = {(r.model, r.step, r.layer, r.figure): r for r in probe.ratios}
    return Table(_COLUMNS, [_cells(row, ratios) for row in rows], _footer(probe), names=3)


def _layer_order(rows: Sequence[LayerRow]) -> list[str]:
    """Return the names of all models' layers, in the order of the models."""
    return list(dict.fromkeys(row.layer for row in rows))


def _cells(row: LayerRow, ratios: Ratios) -> list[Cell]:
    def ratio_cell(figure: str) -> Cell:
        ratio = ratios.get((row.model, row.step, row.layer, figure))
        if ratio is None:
            return EMPTY
        p = ratio.p_corrected
        mark = " n. s." if p is None or p >= LEVEL else ""
        return Cell(ratio.ratio, units.factor(ratio.ratio) + mark)

    return [
        Cell(row.step, str(row.step)),
        Cell(row.layer, row.layer),
        Cell(row.model, row.model),
        Cell(row.activation, row.activation) if row.activation else EMPTY,
        _number(row.activation_mean),
        _number(row.activation_sd),
        ratio_cell("activation_sd"),
        _share(row.dead),
        _share(row.saturated),
        _number(row.weight_gradient_norm),
        ratio_cell("weight_gradient_norm"),
        _number(row.activation_gradient_norm),
        ratio_cell("activation_gradient_norm"),
    ]


def _number(value: Estimate | None) -> Cell:
    return EMPTY if value is None else Cell(value.mean, units.three_digits(value.mean))


def _share(value: Estimate | None) -> Cell:
    return EMPTY if value is None else Cell(round(value.mean, 6), units.percent(value.mean))


def _footer(probe: Probe) -> list[str]:
    seeds = probe.recipe["seeds"]
    return [
        *(f"{model.name} {model.status}: {model.error}" for model in probe.models if model.error),
        "Step: training steps completed before probing. Output: after the activation, over all "
        f"units and {probe.images} training images, in evaluation mode. Dead: units that are 0 for "
        "every image, of ReLU. Saturated: values where the slope is below a twentieth of its "
        "largest, of sigmoid and tanh. Gradient of weights: L2 norm, of the mean loss. Gradient of "
        "output: L2 norm for an image's own loss, mean over the images."
        + (" Each the mean over the seeds." if len(seeds) > 1 else ""),
        *_ratio_line(probe, len(seeds)),
        *origin_lines(probe),
    ]


def _ratio_line(probe: Probe, seeds: int) -> list[str]:
    if not probe.ratios:
        return []
    tested = (
        f"; n. s.: not separable from 1 by a paired t test of the logarithms over the seeds, "
        f"p < {LEVEL:g} after Holm's correction for {len(probe.ratios)} ratios."
        if seeds > 1
        else "; n. s.: not separable from 1, since one seed allows no test."
    )
    first = probe.models[0].name
    return [f"× first: over the layer of the same name in {first}, geometric mean{tested}"]
