"""The training step on TensorFlow: one graph, traced once for batches of any size.

XLA, which Keras chooses on a GPU, compiles a graph anew for each size. So it compiles the step for
the size of the first batch alone: the epoch's last, smaller batch and the inference run without it.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from netzoo.training import average
from netzoo.training.inputs import Inputs
from netzoo.training.kernels_tensorflow import fused_batch_norm
from netzoo.training.step import batch_metrics, loss_weights


class Step:
    """netzoo.training.step.Step."""

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = model, inputs
        images = tf.TensorSpec((None, *inputs.image_shape), tf.uint8)
        batch = tf.TensorSpec((None, *inputs.batch_shape), inputs.batch_dtype)
        labels, weights = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.float32)
        # Traced without AutoGraph, as in Keras's own fit: its conversion takes time, and leaves
        # temporary files if the process is killed.
        self._train = {
            (by_xla, len(signature)): tf.function(
                self._step, input_signature=signature, jit_compile=by_xla, autograph=False
            )
            for by_xla in (False, True)
            for signature in ((batch, labels), (batch, labels, weights))
        }
        self._logits = tf.function(
            self._call, input_signature=(images,), jit_compile=False, autograph=False
        )
        self._compiled_size: int | None = None

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        batch = (images, labels) if weights is None else (images, labels, weights)
        if self._compiled_size is None:
            self._compiled_size = len(labels)
        by_xla = self._model.jit_compile and len(labels) == self._compiled_size
        return self._train[by_xla, len(batch)](*batch)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        return np.asarray(self._logits(tf.constant(images)), np.float32)

    def fetch(self, metrics: list[Any]) -> NDArray[np.float32]:
        """Return the metrics of many batches, (batches, 2)."""
        return np.asarray(tf.stack(metrics))

    def swap_averages(self) -> None:
        """Exchange the trained weights with their moving averages, if there are some."""
        average.swap(self._model)

    def sync_variables(self) -> None:
        """Do nothing: each step changes the variables themselves."""

    def _step(self, images: Any, labels: Any, weights: Any = None) -> Any:
        with fused_batch_norm():
            gradients, loss, logits = self._gradients(images, labels, weights)
        self._model.optimizer.apply(gradients, self._model.trainable_variables)
        return batch_metrics(loss, logits, labels, weights)

    def _gradients(self, images: Any, labels: Any, weights: Any) -> tuple[list[Any], Any, Any]:
        """Return the gradients of a batch's scaled loss, its loss, and its logits."""
        model = self._model
        x = self._inputs.of_batch(images, self._inputs.held)
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = model.compute_loss(
                x=x,
                y=labels,
                y_pred=logits,
                sample_weight=loss_weights(self._inputs, labels, weights),
                training=True,
            )
            scaled = model.optimizer.scale_loss(loss)
        values = [variable.value for variable in model.trainable_variables]
        return tape.gradient(scaled, values), loss, logits

    def _call(self, images: Any) -> Any:
        return tf.cast(self._model(self._inputs(images), training=False), tf.float32)


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    Arguments as in netzoo.training.layer_probes.Gradients.
    """
    outputs: dict[str, Any] = {}

    def mark(name: str, output: Any) -> Any:
        # A tensor of its own, for a layer that returns its input; the values are not copied.
        outputs[name] = tf.identity(output)
        tape.watch(outputs[name])
        return outputs[name]

    with tf.GradientTape() as tape:
        total = loss(mark, images)
    by_output, by_weight = tape.gradient(
        total,
        (outputs, [weight.value for weight in weights]),
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return outputs, by_output, by_weight
