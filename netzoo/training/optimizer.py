"""The Keras optimizer of a recipe, and its learning-rate schedule."""

from typing import Any

from keras import ops, optimizers

from netzoo.errors import BadInput, telling_line
from netzoo.recipes import OPTIMIZERS, Recipe

WARM_UP_SHARE = 0.1


def optimizer(recipe: Recipe, steps_per_epoch: int, micro_batches: int = 1) -> Any:
    """Return the recipe's optimizer, with its learning rate scheduled over all epochs.

    micro_batches: their number in a step, whose gradients are averaged.
    Raises BadInput for options that the optimizer does not take.
    """
    kind = getattr(optimizers, OPTIMIZERS[recipe.optimizer])
    rate = learning_rate(recipe, steps_per_epoch * recipe.epochs)
    if micro_batches > 1 and isinstance(rate, optimizers.schedules.LearningRateSchedule):
        rate = _ScheduleOfBatches(rate, micro_batches)
    accumulated = micro_batches if micro_batches > 1 else None
    options = recipe.optimizer_options or {}
    try:
        return kind(learning_rate=rate, gradient_accumulation_steps=accumulated, **options)
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in options.items())
        reason = telling_line(error)
        raise BadInput(f"optimizer {recipe.optimizer} with {given}: {reason}") from error


def learning_rate(recipe: Recipe, steps: int) -> Any:
    """Return the learning rate of a training: a number, or a Keras schedule over its steps."""
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


class _ScheduleOfBatches(optimizers.schedules.LearningRateSchedule):
    """A schedule by whole batches, not by micro-batches.

    Keras divides its step by the number of micro-batches for Adam, but not for the learning rate.
    """

    def __init__(self, schedule: Any, micro_batches: int) -> None:
        super().__init__()
        self._schedule, self._micro_batches = schedule, micro_batches

    def __call__(self, step: Any) -> Any:
        return self._schedule(ops.floor_divide(step, self._micro_batches))
