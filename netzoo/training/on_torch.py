"""The training step on PyTorch, traced once for batches of the recipe's size."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from keras import ops
from numpy.typing import NDArray

from netzoo.training import average
from netzoo.training.inputs import Inputs
from netzoo.training.kernels_torch import kernels
from netzoo.training.step import batch_metrics, loss_weights
from netzoo.training.traced_torch import TracedLogits, TracedStep, say

Traced = TypeVar("Traced")


class Step:
    """netzoo.training.step.Step.

    It is traced for batches as long as the first one. Batches of other lengths, micro-batches, and
    models that cannot be traced run through Keras, with the same values.
    """

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = model, inputs
        self._on_gpu = model.optimizer.variables[0].value.is_cuda
        self._length = self._logits_length = 0
        self._traced: TracedStep | None = None
        self._traced_logits: TracedLogits | None = None

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        if weights is None and not self._length:
            self._length = len(labels)
            self._traced = self._trace(TracedStep, self._length)
        if self._traced is not None and weights is None and len(labels) == self._length:
            return _LazyArray(self._traced(images.numpy(), labels.numpy()))
        return self._train(images, labels, weights)

    def _train(self, images: Any, labels: Any, weights: Any) -> Any:
        model = self._model
        y, w = _tensor(labels), None if weights is None else _tensor(weights)
        with kernels():
            loss, logits = self._backward(_tensor(images), y, w)
            variables = model.trainable_variables
            with torch.no_grad():
                model.optimizer.apply([variable.value.grad for variable in variables], variables)
                model.zero_grad()  # the traced steps that follow have no use for their memory
                return _LazyArray(batch_metrics(loss, logits, y, w))

    def _backward(self, images: Any, labels: Any, weights: Any) -> tuple[Any, Any]:
        """Compute the gradients of a batch through Keras, and return its loss and logits."""
        model = self._model
        x = self._inputs.of_batch(images, self._inputs.held)
        logits = model(x, training=True)
        loss = model.compute_loss(
            x=x,
            y=labels,
            y_pred=logits,
            sample_weight=loss_weights(self._inputs, labels, weights),
            training=True,
        )
        model.optimizer.scale_loss(loss).backward()
        return loss, logits

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        # On a CPU a trace takes longer than Keras does for a few calls with many images.
        if not self._logits_length and self._on_gpu:
            self._logits_length = len(images)
            self._traced_logits = self._trace(TracedLogits, self._logits_length)
        with torch.no_grad():
            if self._traced_logits is not None and len(images) == self._logits_length:
                return np.asarray(self._traced_logits(images).cpu())
            with kernels():
                logits = self._model(self._inputs(ops.convert_to_tensor(images)), training=False)
            return np.asarray(logits.float().cpu())

    def fetch(self, metrics: list[Any]) -> NDArray[np.float32]:
        """Return the metrics of many batches, (batches, 2)."""
        return np.asarray(torch.stack([lazy.tensor for lazy in metrics]).cpu())

    def swap_averages(self) -> None:
        """Exchange the trained weights with their moving averages, if there are some."""
        average.swap(self._model)

    def sync_variables(self) -> None:
        """Do nothing: each step changes the variables themselves."""

    def _trace(self, kind: Callable[..., Traced], *about: Any) -> Traced | None:
        """Return the traced function, None for a model that cannot be traced.

        about: the arguments of the kind after model and inputs.
        """
        try:
            return kind(self._model, self._inputs, *about)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # the model's own, or of a Keras or torch that has changed
            say(
                f"{self._model.name} runs through Keras at every step, since its trace failed",
                error,
            )
            return None


class _LazyArray:
    """A tensor that is fetched from its device when numpy asks for it."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return np.asarray(self.tensor.cpu(), dtype)


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
