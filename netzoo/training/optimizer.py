"""The Keras optimizer of a recipe, and its learning-rate schedule."""

from typing import Any

from keras import ops, optimizers

from netzoo.errors import BadInput, telling_line
from netzoo.recipes import OPTIMIZERS, Recipe
from netzoo.training.average import averaging

WARM_UP_SHARE = 0.1


def optimizer(recipe: Recipe, steps_per_epoch: int, micro_batches: int = 1) -> Any:
    """Return the recipe's optimizer, with its learning rate scheduled over all epochs.

    micro_batches: their number in a step, whose gradients are averaged.
    Raises BadInput for options that the optimizer does not take, or a warmup of all steps.
    """
    kind = getattr(optimizers, OPTIMIZERS[recipe.optimizer])
    schedule = keras_schedule(recipe, steps_per_epoch)
    rate = recipe.learning_rate
    if schedule is not None:
        rate = TrainingSchedule(schedule, steps_per_epoch * recipe.epochs, micro_batches)
    accumulated = micro_batches if micro_batches > 1 else None
    options = dict(recipe.optimizer_options or {})
    for name in options:
        if name == "use_ema" or name.startswith("ema_"):
            raise BadInput(
                f"the average of the weights is the recipe's field ema; received {name} in "
                "optimizer_options."
            )
    averaged: dict[str, Any] = {}
    if recipe.ema:
        averaged = {"use_ema": True, "ema_momentum": recipe.ema}
    try:
        chosen = kind(
            learning_rate=rate, gradient_accumulation_steps=accumulated, **averaged, **options
        )
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in options.items())
        reason = telling_line(error)
        raise BadInput(f"optimizer {recipe.optimizer} with {given}: {reason}") from error
    return averaging(chosen) if recipe.ema else chosen


def keras_schedule(recipe: Recipe, steps_per_epoch: int) -> Any:
    """Return the recipe's Keras schedule, of the number of batches; None for a constant rate."""
    peak, steps = recipe.learning_rate, steps_per_epoch * recipe.epochs
    if recipe.schedule == "constant":
        return None
    if recipe.schedule == "one-cycle":
        warm_up = round(WARM_UP_SHARE * steps)
        return optimizers.schedules.CosineDecay(
            initial_learning_rate=WARM_UP_SHARE * peak if warm_up else peak,
            decay_steps=steps - warm_up,
            warmup_target=peak if warm_up else None,
            warmup_steps=warm_up,
        )
    options = _in_steps(recipe, steps_per_epoch)
    kind = getattr(optimizers.schedules, recipe.schedule)
    if recipe.schedule == "PiecewiseConstantDecay":
        return kind(**options)  # its first value is the learning rate
    if recipe.schedule != "CosineDecayRestarts":
        options.setdefault("decay_steps", steps - options.get("warmup_steps", 0))
        if options["decay_steps"] < 1:
            raise BadInput(
                f"the warmup of CosineDecay leaves none of the {steps} steps to decay; received "
                f"warmup_steps {options['warmup_steps']}."
            )
    return kind(initial_learning_rate=peak, **options)


def _in_steps(recipe: Recipe, steps_per_epoch: int) -> dict[str, Any]:
    """Return the options of a recipe's schedule, those in epochs in steps."""
    options: dict[str, Any] = {}
    for name, value in (recipe.schedule_options or {}).items():
        if name == "boundary_epochs":
            # Keras's boundary is the last step of the rate before it; steps count from 0.
            options["boundaries"] = [round(each * steps_per_epoch) - 1 for each in value]
        elif name.endswith("_epochs"):
            in_steps = max(1, round(value * steps_per_epoch))
            options[name.removesuffix("epochs") + "steps"] = in_steps
        else:
            options[name] = value
    return options


class TrainingSchedule(optimizers.schedules.LearningRateSchedule):
    """A schedule over the steps of a training, by whole batches, not by micro-batches.

    Keras divides its step by the number of micro-batches for Adam, but not for the learning rate.
    A training that is timed or probed may take more steps: the last rate stays.
    """

    def __init__(self, schedule: Any, steps: int, micro_batches: int) -> None:
        super().__init__()
        self.schedule, self.steps, self._micro_batches = schedule, steps, micro_batches

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step or micro-step, counted from 0."""
        if self._micro_batches > 1:
            step = ops.floor_divide(step, self._micro_batches)
        return self.schedule(ops.minimum(step, self.steps))
