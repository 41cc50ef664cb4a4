"""A training step on JAX: one compiled function of all variables, which it replaces.

It is compiled for each length of batch: for the first one, and for the epoch's last and shorter
one.
"""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.training.inputs import Inputs
from netzoo.training.step import batch_metrics


class Step:
    """netzoo.training.step.Step.

    Between two calls of `settle` the variables of the model are out of date, and may be gone.
    """

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = _told_of_training(model), inputs
        self._variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
        )
        self._state = tuple([v.value for v in variables] for variables in self._variables)
        self._train = jax.jit(self._step, donate_argnums=0)
        self._logits = jax.jit(self._call)

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Change the weights by one batch and return its outcome."""
        batch = [tensor.numpy() for tensor in (images, labels, weights) if tensor is not None]
        self._state, found = self._train(self._state, *batch)
        return found

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the model says of images."""
        trained, others, _ = self._state
        return np.asarray(self._logits(trained, others, images), np.float32)

    def sync_variables(self) -> None:
        """Set the variables to what the last step gave."""
        for variables, values in zip(self._variables, self._state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def _step(self, state: Any, images: Any, labels: Any, weights: Any = None) -> Any:
        model = self._model
        trained, others, slots = state
        gradients, (loss, logits, others, _) = jax.grad(
            model.compute_loss_and_updates, has_aux=True
        )(
            trained,
            others,
            [v.value for v in model.metrics_variables],
            self._inputs(images),
            labels,
            weights,
            training=True,
            optimizer_variables=slots,
        )
        trained, slots = model.optimizer.stateless_apply(slots, gradients, trained)
        return (trained, others, slots), batch_metrics(loss, logits, labels, weights)

    def _call(self, trained: Any, others: Any, images: Any) -> Any:
        logits, _ = self._model.stateless_call(
            trained, others, self._inputs(images), training=False
        )
        return logits


def _told_of_training(model: Any) -> Any:
    """Let the layers of a model whose call takes no `training` hear of it all the same.

    Elsewhere the model's __call__ tells them; its stateless_call goes past that, and cannot even be
    given what `call` does not take. So a layer that takes it stands around the call.
    """
    if model._call_has_training_arg:
        return model
    call = model.call

    class Told(keras.Layer):
        def call(self, *arguments: Any, training: Any = None) -> Any:
            return call(*arguments)

    told = Told(dtype=model.dtype_policy)
    told.inside, told.built = model, True
    model.call = told.__call__
    model._call_has_training_arg = True
    return model


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    As netzoo.training.layer_probes.Gradients says.
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
