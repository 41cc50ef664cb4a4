"""A function of a Keras model on PyTorch, traced once to one graph of torch's operations.

Keras's Python runs once, on fake tensors; what it does to tensors becomes a graph that changes the
variables in place. The graph then runs without Keras, and on a GPU is replayed as a CUDA graph, so
that the device never waits for the host. Code that reads a number from the device, such as an `if`
on a tensor or `.item()`, cannot be traced: it raises, so no value is frozen unnoticed. Other Python
in a layer runs once, as it does on TensorFlow and JAX.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray

from netzoo.training import ranks
from netzoo.training.graph_torch import simplify
from netzoo.training.inputs import Inputs
from netzoo.training.kernels_torch import found, kernels
from netzoo.training.optimizer import TrainingSchedule
from netzoo.training.replaced import replaced
from netzoo.training.step import batch_metrics, loss_weights

WARM_UP_STEPS = 3  # before a CUDA graph is recorded: real steps, in which kernels are chosen


class TracedStep:
    """A training step for batches of one length.

    Raises any error for a model that cannot be traced.
    """

    def __init__(self, model: Any, inputs: Inputs, length: int) -> None:
        optimizer = model.optimizer
        device = optimizer.variables[0].value.device
        self._images = torch.zeros(
            (length, *inputs.batch_shape), dtype=getattr(torch, inputs.batch_dtype), device=device
        )
        self._labels = torch.zeros(length, dtype=torch.int64, device=device)
        self._metrics = torch.zeros(2, device=device)
        update = Update(optimizer)

        def step(trained: Any, others: Any, slots: Any, images: Any, labels: Any, out: Any) -> None:
            gradients, loss, logits = gradients_of(model, inputs, trained, others, images, labels)
            with torch.no_grad():
                update(trained, slots, gradients)
                out.copy_(batch_metrics(loss, logits, labels))

        self._graph = Graph(
            step,
            *(values_of(model.trainable_variables), values_of(model.non_trainable_variables)),
            *(values_of(optimizer.variables), self._images, self._labels, self._metrics),
        )

    def __call__(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Any:
        """Update the weights by a batch of the length, and return its metrics as a tensor."""
        send(images, self._images)
        send(labels, self._labels)
        self._graph.run()
        return self._metrics.clone()


class TracedLogits:
    """The logits of batches of one length; raises as TracedStep does."""

    def __init__(self, model: Any, inputs: Inputs, length: int) -> None:
        variables = model.variables
        device = variables[0].value.device
        self._images = torch.zeros((length, *inputs.image_shape), dtype=torch.uint8, device=device)

        def call(values: Any, images: Any) -> Any:
            mapping = list(zip(variables, values, strict=True))
            with torch.no_grad(), keras.StatelessScope(state_mapping=mapping):
                return model(inputs(images), training=False).float()

        self._graph = Graph(call, values_of(variables), self._images)

    def __call__(self, images: NDArray[np.uint8]) -> Any:
        """Return the logits of images, float32 (length, classes), on the device."""
        send(images, self._images)
        return self._graph.run()


def values_of(variables: Sequence[Any]) -> list[Any]:
    """Return the tensors that hold the values of variables."""
    return [variable.value.detach() for variable in variables]


def gradients_of(
    model: Any,
    inputs: Inputs,
    trained: Sequence[Any],
    others: Sequence[Any],
    images: Any,
    labels: Any,
    weights: Any = None,
) -> tuple[Sequence[Any], Any, Any]:
    """Return the gradients of a batch's scaled loss, its loss, its logits; store what else changes.

    trained, others: the values of the model's variables, as far as they are trained or not.
    weights: of the images in the loss, (batch,). The gradient is None where the loss does not
    depend on a variable.
    """
    leaves = [tensor.detach().requires_grad_() for tensor in trained]
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    mapping = list(zip(variables, [*leaves, *others], strict=True))
    with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
        x = inputs.of_batch(images, inputs.held)
        logits = model(x, training=True)
        loss = model.compute_loss(
            x=x,
            y=labels,
            y_pred=logits,
            sample_weight=loss_weights(inputs, labels, weights),
            training=True,
        )
        scaled = model.optimizer.scale_loss(loss)
        gradients = torch.autograd.grad(scaled, leaves, allow_unused=True)
    with torch.no_grad():
        _store(others, [scope.get_current_value(v) for v in model.non_trainable_variables])
    return gradients, loss, logits


class Update:
    """The optimizer's change of weights and of its own variables, given their values."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._counter = [v is optimizer.iterations for v in optimizer.variables].index(True)
        self._rates = _rates(optimizer)

    def __call__(self, trained: Any, slots: Any, gradients: Any) -> None:
        with _learning_rate(self._optimizer, self._rates, slots[self._counter]):
            values = self._optimizer.stateless_apply(slots, gradients, trained)
        _store([*trained, *slots], [*values[0], *values[1]])


class Graph:
    """A function of tensors, traced; it always runs on the very tensors that it was traced with.

    The last argument is a tensor; the others may be lists of tensors.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._arguments = arguments
        self._runs = 0
        self._recorded: Any = None
        self._result: Any = None
        # Autograd's threads for a GPU would not be traced.
        with kernels(), torch.autograd.set_multithreading_enabled(False):
            make_fx = found("torch.fx.experimental.proxy_tensor:make_fx")
            trace = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)
            self.module = trace(*arguments)
        self._on_cuda = arguments[-1].is_cuda
        simplify(self.module, group=self._on_cuda)

    def run(self) -> Any:
        """Run the function once. Raises torch.OutOfMemoryError, also while it is recorded."""
        if self._recorded is not None:
            self._recorded.replay()
            return self._result
        if self._on_cuda and self._runs == WARM_UP_STEPS:
            self._record()
            return self.run()
        self._runs += 1
        return self._once()

    def _once(self) -> Any:
        with torch.no_grad():
            return self.module(*self._arguments)

    def _record(self) -> None:
        """Record the graph as a CUDA graph, or let it run operation by operation from now on."""
        recorded = torch.cuda.CUDAGraph()
        try:
            # The thread that watches messages between ranks may ask the device meanwhile.
            mode = "global" if ranks.count() == 1 else "thread_local"
            with torch.cuda.graph(recorded, capture_error_mode=mode):
                self._result = self._once()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self._on_cuda = False
            say("the step is not recorded as a CUDA graph, and runs slower", error)
        else:
            self._recorded = recorded


def say(text: str, error: Exception) -> None:
    """Write a line with the first line of an error to the log of the process."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    print(f"netzoo: {text}: {type(error).__name__}: {first}", file=sys.stderr, flush=True)


def _rates(optimizer: Any) -> Any:
    """Return the learning rates of all steps of a training, float32, on the device.

    None for an optimizer without a schedule. Each rate equals, to the bit, what the schedule gives
    for its step: it is called for all of them at once.
    """
    rate = optimizer._learning_rate
    if not isinstance(rate, TrainingSchedule):
        return None
    counter = optimizer.iterations.value
    steps = torch.arange(rate.steps + 1, dtype=counter.dtype, device=counter.device)
    schedule = rate.schedule
    if isinstance(schedule, keras.optimizers.schedules.PiecewiseConstantDecay):
        # It adds in place what it expects to be one number.
        ends, values = (torch.tensor(each) for each in (schedule.boundaries, schedule.values))
        return values.to(steps.device)[torch.bucketize(steps, ends.to(steps.device))]

    def cond(predicate: Any, true: Callable[[], Any], false: Callable[[], Any]) -> Any:
        if not predicate.ndim:  # of the schedule, not of a step; a branch may change its inputs
            return true() if predicate else false()
        return torch.where(predicate, true(), false())

    with replaced(found("keras.src.backend.torch.core"), "cond", cond), torch.no_grad():
        return schedule(steps)


@contextlib.contextmanager
def _learning_rate(optimizer: Any, rates: Any, step: Any) -> Iterator[None]:
    """Let an optimizer take its learning rate from a table of rates, if there is one."""
    if rates is None:
        yield
        return
    # A training that is timed may take more steps than its schedule has.
    place = step.reshape(1).long().clamp(max=len(rates) - 1)
    rate = rates.index_select(0, place).reshape(())
    with replaced(optimizer, "_get_current_learning_rate", lambda: rate):
        yield


def send(array: NDArray[Any], place: Any) -> None:
    """Copy a batch to its place, on a GPU behind what is running there."""
    if place.is_cuda:
        host = torch.empty(place.shape, dtype=place.dtype, pin_memory=True)
        np.copyto(host.numpy(), array)
        place.copy_(host, non_blocking=True)
    else:
        np.copyto(place.numpy(), array)


def _store(places: Sequence[Any], values: Sequence[Any]) -> None:
    """Write each value that is another tensor than its place."""
    changed = [(old, new) for old, new in zip(places, values, strict=True) if old is not new]
    if changed:
        olds, news = zip(*changed, strict=True)
        torch._foreach_copy_(list(olds), list(news))
