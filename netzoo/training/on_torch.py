"""The training step on PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from keras import ops
from keras.src.backend.torch import nn as keras_nn
from numpy.typing import NDArray

from netzoo.training.inputs import Inputs
from netzoo.training.step import batch_metrics

REARRANGE = "_transpose_spatial_inputs"


class Step:
    """netzoo.training.step.Step."""

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = model, inputs

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        model, optimizer = self._model, self._model.optimizer
        x, y = self._inputs(_tensor(images)), _tensor(labels)
        w = None if weights is None else _tensor(weights)
        model.zero_grad()
        with _without_format_copies():
            logits = model(x, training=True)
        loss = model.compute_loss(x=x, y=y, y_pred=logits, sample_weight=w, training=True)
        optimizer.scale_loss(loss).backward()
        variables = model.trainable_variables
        with torch.no_grad():
            optimizer.apply([variable.value.grad for variable in variables], variables)
            return _LazyArray(batch_metrics(loss, logits, y, w))

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        with torch.no_grad(), _without_format_copies():
            logits = self._model(self._inputs(ops.convert_to_tensor(images)), training=False)
        return np.asarray(logits.float().cpu())

    def sync_variables(self) -> None:
        """Do nothing: each step changes the variables themselves."""


@contextmanager
def _without_format_copies() -> Iterator[None]:
    """Let Keras pass images to convolutions and pools without copies in another memory format.

    Keras copies their inputs to channels-first, and a convolution's output back; torch computes on
    channels-last memory directly. The values are equal up to rounding; the copies took an eighth of
    a step of AlexNet (224 px, float32, two cores) and a seventh of its peak memory.
    Source: keras-team/keras issues 23279 (convolutions, mended after Keras 3.15) and 23649 (pools).
    """
    copied = getattr(keras_nn, REARRANGE, None)
    if copied is None:  # a later Keras
        yield
        return

    def viewed(images: Any, *options: Any, **more: Any) -> Any:
        if images.ndim == 4:
            return images.permute(0, 3, 1, 2)
        return copied(images, *options, **more)

    setattr(keras_nn, REARRANGE, viewed)
    try:
        yield
    finally:
        setattr(keras_nn, REARRANGE, copied)


class _LazyArray:
    """A tensor that is fetched from its device when numpy asks for it."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return np.asarray(self._tensor.cpu(), dtype)


def _tensor(array: Any) -> Any:
    return ops.convert_to_tensor(array.numpy())


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    Arguments as in netzoo.training.layer_probes.Gradients.
    """
    outputs: dict[str, Any] = {}

    def mark(name: str, output: Any) -> Any:
        # A tensor of its own, for a layer that returns its input; the values are not copied.
        own = output.view_as(output) if output.requires_grad else output.detach().requires_grad_()
        outputs[name] = own
        return own

    with torch.enable_grad():
        total = loss(mark, images)
    all_gradients = torch.autograd.grad(
        total,
        [*outputs.values(), *(weight.value for weight in weights)],
        allow_unused=True,
        materialize_grads=True,
    )
    by_output = dict(zip(outputs, all_gradients, strict=False))
    return outputs, by_output, list(all_gradients[len(outputs) :])
