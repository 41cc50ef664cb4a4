"""The gradients of a loss with respect to each layer's output and to weights, on JAX.

JAX differentiates by arguments only: a zero is added to each output, and the gradient is that with
respect to the zero. The compiler takes the zeros away again.
"""

from typing import Any

import jax
import jax.numpy as jnp


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    As netzoo.training.probe.Gradients says.
    """
    wanted = {id(weight) for weight in weights}
    others = [variable for variable in variables if id(variable) not in wanted]

    def run(zeros: Any, values: Any, other_values: Any, images: Any) -> Any:
        outputs: dict[str, Any] = {}

        def mark(name: str, output: Any) -> Any:
            outputs[name] = output + zeros[name] if zeros else output
            return outputs[name]

        state = zip([*weights, *others], [*values, *other_values], strict=True)
        return loss(mark, images, list(state)), outputs

    # All values are arguments: what a compiled function holds inside, it computes with beforehand.
    def found(values: Any, other_values: Any, images: Any) -> Any:
        _, specs = jax.eval_shape(run, None, values, other_values, images)
        zeros = {name: jnp.zeros(spec.shape, spec.dtype) for name, spec in specs.items()}
        by_both, outputs = jax.grad(run, argnums=(0, 1), has_aux=True)(
            zeros, values, other_values, images
        )
        return outputs, *by_both

    outputs, by_output, by_weight = jax.jit(found)(
        [weight.value for weight in weights], [other.value for other in others], images
    )
    return outputs, by_output, by_weight
