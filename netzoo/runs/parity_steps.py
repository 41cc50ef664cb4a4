"""What a worker does for a comparison of backends; netzoo.runs.parity asks for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from netzoo.recipes import Recipe
from netzoo.records.trial import Trial
from netzoo.runs import checkpoint, messages

Of = Callable[[Trial], Any]
About = tuple[Any, Any, Recipe, tuple[int, ...]]  # model, images, recipe, size of its inputs


def answer(
    request: messages.Reference | messages.Parity, fitted: Of, images_of: Of, build: Of
) -> messages.Event:
    """Return the reply. The others: of a trial, what its model requires, its images, its model."""
    path, trial, steps = Path(request.path), request.trial, request.steps
    if isinstance(request, messages.Reference):
        _reference(request, path, fitted, images_of, build)
        return messages.Referenced()
    from netzoo.training import differences, parity

    _, given = checkpoint.read(path, trial.model)
    trial = fitted(trial)
    head, about = _ready(trial, images_of, build(trial))
    if request.outputs is None:
        found = differences.differences(parity.steps_taken(*about, steps, given), given)
        return messages.Compared(trial, head.note, found)
    found_outputs = parity.outputs_of_step(*about, steps, given)
    other = differences.first_other(found_outputs, given, request.outputs)
    return messages.Compared(trial, head.note, other=other)


def _reference(
    request: messages.Reference, path: Path, fitted: Of, images_of: Of, build: Of
) -> None:
    """Take the steps in float64, in which this process stays, and write their arrays."""
    from netzoo.training import parity, parity_reference

    recipe = replace(request.trial.recipe, precision=parity.FLOAT64)
    with parity.in_float64():
        trial = fitted(replace(request.trial, recipe=recipe))
        built = build(trial)
    _, about = _ready(trial, images_of, built)
    take = parity_reference.outputs if request.outputs else parity_reference.reference
    meta = checkpoint.CheckpointMeta(request.trial.model, (), 0.0, 0, 1)
    checkpoint.write(path, meta, take(*about, request.steps))


def _ready(trial: Trial, images_of: Of, model: Any) -> tuple[Any, About]:
    """Let a model be ready for its steps; return its head, and what a step needs."""
    from netzoo.training import parity, prepared

    images = images_of(trial)
    head, size = prepared.ready(trial, 1, images, model)
    parity.be_calm(model)
    return head, (model, images, trial.recipe, size)
