"""The training step on TensorFlow: one graph, traced once for batches of any size."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from netzoo.training.inputs import Inputs
from netzoo.training.step import batch_metrics


class Step:
    """netzoo.training.step.Step."""

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = model, inputs
        images = tf.TensorSpec((None, *inputs.image_shape), tf.uint8)
        batch = tf.TensorSpec((None, *inputs.batch_shape), inputs.batch_dtype)
        labels, weights = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.float32)
        # Traced without AutoGraph, as in Keras's own fit: its conversion takes time, and leaves
        # temporary files if the process is killed.
        options = {"jit_compile": model.jit_compile, "autograph": False}
        self._train = tf.function(self._step, input_signature=(batch, labels), **options)
        self._train_part = tf.function(
            self._step, input_signature=(batch, labels, weights), **options
        )
        self._logits = tf.function(self._call, input_signature=(images,), **options)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        if weights is None:
            return self._train(images, labels)
        return self._train_part(images, labels, weights)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        return np.asarray(self._logits(tf.constant(images)), np.float32)

    def fetch(self, metrics: list[Any]) -> NDArray[np.float32]:
        """Return the metrics of many batches, (batches, 2)."""
        return np.asarray(tf.stack(metrics))

    def sync_variables(self) -> None:
        """Do nothing: each step changes the variables themselves."""

    def _step(self, images: Any, labels: Any, weights: Any = None) -> Any:
        model, optimizer = self._model, self._model.optimizer
        x = self._inputs.of_batch(images, self._inputs.held)
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = model.compute_loss(
                x=x, y=labels, y_pred=logits, sample_weight=weights, training=True
            )
            scaled = optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(scaled, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return batch_metrics(loss, logits, labels, weights)

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
