"""The moving average of a network's weights over the updates: the field `ema` of a recipe.

The average is evaluated and saved in place of the weights. Its variables are the optimizer's, and
so are where those are: in a checkpoint, in a traced step, on each of several devices. Keras's own
average takes a step at every micro-batch, and is fixed in length.

Source: Polyak and Juditsky 1992; the decay that begins small is that of tf.train's
ExponentialMovingAverage with num_updates.
"""

from typing import Any

import keras
from keras import ops

# The average of the first t updates goes back over a tenth of them.
SHARE = 10


def averaging(optimizer: Any) -> Any:
    """Return an optimizer of Keras, made with use_ema, that averages as this module says.

    Its class is changed only now: Keras makes an optimizer that updates all weights together, on
    PyTorch, in place of one of its own classes alone.
    """
    kind = type(optimizer)
    optimizer.__class__ = type(kind.__name__, (_Averaging, kind), {})
    return optimizer


def averages(optimizer: Any) -> list[Any] | None:
    """Return the averages of the weights that an optimizer trains, None if it has none."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner._model_variables_moving_average if inner.use_ema else None


def swap(model: Any) -> None:
    """Exchange the trained weights of a compiled model with their averages, if it has some."""
    for variable, average in zip(
        model.trainable_variables, averages(model.optimizer) or (), strict=False
    ):
        weights = ops.copy(variable.value)
        variable.assign(average.value)
        average.assign(weights)


class _Averaging:
    """What an optimizer averages in another way than Keras."""

    def _update_model_variables_moving_average(self: Any, trainable_variables: Any) -> None:
        """Move the averages towards the weights, at the end of a step."""
        values = [variable.value for variable in trainable_variables]
        averages = self._model_variables_moving_average
        rate = self._rate()
        backend = keras.backend.backend()
        if backend == "tensorflow":
            self._move_on_each_device(averages, values, rate)
        elif backend == "torch":
            _move_together(averages, values, rate)
        else:
            for average, value in zip(averages, values, strict=True):
                near = ops.cast(rate, average.dtype)
                average.assign(average.value + near * (value - average.value))

    def _rate(self: Any) -> Any:
        """Return the share of the new weights in the average: 1 at first, 0 between updates."""
        done = ops.cast(self.iterations, "float32")
        rate = ops.maximum(1.0 - self.ema_momentum, SHARE / (done + SHARE))
        parts = self.gradient_accumulation_steps
        if not parts:
            return rate
        is_update = ops.equal(ops.mod(self._iterations + 1, parts), 0)
        return ops.where(is_update, rate, 0.0)

    def _move_on_each_device(self: Any, averages: Any, values: Any, rate: Any) -> None:
        """Move the averages on TensorFlow, which may have several devices, each with its own."""
        import tensorflow as tf

        def move(average: Any, value: Any, rate: Any) -> None:
            average.assign_add(tf.cast(rate, average.dtype) * (value - average))

        def move_all(distribution: Any, averages: Any, values: Any, rate: Any) -> None:
            for average, value in zip(averages, values, strict=True):
                distribution.extended.update(average, move, args=(value, rate), group=False)

        tf.__internal__.distribute.interim.maybe_merge_call(
            move_all,
            self._distribution_strategy,
            [average.value for average in averages],
            values,
            rate,
        )


def _move_together(averages: Any, values: Any, rate: Any) -> None:
    """Move the averages on PyTorch in three operations: a small network feels each."""
    import torch

    held = [average.value for average in averages]
    ways = torch._foreach_sub(values, held)
    torch._foreach_mul_(ways, rate)
    torch._foreach_add_(held, ways)
