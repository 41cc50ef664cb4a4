"""The training step on PyTorch over several devices of one machine, in a process for each.

Each process computes the gradients of its part of the batch. Their mean, weighted by the sizes of
the parts, is the gradient of the whole batch; by it every process updates its own copy of the
variables. Batch normalisation takes the statistics of the whole batch. The masks of dropout are
others than those of a single device, since each process draws its own.

Not DistributedDataParallel: it averages over equal parts, outside of Keras's step, and each process
would normalise its own part.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import torch
import torch.distributed.nn.functional
from keras import ops
from numpy.typing import NDArray
from torch import distributed

from netzoo.training import on_torch, ranks
from netzoo.training.inputs import Inputs
from netzoo.training.kernels_torch import found, kernels
from netzoo.training.replaced import replaced
from netzoo.training.step import loss_weights

KERAS_NN = "keras.src.backend.torch.nn"


class Step(on_torch.Step):
    """netzoo.training.step.Step; it runs through Keras, and is not traced."""

    def __init__(self, model: Any, inputs: Inputs, devices: int) -> None:
        super().__init__(model, inputs)
        self._devices, self._rank = devices, ranks.rank()
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
        with torch.no_grad():
            for variable in (*model.variables, *model.optimizer.variables):
                distributed.broadcast(variable.value, src=0)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        model, optimizer = self._model, self._model.optimizer
        whole = len(labels)
        part = self._part(whole) if whole >= self._devices else slice(0, whole)
        # The mean over the processes of their weighted losses is the loss of the batch.
        parts_of_all = self._devices if whole >= self._devices else 1
        share = (part.stop - part.start) * parts_of_all / whole
        x = self._inputs.of_batch(on_torch._tensor(images[part]), self._inputs.held)
        y = on_torch._tensor(labels[part])
        given = None if weights is None else on_torch._tensor(weights[part])
        w = torch.full_like(y, share, dtype=torch.float32)
        with kernels(), whole_moments():
            logits = model(x, training=True)
            loss = model.compute_loss(
                x=x,
                y=y,
                y_pred=logits,
                sample_weight=loss_weights(self._inputs, y, w if given is None else w * given),
                training=True,
            )
            optimizer.scale_loss(loss).backward()
            variables = model.trainable_variables
            with torch.no_grad():
                right = ops.equal(ops.argmax(logits, axis=-1), ops.cast(y, "int32")).float()
                correct = (right if given is None else right * (given > 0)).sum() * parts_of_all
                # A micro-batch's loss is a share of the batch's, as in batch_metrics.
                count = whole if weights is None else _images_of(weights.numpy())
                metrics = torch.stack([loss.float() * count, correct])
                gradients = [variable.value.grad for variable in variables]
                self._average([each for each in gradients if each is not None], metrics)
                optimizer.apply(gradients, variables)
                model.zero_grad()
        return on_torch._LazyArray(metrics)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        size = -(-len(images) // self._devices)
        filled = np.zeros((size * self._devices, *images.shape[1:]), np.uint8)
        filled[: len(images)] = images
        own = ops.convert_to_tensor(filled[size * self._rank : size * (self._rank + 1)])
        with torch.no_grad(), kernels():
            logits = self._model(self._inputs(own), training=False).float().contiguous()
            parts = [torch.empty_like(logits) for _ in range(self._devices)]
            distributed.all_gather(parts, logits)
        return np.asarray(torch.cat(parts).cpu())[: len(images)]

    def _average(self, gradients: list[Any], metrics: Any) -> None:
        """Replace tensors by their means over the processes, all in one message."""
        tensors = [*gradients, metrics]
        flat = torch.cat([each.reshape(-1).float() for each in tensors])
        distributed.all_reduce(flat)
        flat /= self._devices
        for tensor, mean in zip(tensors, flat.split([e.numel() for e in tensors]), strict=True):
            tensor.copy_(mean.view_as(tensor))

    def _part(self, count: int) -> slice:
        """Return the place of this process's part of so many images."""
        return slice(count * self._rank // self._devices, count * (self._rank + 1) // self._devices)


@contextlib.contextmanager
def whole_moments() -> Iterator[None]:
    """Let synchronised batch normalisation, which Keras has not on PyTorch, take all processes."""
    module = found(KERAS_NN)
    with replaced(module, "moments", _moments(module.moments)):
        yield


def _moments(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return Keras's `moments`, with mean and variance over the parts of all processes."""

    def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
        if not synchronized:
            return original(x, axes, keepdims=keepdims)
        mean = _mean(x, axes)
        variance = _mean(torch.square(x - mean), axes)
        if not keepdims:
            mean, variance = (torch.squeeze(each, axes) for each in (mean, variance))
        return mean, variance

    return moments


def _mean(x: Any, axes: Any) -> Any:
    """Return the mean over all processes, whose gradient goes back to all of them."""
    total = torch.sum(x, dim=axes, keepdim=True)
    count = torch.full_like(total[:1], x.numel() / total.numel())
    both = distributed.nn.functional.all_reduce(torch.cat([total, count]))
    return both[:1] / both[1:]


def _images_of(weights: NDArray[np.float32]) -> float:
    """Return the number that the loss of a micro-batch is multiplied by, as in batch_metrics."""
    return float((weights > 0).sum() / max(weights[0], 1e-6))
