"""One step of a training: the same for every model, written once for each backend.

Keras's own `fit` costs a small network more than its mathematics: it updates metrics and calls back
at every step. Here a step hands back its loss and its right answers, which are added up at the end
of the epoch.
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
    """Trains a compiled model, and asks it. Images are uint8, as `Inputs` takes them."""

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Change the weights by one batch, tensors of tf.data, and return its outcome.

        The outcome may not be computed yet: np.asarray waits for it.
        """

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the model says of images, (batch, classes)."""

    def sync_variables(self) -> None:
        """Bring the model's and the optimizer's variables up to date with the last step."""


def step_of(model: Any, inputs: Inputs) -> Step:
    """Return the step of this backend for a compiled model.

    Raises BadInput for a model with a train_step of its own, which would train in another way.
    """
    if type(model).train_step is not keras.Model.train_step:
        raise BadInput(
            f"the model {model.name} has a train_step of its own; netzoo trains all models by the "
            "same step. What belongs to its loss can go into compute_loss or add_loss."
        )
    module = importlib.import_module(f"netzoo.training.on_{keras.backend.backend()}")
    step: Step = module.Step(model, inputs)
    return step


def batch_metrics(loss: Any, logits: Any, labels: Any, weights: Any = None) -> Any:
    """Return what a batch adds to an epoch, float32 (2,): loss × images, and the right answers.

    loss: the mean over the batch. weights: of the images of a part of a batch, whose losses count
    as parts of the whole batch's.
    """
    right = ops.cast(ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int32")), "float32")
    images = ops.cast(ops.shape(logits)[0], "float32")
    if weights is not None:
        held = ops.cast(weights > 0, "float32")
        right, images = right * held, ops.sum(held) / ops.maximum(weights[0], 1e-6)
    return ops.stack([ops.cast(loss, "float32") * images, ops.sum(right)])
