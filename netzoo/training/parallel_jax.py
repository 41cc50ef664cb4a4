"""The training step on JAX over several devices of one machine.

The compiled function is the one of a single device. Only where its values lie is told: variables
whole on every device, the images of a batch divided among them. XLA divides the computation
accordingly, and its results are those of the whole batch: the mean of the loss, the statistics of
batch normalisation, the masks of dropout. Rounding alone differs, since sums are added in another
order.

Not keras.distribution: it places the same arrays in the same way, but for the whole process, and
netzoo's step takes its arrays from the variables anyway.
"""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from netzoo.training import on_jax
from netzoo.training.inputs import Inputs


class Step(on_jax.Step):
    """netzoo.training.step.Step."""

    def __init__(self, model: Any, inputs: Inputs, devices: int) -> None:
        super().__init__(model, inputs)
        mesh = Mesh(np.array(jax.devices()[:devices]), ("batch",))
        self._devices = devices
        self._whole = NamedSharding(mesh, PartitionSpec())
        self._divided = NamedSharding(mesh, PartitionSpec("batch"))
        self._state = jax.device_put(self._state, self._whole)
        if inputs.held is not None:
            inputs.held = jax.device_put(inputs.held, self._whole)
        self._train = jax.jit(self._step, donate_argnums=0, out_shardings=self._whole)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        batch = [self._put(each.numpy()) for each in (images, labels, weights) if each is not None]
        self._state, metrics = self._train(self._state, self._inputs.held, *batch)
        return metrics

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        trained, others, _ = self._state
        most = max(self._largest, len(images))
        self._largest = -(-most // self._devices) * self._devices
        filled = np.zeros((self._largest, *images.shape[1:]), np.uint8)
        filled[: len(images)] = images
        logits = self._logits(trained, others, self._put(filled))
        return np.asarray(logits, np.float32)[: len(images)]

    def _put(self, array: NDArray[Any]) -> Any:
        """Return an array on the devices, divided if their number divides it, else whole on each.

        XLA divides the computation on it in both cases.
        """
        even = len(array) % self._devices == 0
        return jax.device_put(array, self._divided if even else self._whole)

    def _step(self, state: Any, held: Any, *batch: Any) -> Any:
        divided = [jax.lax.with_sharding_constraint(each, self._divided) for each in batch]
        return super()._step(state, held, *divided)
