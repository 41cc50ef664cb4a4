"""Initial weights from a file, weights drawn anew, and layers that keep their weights."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from netzoo.errors import BadInput, DataError, no_such, telling_line
from netzoo.models.spec import ModelSpec

NONE, IMAGENET = "none", "imagenet"  # values of the setting weights; others are paths
BODY = "body"  # the value of the setting freeze for all layers but the last with weights
FILES = (".weights.h5", ".keras", ".h5")


def is_trained(weights: str | None) -> TypeGuard[str]:
    """Return whether a setting names trained weights."""
    return weights not in (None, NONE)


def is_path(weights: str | None) -> TypeGuard[str]:
    """Return whether a setting names a file."""
    return weights not in (None, NONE, IMAGENET)


def check(spec: ModelSpec, weights: str | None) -> None:
    """Raise BadInput if the file of a setting does not exist, or is not one of weights."""
    if not is_path(weights):
        return
    if not str(weights).endswith(FILES):
        raise BadInput(
            f"weights of {spec.model!r} are {NONE}, {IMAGENET} or a {', '.join(FILES)} file; "
            f"received {weights!r}."
        )
    if not Path(weights).is_file():
        raise BadInput(f"the weights of {spec.model!r}: {weights!r} does not exist.")


def load(spec: ModelSpec, model: Any, weights: str) -> None:
    """Load the weights of a file into a model. Raises BadInput or DataError."""
    if weights == IMAGENET:
        raise BadInput(
            f"{spec.model!r} has no {IMAGENET} weights, only keras: models have; name a file."
        )
    try:
        model.load_weights(weights)
    except Exception as error:
        raise DataError(
            f"{weights}: its weights do not fit {spec.model!r}: {telling_line(error)}"
        ) from error


def anew(spec: ModelSpec, model: Any) -> Any:
    """Return a copy of a model with new random weights. Raises BadInput if it cannot be copied."""
    import keras

    try:
        return keras.models.clone_model(model)
    except Exception as error:
        raise BadInput(
            f"{spec.model!r} cannot be built anew from its configuration: {telling_line(error)}"
        ) from error


def freeze(spec: ModelSpec, model: Any, names: str) -> None:
    """Let layers keep their weights in training, and be as in inference.

    names: the names of layers or patterns such as "conv*", joined by "+", or BODY.
    Raises UnknownName for one that fits no layer with weights, BadInput if nothing would train.
    """
    own = [layer for layer in _layers(model) if layer.weights]
    last = next((layer for layer in reversed(own) if layer.trainable_weights), None)
    for pattern in str(names).split("+"):
        if pattern == BODY:
            chosen = [layer for layer in own if layer is not last]
        else:
            chosen = [layer for layer in own if fnmatch.fnmatchcase(layer.name, pattern)]
        if not chosen:
            where = f"{spec.model}, to freeze"
            raise no_such("layer with weights", pattern, [layer.name for layer in own], where=where)
        for layer in chosen:
            layer.trainable = False
    if not model.trainable_weights:
        raise BadInput(f"freeze={names} leaves nothing to train in {spec.model!r}.")


def _layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, those of models inside it in place of these."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
