"""What a network looks like inside, layer by layer, at moments of its training."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.records import SCHEMA, DatasetRecord, Device, Trial, to_plain
from netzoo.stats import Spread
from netzoo.tabled import Tabled
from netzoo.tables.table import Table


@dataclass(frozen=True)
class LayerProbe:
    """What one layer gives on a batch, and how strongly the loss pulls at it.

    The loss of an image is the cross-entropy of its logits, without penalties; the network runs as
    in evaluation (dropout off, batch norm by its moving averages). All is of the layer's output,
    after its activation; numbers are in the units of that output, of the loss, and of the weights.

    type: the Keras class. activation: its name; None for a layer without one, or a linear one.
    activation_mean, activation_sd: of all values of all images, the sd dividing by their number.
    dead: the share of units that are 0 for every image, None unless the activation is relu. A unit
    is one element of an image's output: of a convolution, one channel at one place.
    saturated: the share of values at the flat ends, where the slope is below a twentieth of its
    largest: y (1 − y) < 0.0125 of a sigmoid, 1 − y² < 0.05 of a tanh; None for other activations.
    activation_gradient_norm: the L2 norm of the gradient of an image's own loss with respect to its
    output, averaged over the images. (A training by the batch's mean loss sees it divided by the
    number of images.)
    activation_gradient_rms: the root mean square of the same gradient over all elements of all
    images, which compares layers of different sizes.
    weight_gradient_norm: the L2 norm of the gradient of the batch's mean loss with respect to the
    layer's kernels taken together: its trainable weights of rank 2 or more that are not called
    "bias". None for a layer without one. weight_norm: the L2 norm of these kernels.
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
class Moment:
    """All layers of a network, in its order, after so many training steps."""

    step: int
    layers: tuple[LayerProbe, ...]


@dataclass(frozen=True)
class ProbeRecord:
    """What one trial's network looked like; images: on how many of the training images."""

    trial: Trial
    device: Device
    versions: dict[str, str]
    images: int
    moments: tuple[Moment, ...]
    schema: int = SCHEMA


@dataclass(frozen=True)
class LayerRow:
    """One layer of one model after some steps; figures as in a LayerProbe, over the seeds."""

    model: str
    step: int
    layer: str
    type: str
    activation: str | None
    activation_mean: Spread
    activation_sd: Spread
    dead: Spread | None
    saturated: Spread | None
    activation_gradient_norm: Spread
    activation_gradient_rms: Spread
    weight_gradient_norm: Spread | None
    weight_norm: Spread | None


@dataclass(frozen=True)
class Ratio:
    """A figure of a model's layer over that of the first model's layer of the same name.

    ratio: the geometric mean over the seeds that both have; ci95: its 95 % interval, by Student's t
    of the logarithms. p: two-sided, of the ratio being 1; p_corrected: for all ratios of the probe
    (Holm). All three are None for one seed.
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
    """A model that was looked into; status: "ok", "failed" or "unfinished", with the reason."""

    name: str
    status: str
    seeds: tuple[int, ...]
    error: str | None = None


@dataclass(frozen=True)
class Probe(Tabled):
    """Models side by side, layer by layer, after each number of steps."""

    dataset: DatasetRecord
    recipe: dict[str, Any]
    backend: str
    device: Device
    versions: dict[str, str]
    images: int
    models: tuple[ProbedModel, ...]
    layers: tuple[LayerRow, ...]
    ratios: tuple[Ratio, ...]
    command: str = ""
    commit: str | None = None
    schema: int = field(default=SCHEMA)

    def to_dict(self) -> dict[str, Any]:
        """Return the probe as plain dicts, lists, strings and numbers."""
        told: dict[str, Any] = to_plain(self)
        return {"schema": told.pop("schema"), **told}

    def table(self) -> Table:
        """Return the table of the layers, models side by side."""
        from netzoo.report.probe import probe_table

        return probe_table(self)
