"""The head of a network, prepared for training: logits, (batch, classes), one for each class.

Cross-entropy is computed on logits. A softmax at the end of a model is removed: by definition the
cross-entropy of its probabilities is that of its inputs, and without it the numbers equal those of
the same network with logits as outputs, on each backend.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src import backend as keras_backend

from netzoo import units
from netzoo.errors import BadInput, telling_line
from netzoo.models.build import own_shape
from netzoo.training.ending import LINEAR, SIGMOID, SOFTMAX, Ending, ending

LOGITS = {LINEAR, "log_softmax"}  # log-probabilities have the same cross-entropy
OFF_SOFTMAX = "ends in a softmax: it is trained and evaluated on the softmax's inputs, the logits."
OFF_SIGMOID = (
    "ends in one sigmoid unit: it is trained and evaluated on the logits 0 and z of the two "
    "classes, with the sigmoid's input z."
)
SUM_TOLERANCE = 0.02  # of probabilities in bfloat16

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Head:
    """A prepared head.

    size: height and width of the model's inputs. note: the change of its end, None without one.
    """

    size: tuple[int, int]
    note: str | None = None


def make_ready(model: Any, shape: Shape, classes: int) -> Head:
    """Remove the softmax of a built model, or one sigmoid for two classes: its outputs are logits.

    shape: of the trial's images, for a model that leaves it open.
    Raises BadInput for a model that does not take such images, or does not give a logit for each
    class.
    """
    own = own_shape(model)
    seen = own or shape
    check_channels(seen, shape[2])
    output = _output(model, seen, classes)
    end = ending(model, None if own else seen)
    two = classes == 2 and tuple(output.shape[1:]) == (1,) and _is_one_sigmoid(end)
    _check(output, classes, 1 if two else classes)
    note = None
    if two:
        _replace(end.operation, _two_logits)
        note = OFF_SIGMOID
    elif end.kind == SOFTMAX and end.alone:
        _check_axis(end.shape, end.axis, classes)
        _replace(end.operation, keras.activations.linear)
        note = OFF_SOFTMAX
    elif end.kind in (None, SOFTMAX):
        note = _by_values(model, seen, classes)
    elif end.kind not in LOGITS:
        raise BadInput(
            f"the model ends in the activation {end.kind}; expected logits, {_expected(classes)}: "
            "a last layer without an activation, or with a softmax."
        )
    return Head(seen[:2], note)


def check_channels(shape: Shape, channels: int) -> None:
    """Raise BadInput if the channels of the data are not those of a model's inputs."""
    if shape[2] != channels:
        raise BadInput(
            f"the model takes images of {units.shape(shape)}; those of the data have "
            f"{channels} channel{'' if channels == 1 else 's'}."
        )


def _output(model: Any, shape: Shape, classes: int) -> Any:
    """Return the model's output for symbolic images. Raises BadInput."""
    inputs = getattr(getattr(model, "_functional", None) or model, "inputs", None)
    batch = inputs[0].shape[0] if inputs else None
    try:
        output = model(keras.KerasTensor((batch, *shape)))
    except Exception as error:
        raise BadInput(
            f"the model cannot be called on images of {units.shape(shape)}: {telling_line(error)}"
        ) from error
    if isinstance(output, keras.KerasTensor):
        return output
    names = f" ({', '.join(map(str, output))})" if isinstance(output, dict) else ""
    count = len(keras.tree.flatten(output))
    raise BadInput(
        f"the model gives a {type(output).__name__} of {count} output{'' if count == 1 else 's'}"
        f"{names}; expected one tensor of logits, {_expected(classes)}."
    )


def _check(output: Any, classes: int, wanted: int) -> None:
    """Raise BadInput unless the output is (batch, wanted) and floating-point."""
    shape = tuple(output.shape)
    if len(shape) != 2:
        raise BadInput(
            f"the model gives {units.batch(shape)}; expected logits, {_expected(classes)}."
        )
    if shape[1] != wanted:
        raise BadInput(
            f"the model has {shape[1]} output{'' if shape[1] == 1 else 's'} for {classes} classes; "
            f"expected logits, {_expected(classes)}."
        )
    if not keras.backend.is_float_dtype(output.dtype):
        raise BadInput(f"the model gives {output.dtype}; expected logits, {_expected(classes)}.")


def _is_one_sigmoid(end: Ending) -> bool:
    return end.kind == SIGMOID and end.alone and len(end.shape) == 2


def _check_axis(shape: tuple[int | None, ...], axis: Any, classes: int) -> None:
    """Raise BadInput unless a softmax is over the classes, and other axes but the batch are 1."""
    axes = (
        range(len(shape)) if axis is None else axis if isinstance(axis, (tuple, list)) else [axis]
    )
    places = {number % len(shape) for number in axes}
    if 0 in places or prod(shape[place] or 0 for place in places) != classes:
        raise BadInput(
            f"the model ends in a softmax over axis {axis} of {units.batch(shape)}; expected it "
            f"over the {classes} classes."
        )


def _replace(operation: Any, function: Any) -> None:
    """Replace the activation of an operation by another function."""
    if hasattr(operation, "activation"):
        del operation.activation  # torch rejects a function in place of a layer
        operation.activation = function
    else:
        operation.call = lambda x, *_, **__: function(x)


def _two_logits(z: Any) -> Any:
    """Return the logits, (batch, 2), whose softmax is 1 - sigmoid(z) and sigmoid(z)."""
    return ops.concatenate([ops.zeros_like(z), z], axis=-1)


def _by_values(model: Any, shape: Shape, classes: int) -> str | None:
    """Remove a softmax that the model's graph does not show, identified by its values.

    Raises BadInput for a model whose outputs are probabilities of another origin.
    """
    images = np.random.default_rng(0).random((2, *shape), "float32")
    with _recorded_softmaxes() as seen:
        values = _array(model(ops.convert_to_tensor(images), training=False))
    for place, (logits, axis, output) in enumerate(reversed(seen), 1):
        probabilities = _array(output)
        if probabilities.size == values.size and np.array_equal(
            probabilities.reshape(values.shape), values
        ):
            _check_axis(tuple(logits.shape), axis, classes)
            _stop_before_softmax(model, place, classes)
            return OFF_SOFTMAX
    if values.min() >= 0 and np.abs(values.sum(axis=-1) - 1).max() < SUM_TOLERANCE:
        raise BadInput(
            f"the model gives probabilities without a softmax at its end; expected logits, "
            f"{_expected(classes)}."
        )
    return None


def _stop_before_softmax(model: Any, place: int, classes: int) -> None:
    """Let a model return the inputs of a softmax; place: its number from the last, from 1."""
    call = model.call

    def logits(*arguments: Any, **keywords: Any) -> Any:
        with _recorded_softmaxes() as seen:
            output = call(*arguments, **keywords)
        return ops.reshape(seen[-place][0], (-1, classes)) if len(seen) >= place else output

    model.call = logits


@contextmanager
def _recorded_softmaxes() -> Iterator[list[tuple[Any, Any, Any]]]:
    """Record input, axis and output of each softmax within the context.

    Every softmax of Keras calls this function of the backend; no public interface has its input.
    """
    seen: list[tuple[Any, Any, Any]] = []
    softmax = keras_backend.nn.softmax

    def record(x: Any, axis: Any = -1) -> Any:
        output = softmax(x, axis=axis)
        seen.append((x, axis, output))
        return output

    keras_backend.nn.softmax = record
    try:
        yield seen
    finally:
        keras_backend.nn.softmax = softmax


def _array(tensor: Any) -> Any:
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")))


def _expected(classes: int) -> str:
    return f"(batch, {classes})"
