"""The training step on TensorFlow over several devices of one machine, by MirroredStrategy.

Each device computes the gradients of its part of the batch. Their sum, weighted by the sizes of the
parts, is the gradient of the whole batch; by it every device updates its own copy of the variables.
Batch normalisation takes the statistics of the whole batch. The masks of dropout are others than
those of a single device, since each device draws its own.
"""

import functools
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from netzoo import backend
from netzoo.training import on_tensorflow
from netzoo.training.inputs import Inputs
from netzoo.training.replaced import replaced

SEEDS = "seed_generator_state"  # the variables of random layers: a seed, and a counter
SEEDS_APART = 1_000_003  # the difference between the seeds of two devices


@functools.cache
def strategy(devices: int) -> Any:
    """Return the strategy of the first devices; the model and its optimizer are built in it."""
    kind = backend.device()["kind"].upper()
    return tf.distribute.MirroredStrategy([f"{kind}:{number}" for number in range(devices)])


class Step(on_tensorflow.Step):
    """netzoo.training.step.Step; the model has been built and compiled in the strategy's scope.

    XLA cannot compile it: the devices wait for each other inside it.
    """

    def __init__(self, model: Any, inputs: Inputs, devices: int) -> None:
        super().__init__(model, inputs)
        self._strategy, self._devices = strategy(devices), devices
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
        self._strategy.run(self._draw_apart)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        assert weights is None  # Keras cannot accumulate gradients in the graph of a strategy
        return self._train[False, 2](images, labels)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        missing = max(0, self._devices - len(images))  # black images, for devices without one
        filled = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.uint8)])
        return super().logits(filled)[: len(images)]

    def _draw_apart(self) -> None:
        """Give random layers another seed on each device; a checkpoint has those of the first."""
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        for variable in self._model.non_trainable_variables:
            if variable.path.endswith(SEEDS):
                apart = tf.cast(number * SEEDS_APART * np.array([1, 0]), variable.dtype)
                variable.assign(variable + apart)

    def _step(self, images: Any, labels: Any, weights: Any = None) -> Any:
        # The optimizer would add the gradients up behind its clipping, which is of their sum.
        optimizer = keras.optimizers.Optimizer
        with replaced(optimizer, "_all_reduce_sum_gradients", lambda _, pairs: list(pairs)):
            metrics = self._strategy.run(self._part_of_step, (images, labels))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, metrics, axis=None)

    def _part_of_step(self, images: Any, labels: Any) -> Any:
        """Update this device's variables by the whole batch; return its share of the metrics."""
        count = tf.shape(labels)[0]
        few = count < self._devices  # then each device computes all of them
        start, end = self._part(count)
        start, end = tf.where(few, 0, start), tf.where(few, count, end)
        images, labels = images[start:end], labels[start:end]
        # A loss is the mean over its part, divided by the number of devices.
        share = (end - start) / tf.where(few, self._devices * count, count)
        weights = tf.fill([end - start], tf.cast(share * self._devices, tf.float32))
        gradients, loss, logits = self._gradients(images, labels, weights)
        context = tf.distribute.get_replica_context()
        given = [each for each in gradients if each is not None]
        total = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, given))
        gradients = [None if each is None else next(total) for each in gradients]
        self._model.optimizer.apply(gradients, self._model.trainable_variables)
        right = ops.equal(ops.argmax(logits, axis=-1), ops.cast(labels, "int32"))
        whole = tf.cast(count, tf.float32)
        counted = tf.where(few, 1 / self._devices, 1.0)
        correct = tf.reduce_sum(tf.cast(right, tf.float32)) * tf.cast(counted, tf.float32)
        return tf.stack([tf.cast(loss, tf.float32) * whole, correct])

    def _call(self, images: Any) -> Any:
        parts = self._strategy.run(self._part_of_call, (images,))
        return tf.concat(self._strategy.experimental_local_results(parts), axis=0)

    def _part_of_call(self, images: Any) -> Any:
        start, end = self._part(tf.shape(images)[0])
        return super()._call(images[start:end])

    def _part(self, count: Any) -> tuple[Any, Any]:
        """Return the start and the end of this device's part of so many images."""
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        return count * number // self._devices, count * (number + 1) // self._devices
