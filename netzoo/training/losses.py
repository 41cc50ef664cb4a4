"""The losses of trainings and evaluations: of labels as integers, and on logits."""

from typing import Any

import keras
from keras import ops

from netzoo.recipe_options import CROSS_ENTROPY
from netzoo.recipes import Recipe

FROM_LOGITS = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy")
OF_PROBABILITIES = ("MeanSquaredError",)


def cross_entropy() -> Any:
    """Return the loss of all evaluations, whatever the loss of the training."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def training_loss(recipe: Recipe) -> Any:
    """Return the loss of a recipe's trainings."""
    if recipe.loss == CROSS_ENTROPY:
        return cross_entropy()
    options = dict(recipe.loss_options or {})
    if recipe.loss in FROM_LOGITS:
        options["from_logits"] = True
    loss = getattr(keras.losses, recipe.loss)(**options)
    return LossOfClasses(loss, of_probabilities=recipe.loss in OF_PROBABILITIES)


class LossOfClasses(keras.losses.Loss):
    """A loss of Keras for one-hot labels, of labels as integers, (batch,), and logits.

    of_probabilities: whether it takes the softmax of the logits. It is computed in float32, and
    has a value for each image, (batch,), to be weighted.
    """

    def __init__(self, loss: Any, *, of_probabilities: bool) -> None:
        super().__init__(name=loss.name)
        self._loss, self._of_probabilities = loss, of_probabilities

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image."""
        # Keras's one_hot reads labels on the host, on PyTorch.
        classes = ops.arange(y_pred.shape[-1], dtype=y_true.dtype)
        one_hot = ops.cast(ops.equal(ops.expand_dims(y_true, -1), classes), y_pred.dtype)
        if self._of_probabilities:
            y_pred = ops.softmax(y_pred, axis=-1)
        return self._loss.call(one_hot, y_pred)
