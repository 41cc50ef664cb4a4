"""What a model costs, by layer and in total; how it is counted is in netzoo.cost."""

from dataclasses import dataclass
from typing import Any

from netzoo.tabled import Tabled, frame
from netzoo.tables.table import Table

# How each backend counts by itself.
MEANS = {
    "jax": "convolutions and dot products of the jaxpr",
    "tensorflow": "convolutions and matrix products of the traced graph",
    "torch": "FlopCounterMode",
}


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs for one image.

    output_shape: without the batch of one; with it where more than one is folded into the batch.
    macs: multiply-adds of convolutions and matrix products in one forward pass, bias not counted.
    training_macs: the same in a step of training, plus the backward pass: as much again for the
    gradient of each operand that needs one, where the loss depends on the product.
    weight_bytes: of its weights. activation_bytes: of its outputs, or of all that is inside, for a
    nested model or a layer of yours that was counted by that; 0 for one that hands its input on
    (reshaped, or dropout outside training).
    elementwise: operations on single elements in one forward pass: biases, activations, pooling.
    receptive_field: pixels of the model's input that one output sees, by axis; None where places
    are mixed (after a flattening, say), or not known.
    layers: what it is made of, where it was counted by that.
    """

    name: str
    type: str
    output_shape: tuple[int | None, ...]
    params: int
    trainable_params: int
    macs: int
    training_macs: int
    weight_bytes: int = 0
    activation_bytes: int = 0
    elementwise: int = 0
    receptive_field: tuple[int, ...] | None = None
    layers: tuple["LayerCost", ...] = ()

    @property
    def flops(self) -> int:
        """Return the floating-point operations of one forward pass: 2 × MACs."""
        return 2 * self.macs

    @property
    def training_flops(self) -> int:
        """Return the floating-point operations of one forward and backward pass."""
        return 2 * self.training_macs

    @property
    def arithmetic_intensity(self) -> float:
        """Return the FLOPs of one forward pass for each byte of weights and activations."""
        return _intensity(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        keys = ("name", "type", "output_shape", "params", "trainable_params", "macs", "flops")
        more = ("training_flops", "elementwise", "weight_bytes", "activation_bytes")
        last = ("arithmetic_intensity", "receptive_field")
        told = {key: getattr(self, key) for key in (*keys, *more, *last)}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in told.items()}


@dataclass(frozen=True)
class Cost(Tabled):
    """What one model costs, batch 1, by layer and in total. FLOPs = 2 × MACs.

    params, trainable_params, weight_bytes: of all weights, one that is used twice counted once.
    peak_activation_bytes: the most that are alive at once in one forward pass, layer by layer.
    uncounted: what cannot be counted: "name (type)" of each layer, with its calls if several.

    >>> import netzoo
    >>> cost = netzoo.summary("lenet")
    >>> cost.params, cost.macs, cost.flops, cost.layers[1].name
    (61706, 416520, 833040, 'conv1')
    """

    model: str
    input_shape: tuple[int | None, ...]
    layers: tuple[LayerCost, ...]
    params: int
    trainable_params: int
    weight_bytes: int
    peak_activation_bytes: int = 0
    uncounted: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        """Return the multiply-adds of one forward pass."""
        return sum(layer.macs for layer in self.layers)

    @property
    def flops(self) -> int:
        """Return the floating-point operations of one forward pass: 2 × MACs."""
        return 2 * self.macs

    @property
    def training_flops(self) -> int:
        """Return the floating-point operations of one forward and backward pass."""
        return 2 * sum(layer.training_macs for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Return the bytes of all outputs, which training keeps for its backward pass."""
        return sum(layer.activation_bytes for layer in self.layers)

    @property
    def elementwise(self) -> int:
        """Return the operations on single elements in one forward pass, apart from the FLOPs."""
        return sum(layer.elementwise for layer in self.layers)

    @property
    def arithmetic_intensity(self) -> float:
        """Return the FLOPs of one forward pass for each byte of weights and activations."""
        return _intensity(self)

    def flat(self, depth: int = 1) -> tuple[LayerCost, ...]:
        """Return the rows down to a depth: 1 for the model's own layers, 2 for those in them."""
        rows = self.layers
        for _ in range(depth - 1):
            rows = tuple(inner for row in rows for inner in (row.layers or (row,)))
        return rows

    def to_dict(self, depth: int = 1) -> dict[str, Any]:
        """Return the cost as `netzoo summary --format json` prints it; depth as in `flat`."""
        return {
            "model": self.model,
            "input_shape": list(self.input_shape),
            "params": self.params,
            "trainable_params": self.trainable_params,
            "macs": self.macs,
            "flops": self.flops,
            "training_flops": self.training_flops,
            "elementwise": self.elementwise,
            "weight_bytes": self.weight_bytes,
            "activation_bytes": self.activation_bytes,
            "peak_activation_bytes": self.peak_activation_bytes,
            "arithmetic_intensity": self.arithmetic_intensity,
            "uncounted": list(self.uncounted),
            "layers": [layer.to_dict() for layer in self.flat(depth)],
        }

    def to_pandas(self, depth: int = 1) -> Any:
        """Return a pandas.DataFrame, a row a layer. Raises MissingPackage without pandas."""
        return frame(self.to_dict(depth)["layers"])

    def table(self) -> Table:
        """Return the table of its layers, with totals below."""
        from netzoo.report.costs import layer_table

        return layer_table(self)


@dataclass(frozen=True)
class NativeCost:
    """What a model costs at its native image size, where a recipe trains it at another."""

    input_shape: tuple[int | None, ...]
    params: int
    macs: int
    flops: int


@dataclass(frozen=True)
class Opinion:
    """MACs of a layer by netzoo's rules and by the backend; None where one cannot tell, and why."""

    name: str
    ours: int | None
    theirs: int | None
    reason: str = ""

    @property
    def agrees(self) -> bool:
        """Return whether both tell, and tell the same."""
        return self.ours is not None and self.ours == self.theirs


def _intensity(cost: LayerCost | Cost) -> float:
    return cost.flops / max(cost.weight_bytes + cost.activation_bytes, 1)
