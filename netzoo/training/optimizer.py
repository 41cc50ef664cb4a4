"""From a recipe to a Keras optimizer."""

from typing import Any

from keras import ops, optimizers

from netzoo.recipes import Recipe

WARM_UP_SHARE = 0.1


def optimizer(recipe: Recipe, steps_per_epoch: int, parts: int = 1) -> Any:
    """Return the recipe's optimizer, its learning rate scheduled over all the recipe's epochs.

    parts: the gradients of so many calls are averaged for one step.
    """
    kind = {"sgd": optimizers.SGD, "adam": optimizers.Adam}[recipe.optimizer]
    rate = learning_rate(recipe, steps_per_epoch * recipe.epochs)
    if parts > 1 and isinstance(rate, optimizers.schedules.LearningRateSchedule):
        rate = _OfWholeBatches(rate, parts)
    return kind(
        learning_rate=rate,
        gradient_accumulation_steps=parts if parts > 1 else None,
    )


def learning_rate(recipe: Recipe, steps: int) -> Any:
    """Return the learning rate of a training of so many steps: a number, or a Keras schedule."""
    peak = recipe.learning_rate
    if recipe.schedule == "constant":
        return peak
    warm_up = round(WARM_UP_SHARE * steps)
    return optimizers.schedules.CosineDecay(
        initial_learning_rate=WARM_UP_SHARE * peak if warm_up else peak,
        decay_steps=steps - warm_up,
        warmup_target=peak if warm_up else None,
        warmup_steps=warm_up,
    )


class _OfWholeBatches(optimizers.schedules.LearningRateSchedule):
    """A schedule that counts batches where Keras counts their parts.

    Keras divides its step by the number of parts for Adam, but not for the learning rate.
    """

    def __init__(self, schedule: Any, parts: int) -> None:
        super().__init__()
        self._schedule, self._parts = schedule, parts

    def __call__(self, step: Any) -> Any:
        return self._schedule(ops.floor_divide(step, self._parts))
