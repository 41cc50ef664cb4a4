"""Time a few steps of a training, to know before how long the whole will take."""

import contextlib
import itertools
import statistics
import time
from typing import Any

import keras

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.recipes import Recipe
from netzoo.records import Pace

MOST_TIMED_STEPS = 500
# To measure an image costs a forward pass only: about a third of a training step's work.
MEASURED_SHARE = 1 / 3


def pace(
    model: Any, images: Images, recipe: Recipe, seed: int, seconds: float, *, parts: int = 1
) -> Pace:
    """Train a prepared model for a few steps, about so many seconds, and return its pace.

    The start of the process is left for the one that started it: 0 seconds.
    """
    stopwatch = _Stopwatch(seconds)
    size = model.input_shape[1:3]
    batches = pipeline.train_batches(images, recipe, size, seed, parts=parts).repeat()
    with contextlib.suppress(_EnoughError):
        model.fit(
            batches,
            steps_per_epoch=MOST_TIMED_STEPS,
            callbacks=[stopwatch],
            shuffle=False,
            verbose=0,
        )
    later = [end - start for start, end in itertools.pairwise(stopwatch.ends)][1:]
    image = statistics.median(later) * parts / recipe.batch_size
    curve = {"validation": images.validation, "test": images.test, None: ()}[recipe.curve]
    trained = recipe.batch_size * pipeline.steps_per_epoch(images, recipe)
    return Pace(
        start=0.0,
        first_step=stopwatch.ends[0] - stopwatch.started,
        epoch=image * (trained + MEASURED_SHARE * len(curve or ())),
        end=image * MEASURED_SHARE * len(images.test),
    )


class _EnoughError(Exception):
    """Ends a timed training: Keras looks at stop_training only between epochs."""


class _Stopwatch(keras.callbacks.Callback):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.started = time.perf_counter()
        self.ends: list[float] = []
        self._seconds = seconds

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        float((logs or {}).get("loss", 0.0))  # waits for a device that computes ahead
        self.ends.append(time.perf_counter())
        if len(self.ends) > 3 and self.ends[-1] - self.ends[0] >= self._seconds:
            raise _EnoughError
