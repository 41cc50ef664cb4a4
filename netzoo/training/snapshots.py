"""Snapshots of a network's layers during its first training steps."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.errors import Diverged
from netzoo.recipes import Recipe
from netzoo.results.probe import LayerProbe, Snapshot
from netzoo.training.inputs import inputs_of
from netzoo.training.layer_probes import layer_probes
from netzoo.training.step import step_of


def snapshots(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    steps: Sequence[int],
    count: int,
    on_step: Callable[[int], None],
    *,
    micro_batches: int = 1,
    size: tuple[int, ...] | None = None,
) -> list[Snapshot]:
    """Train a compiled model, and probe its layers after each number of steps.

    steps: ascending; 0: at the initial weights. count: the number of training images to probe on,
    the first of each class, without augmentation. on_step: called with the number of each step,
    from 1. micro_batches: their number in a step. size: height, width and channels of the model's
    inputs; by default its own.
    Raises BadInput as layer_probes and step_of do, Diverged if a figure is not finite.
    """
    inputs = inputs_of(images.train, recipe, size or model.input_shape[1:])
    step = step_of(model, inputs)
    shown = images.train.limited(min(count, len(images.train)), len(images.class_names))
    batches = pipeline.train_batches(
        images, recipe, seed, micro_batches=micro_batches, pixels=inputs.held is None
    )
    batch = iter(batches.repeat())
    taken, done = [], 0
    for wanted in steps:
        for number in range(done, wanted):
            for _ in range(micro_batches):
                step.train(*next(batch))
            on_step(number + 1)
        step.sync_variables()
        done = wanted
        layers = layer_probes(model, inputs(shown.images[:]), shown.labels)
        _check_finite(layers, wanted)
        taken.append(Snapshot(wanted, layers))
    return taken


def _check_finite(layers: Sequence[LayerProbe], step: int) -> None:
    """Raise Diverged if a figure of a layer is infinite or NaN."""
    for layer in layers:
        figures = [value for value in vars(layer).values() if isinstance(value, float)]
        if not all(map(math.isfinite, figures)):
            raise Diverged(
                f"the probe of {layer.name} after {step} steps is not finite; try a lower "
                "learning rate."
            )
