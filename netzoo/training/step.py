"""The training step: the same for every model, written once for each backend.

In Keras's own `fit`, updates of metrics and callbacks at every step take longer than a small
network's mathematics. Here a step returns its loss and its correct predictions, which are summed at
the end of the epoch.
"""

import importlib
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from netzoo.errors import BadInput
from netzoo.training.inputs import Inputs


class Step(Protocol):
    """The training and the inference of a compiled model. Images are uint8, as in `Inputs`."""

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch, tensors of tf.data, and return its metrics.

        The metrics are those of `batch_metrics`, perhaps not computed yet: np.asarray waits.
        """

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of images, (batch, classes)."""

    def fetch(self, metrics: list[Any]) -> NDArray[np.float32]:
        """Return the metrics of many batches, (batches, 2), in one copy from the device."""

    def swap_averages(self) -> None:
        """Exchange the trained weights with their moving averages, if there are some."""

    def sync_variables(self) -> None:
        """Bring the model's and the optimizer's variables up to date with the last step."""


def step_of(model: Any, inputs: Inputs, devices: int = 1) -> Step:
    """Return the backend's step for a compiled model; devices: how many share each batch.

    Raises BadInput for a model with a train_step of its own, which the step would bypass.
    """
    if type(model).train_step is not keras.Model.train_step:
        raise BadInput(
            f"the model {model.name} has a train_step of its own; netzoo trains all models by the "
            "same step. Put terms of its loss into compute_loss or add_loss."
        )
    name = keras.backend.backend()
    if devices > 1:
        parallel = importlib.import_module(f"netzoo.training.parallel_{name}")
        shared: Step = parallel.Step(model, inputs, devices)
        return shared
    step: Step = importlib.import_module(f"netzoo.training.on_{name}").Step(model, inputs)
    return step


def loss_weights(inputs: Inputs, labels: Any, weights: Any = None) -> Any:
    """Return the weights of a batch's images in the loss, float32 (batch,); None if all are 1.

    weights: of the images of a micro-batch, as in `batch_metrics`.
    """
    if inputs.class_weights is None:
        return weights
    by_class = ops.take(inputs.class_weights, ops.cast(labels, "int32"), axis=0)
    return by_class if weights is None else by_class * weights


def batch_metrics(loss: Any, logits: Any, labels: Any, weights: Any = None) -> Any:
    """Return a batch's sums for the epoch, float32 (2,): loss × images, and correct predictions.

    loss: the mean over the batch. weights: of the images of a micro-batch, (batch,), by which its
    loss is a share of the whole batch's.
    """
    correct = ops.cast(ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int32")), "float32")
    images = ops.cast(ops.shape(logits)[0], "float32")
    if weights is not None:
        real = ops.cast(weights > 0, "float32")  # an empty micro-batch has one image of weight 0
        correct, images = correct * real, ops.sum(real) / ops.maximum(weights[0], 1e-6)
    return ops.stack([ops.cast(loss, "float32") * images, ops.sum(correct)])
