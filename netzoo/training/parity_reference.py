"""The reference of a comparison of backends: the same steps in float64, on the CPU, by TensorFlow.

Every installation has TensorFlow, which reads the images. Its operations run one by one, those of
Keras's own layers: without netzoo's step, without a traced graph, without XLA, and without
netzoo's kernels, which cover float32 at most.
"""

from contextlib import nullcontext
from typing import Any

import numpy as np
import tensorflow as tf

from netzoo.data.source import Images
from netzoo.recipes import Recipe
from netzoo.training import parity
from netzoo.training.inputs import Inputs
from netzoo.training.parity import Arrays
from netzoo.training.step import loss_weights


def reference(
    model: Any, images: Images, recipe: Recipe, size: tuple[int, ...], steps: int
) -> Arrays:
    """Take steps from the model's weights, rounded to float32, and return all their arrays.

    model: compiled, its layers built in `parity.in_float64`. size: height, width and channels of
    its inputs. The gradients are those of the first step. Weights and gradients are rounded to
    float32 to be carried; logits and losses are float64.
    """
    inputs = Inputs(images.train, recipe, size)
    variables = parity.variables_of(model)
    start = _carried(parity.arrays_of(parity.START, variables))
    parity.assign(model, start, parity.START)
    taken = parity.batches(images, recipe, steps)
    losses, found = [], dict(start)
    for number, (pixels, labels) in enumerate(taken):
        x = inputs(tf.constant(pixels))
        with tf.GradientTape() as tape:
            loss = model.compute_loss(
                x=x,
                y=tf.constant(labels),
                y_pred=model(x, training=True),
                sample_weight=loss_weights(inputs, labels),
                training=True,
            )
        trained = model.trainable_variables
        gradients = tape.gradient(
            loss,
            [variable.value for variable in trained],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        model.optimizer.apply(gradients, trained)
        losses.append(float(loss))
        if number == 0:
            names = {id(variable): name for name, variable in variables.items()}
            pairs = zip(trained, gradients, strict=True)
            of_step = {names[id(variable)]: gradient for variable, gradient in pairs}
            found |= _carried(parity.arrays_of(parity.GRADIENT, of_step))
    found |= _carried(parity.arrays_of(parity.END, variables))
    # By the weights as they are carried.
    parity.assign(model, found, parity.END)
    logits = model(inputs(tf.constant(taken[0][0])), training=False)
    return found | {parity.LOSS: np.array(losses), parity.LOGITS: parity.array(logits)}


def outputs(
    model: Any, images: Images, recipe: Recipe, size: tuple[int, ...], steps: int
) -> Arrays:
    """Return values of each layer's output on the first batch, as `parity.outputs` does."""
    variables = parity.variables_of(model)
    start = _carried(parity.arrays_of(parity.START, variables))
    parity.assign(model, start, parity.START)
    pixels, _ = parity.batches(images, recipe, steps)[0]
    x = Inputs(images.train, recipe, size)(tf.constant(pixels))
    return start | parity.outputs(model, x, nullcontext)


def _carried(arrays: Arrays) -> Arrays:
    return {name: array.astype(np.float32) for name, array in arrays.items()}
