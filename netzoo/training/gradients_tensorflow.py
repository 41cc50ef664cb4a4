"""The gradients of a loss with respect to each layer's output and to weights, on TensorFlow."""

from typing import Any

import tensorflow as tf


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    As netzoo.training.probe.Gradients says.
    """
    outputs: dict[str, Any] = {}

    def mark(name: str, output: Any) -> Any:
        # Its own tensor, for a layer that hands its input on; the values are not copied.
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
