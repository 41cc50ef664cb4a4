"""The training step on PyTorch over several devices of one machine, in a process for each.

Each process computes the gradients of its part of the batch. Their mean, weighted by the sizes of
the parts, is the gradient of the whole batch; by it every process updates its own copy of the
variables. Batch normalisation takes the statistics of the whole batch. The masks of dropout are
others than those of a single device, since each process draws its own.

Not DistributedDataParallel: it averages over equal parts, outside of Keras's step, and each process
would normalise its own part.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from netzoo.training.traced_torch import Graph, Update, gradients_of, send, values_of

KERAS_NN = "keras.src.backend.torch.nn"


class Step(on_torch.Step):
    """netzoo.training.step.Step.

    Traced are batches as long as the first one; what exchanges messages in between, as batch
    normalisation does, runs through Keras.
    """

    def __init__(self, model: Any, inputs: Inputs, devices: int) -> None:
        super().__init__(model, inputs)
        self._devices, self._rank = devices, ranks.rank()
        normalising = [
            layer
            for layer in model._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        for layer in normalising:
            layer.synchronized = True
        self._is_traced = not normalising
        self._traced_part: TracedPart | None = None
        with torch.no_grad():
            for variable in (*model.variables, *model.optimizer.variables):
                distributed.broadcast(variable.value, src=0)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        whole = len(labels)
        part = self._part(whole)
        if self._is_traced and weights is None and not self._length:
            self._length = whole
            self._traced_part = self._trace(TracedPart, part, self._devices)
        if self._traced_part is not None and weights is None and whole == self._length:
            held = slice(part.start, part.stop)
            metrics = self._traced_part(images[held].numpy(), labels[held].numpy())
        else:
            metrics = self._train_part(images, labels, weights, part)
        return on_torch._LazyArray(metrics)

    def _train_part(self, images: Any, labels: Any, weights: Any, part: "Part") -> Any:
        model, optimizer = self._model, self._model.optimizer
        held = slice(part.start, part.stop)
        x, y = on_torch._tensor(images[held]), on_torch._tensor(labels[held])
        w, images_of_loss = torch.full_like(y, part.share, dtype=torch.float32), float(part.whole)
        if weights is not None:
            w *= on_torch._tensor(weights[held])
            images_of_loss = _images_of(weights.numpy())
        with kernels(), whole_moments():
            loss, logits = self._backward(x, y, w)
            variables = model.trainable_variables
            with torch.no_grad():
                gradients = [variable.value.grad for variable in variables]
                metrics = _metrics(loss, logits, y, w > 0, part, images_of_loss)
                flat = _flat(gradients, variables, metrics)
                _average(flat, self._devices)
                optimizer.apply(_apart(flat, _kinds(gradients), variables), variables)
                model.zero_grad()
        return flat[-2:]

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

    def _part(self, whole: int) -> "Part":
        """Return this process's part of a batch; each computes all of a batch of too few."""
        if whole < self._devices:
            return Part(0, whole, whole, 1.0, 1)
        start, stop = (whole * n // self._devices for n in (self._rank, self._rank + 1))
        return Part(start, stop, whole, (stop - start) * self._devices / whole, self._devices)


@dataclass(frozen=True)
class Part:
    """A process's part of a batch, from start to stop, of a whole so long.

    share: the weight of its images in the mean over the part, so that the mean of the means over
    all processes is the mean over the batch. parts: their number, 1 if each process has all.
    """

    start: int
    stop: int
    whole: int
    share: float
    parts: int


class TracedPart:
    """A step of this process's part of batches of one length, in two traced graphs.

    Between them, the gradients and metrics are averaged over the processes. Raises any error for a
    model that cannot be traced.
    """

    def __init__(self, model: Any, inputs: Inputs, part: Part, devices: int) -> None:
        self._devices, length = devices, part.stop - part.start
        variables = model.trainable_variables
        trained, slots = values_of(variables), values_of(model.optimizer.variables)
        device, kind = trained[0].device, getattr(torch, inputs.batch_dtype)
        self._images = torch.zeros((length, *inputs.batch_shape), dtype=kind, device=device)
        self._labels = torch.zeros(length, dtype=torch.int64, device=device)
        weights = torch.full((length,), part.share, device=device)
        self._flat = torch.zeros(sum(each.numel() for each in trained) + 2, device=device)
        update = Update(model.optimizer)
        kinds: list[Any] = []

        def compute(
            trained: Any, others: Any, weights: Any, images: Any, labels: Any, flat: Any
        ) -> None:
            gradients, loss, logits = gradients_of(
                model, inputs, trained, others, images, labels, weights
            )
            kinds[:] = _kinds(gradients)
            with torch.no_grad():
                metrics = _metrics(loss, logits, labels, weights > 0, part, float(part.whole))
                flat.copy_(_flat(gradients, variables, metrics))

        def change(trained: Any, slots: Any, flat: Any) -> None:
            with torch.no_grad():
                update(trained, slots, _apart(flat, kinds, variables))

        others = values_of(model.non_trainable_variables)
        about = weights, self._images, self._labels, self._flat
        self._compute = Graph(compute, trained, others, *about)
        self._change = Graph(change, trained, slots, self._flat)

    def __call__(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Any:
        """Update the weights by a batch, and return its metrics as a tensor."""
        send(images, self._images)
        send(labels, self._labels)
        self._compute.run()
        _average(self._flat, self._devices)
        self._change.run()
        return self._flat[-2:].clone()


def _metrics(loss: Any, logits: Any, labels: Any, real: Any, part: Part, images: float) -> Any:
    """Return a part's metrics, whose mean over the processes is that of `batch_metrics`.

    real: whether an image is one, not one that fills an empty micro-batch. images: the number that
    the loss is multiplied by.
    """
    right = ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int32"))
    correct = torch.sum((right & real).float()) * part.parts
    return torch.stack([loss.float() * images, correct])


def _flat(gradients: Any, variables: Any, metrics: Any) -> Any:
    """Return gradients and metrics as one float32 tensor, zeros for a gradient that is None."""
    pairs = zip(gradients, variables, strict=True)
    filled = [torch.zeros_like(v.value) if g is None else g for g, v in pairs]
    return torch.cat([each.reshape(-1).float() for each in (*filled, metrics)])


def _average(flat: Any, devices: int) -> None:
    """Replace a tensor by its mean over the processes."""
    distributed.all_reduce(flat)
    flat /= devices


def _kinds(gradients: Any) -> list[Any]:
    """Return the dtypes of gradients, None for a gradient that is None."""
    return [None if gradient is None else gradient.dtype for gradient in gradients]


def _apart(flat: Any, kinds: Any, variables: Any) -> list[Any]:
    """Return the gradients in a flat tensor."""
    parts = flat[:-2].split([math.prod(variable.shape) for variable in variables])
    triples = zip(parts, kinds, variables, strict=True)
    return [None if kind is None else p.view(v.shape).to(kind) for p, kind, v in triples]


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
