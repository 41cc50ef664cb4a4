"""Rows of costs put together: of a layer that is called again, and of inference and training."""

from dataclasses import replace
from typing import Any

from netzoo.cost.layer_cost import LayerCost

_BY_IMAGE = "macs", "training_macs", "activation_bytes", "elementwise"


def joined(first: LayerCost, second: LayerCost) -> LayerCost:
    """Return the row of a layer that is called again."""
    return replace(
        second,
        macs=first.macs + second.macs,
        training_macs=first.training_macs + second.training_macs,
        activation_bytes=first.activation_bytes + second.activation_bytes,
        elementwise=first.elementwise + second.elementwise,
        layers=tuple(map(joined, first.layers, second.layers)),
    )


def with_training(
    inference: tuple[LayerCost, ...], training: tuple[LayerCost, ...]
) -> tuple[LayerCost, ...]:
    """Return the rows of a model with what training makes of it, where that is something else.

    What is called in training alone costs nothing in inference, and the other way round.
    """
    in_training = {row.name: row for row in training}
    trained = []
    for row in inference:
        other = in_training.pop(row.name, None)
        macs = 0 if other is None else other.training_macs
        inside = with_training(row.layers, () if other is None else other.layers)
        trained.append(replace(row, training_macs=macs, layers=inside))
    return (*trained, *map(_only_training, in_training.values()))


def _only_training(row: LayerCost) -> LayerCost:
    inside = tuple(map(_only_training, row.layers))
    return replace(row, macs=0, elementwise=0, activation_bytes=0, layers=inside)


def shared(row: LayerCost, images: int) -> LayerCost:
    """Return what one image has of a row that was counted for several."""
    parts = {name: getattr(row, name) // images for name in _BY_IMAGE}
    return replace(row, layers=tuple(shared(inner, images) for inner in row.layers), **parts)


def total(parts: Any, field: str) -> int:
    """Return the sum of a field of products or rows, 0 without any."""
    return sum([int(getattr(part, field)) for part in parts]) if parts else 0
