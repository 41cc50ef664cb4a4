"""The training step on JAX: one compiled function from old to new values of all variables.

It is compiled once for each batch size: the recipe's, and that of the epoch's last, smaller batch.
The inference is compiled once, for the largest batch, to which smaller ones are filled up.
"""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.training.average import averages
from netzoo.training.inputs import Inputs
from netzoo.training.kernels_jax import banded_convolution
from netzoo.training.step import batch_metrics, loss_weights


class Step:
    """netzoo.training.step.Step.

    The compiled function takes the variables' buffers as donated and may overwrite them. Until
    `sync_variables` assigns the new values, the model's variables are invalid.
    """

    def __init__(self, model: Any, inputs: Inputs) -> None:
        self._model, self._inputs = _pass_training_on(model), inputs
        self._variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
        )
        self._state = tuple([v.value for v in variables] for variables in self._variables)
        self._train = jax.jit(self._step, donate_argnums=0)
        self._logits = jax.jit(self._call)
        self._largest = 0

    def train(self, images: Any, labels: Any, weights: Any = None) -> Any:
        """Update the weights by one batch and return its metrics, as in `batch_metrics`."""
        batch = [tensor.numpy() for tensor in (images, labels, weights) if tensor is not None]
        self._state, metrics = self._train(self._state, self._inputs.held, *batch)
        return metrics

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of uint8 images, (batch, classes)."""
        trained, others, _ = self._state
        self._largest = max(self._largest, len(images))
        # No image's logits depend on the others, which are black here.
        filled = np.zeros((self._largest, *images.shape[1:]), np.uint8)
        filled[: len(images)] = images
        return np.asarray(self._logits(trained, others, filled), np.float32)[: len(images)]

    def fetch(self, metrics: list[Any]) -> NDArray[np.float32]:
        """Return the metrics of many batches, (batches, 2)."""
        return np.asarray(jax.device_get(metrics))

    def swap_averages(self) -> None:
        """Exchange the trained weights with their moving averages, if there are some."""
        trained, others, slots = (list(values) for values in self._state)
        places = {id(variable): place for place, variable in enumerate(self._variables[2])}
        for number, each in enumerate(averages(self._model.optimizer) or ()):
            place = places[id(each)]
            trained[number], slots[place] = slots[place], trained[number]
        self._state = trained, others, slots

    def sync_variables(self) -> None:
        """Assign the values of the last step to the variables."""
        for variables, values in zip(self._variables, self._state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def _step(self, state: Any, held: Any, images: Any, labels: Any, weights: Any = None) -> Any:
        model = self._model
        trained, others, slots = state
        with banded_convolution():
            gradients, (loss, logits, others, _) = jax.grad(
                model.compute_loss_and_updates, has_aux=True
            )(
                trained,
                others,
                [v.value for v in model.metrics_variables],
                self._inputs.of_batch(images, held),
                labels,
                loss_weights(self._inputs, labels, weights),
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


def _pass_training_on(model: Any) -> Any:
    """Let a model pass `training` on to its layers although its call does not take it.

    A model's __call__ does so, but stateless_call bypasses it and rejects arguments that `call`
    does not take. So the call is wrapped in a layer that takes `training`.
    """
    if model._call_has_training_arg:
        return model
    call = model.call

    class Wrapper(keras.Layer):
        def call(self, *arguments: Any, training: Any = None) -> Any:
            return call(*arguments)

    wrapper = Wrapper(dtype=model.dtype_policy)
    wrapper.inside, wrapper.built = model, True
    model.call = wrapper.__call__
    model._call_has_training_arg = True
    return model


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    Arguments as in netzoo.training.layer_probes.Gradients.
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

    # All values are arguments: XLA would fold constants of the function at compile time.
    def outputs_and_gradients(values: Any, other_values: Any, images: Any) -> Any:
        _, specs = jax.eval_shape(run, None, values, other_values, images)
        zeros = {name: jnp.zeros(spec.shape, spec.dtype) for name, spec in specs.items()}
        by_both, outputs = jax.grad(run, argnums=(0, 1), has_aux=True)(
            zeros, values, other_values, images
        )
        return outputs, *by_both

    outputs, by_output, by_weight = jax.jit(outputs_and_gradients)(
        [weight.value for weight in weights], [other.value for other in others], images
    )
    return outputs, by_output, by_weight
