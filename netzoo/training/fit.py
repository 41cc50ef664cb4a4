"""Train a model on images by a recipe, epoch by epoch, and say how it goes."""

import contextlib
import itertools
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.errors import TrialFailed
from netzoo.recipes import Recipe
from netzoo.records import EpochRecord
from netzoo.training.schedule import optimizer

STEP_EVENT_SECONDS = 0.25
MOST_TIMED_STEPS = 500

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Fitted:
    """What a training gave; seconds: from its first step to its last result."""

    history: tuple[EpochRecord, ...]
    test_loss: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Pace:
    """What a few timed steps say: the first one traces and compiles; the median of the later."""

    first_step_seconds: float
    step_seconds: float


def prepare(model: Any, images: Images, recipe: Recipe) -> None:
    """Compile the model as the recipe says: cross-entropy on logits, accuracy."""
    model.compile(
        optimizer=optimizer(recipe, pipeline.steps_per_epoch(images, recipe)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )


def fit(model: Any, images: Images, recipe: Recipe, seed: int, report: Report) -> Fitted:
    """Train a prepared model for the recipe's epochs, then measure it on the test images.

    report: is given a dict a few times a second, {"event": "step", "epoch", "step", "steps"}, and
    one at the end of each epoch, {"event": "epoch", …} with the fields of its EpochRecord.
    Raises TrialFailed if the loss is not finite.
    """
    size = model.input_shape[1:3]
    steps = pipeline.steps_per_epoch(images, recipe)
    progress = _Progress(len(images.train), steps, report)
    test = pipeline.test_batches(images, recipe, size)
    model.fit(
        pipeline.train_batches(images, recipe, size, seed),
        epochs=recipe.epochs,
        steps_per_epoch=steps,
        validation_data=test if recipe.test_each_epoch else None,
        callbacks=[progress],
        shuffle=False,
        verbose=0,
    )
    last = progress.history[-1]
    if last.test_loss is None or last.test_accuracy is None:
        measured = model.evaluate(test, verbose=0, return_dict=True)
        last = replace(last, test_loss=measured["loss"], test_accuracy=measured["accuracy"])
        progress.history[-1] = last
    _check_finite(last.test_loss, "test loss", last.epoch)
    return Fitted(
        history=tuple(progress.history),
        test_loss=float(last.test_loss or 0.0),
        test_accuracy=float(last.test_accuracy or 0.0),
        seconds=time.perf_counter() - progress.started,
    )


def pace(model: Any, images: Images, recipe: Recipe, seed: int, seconds: float) -> Pace:
    """Train a prepared model for a few steps, about so many seconds, and return its pace."""
    stopwatch = _Stopwatch(seconds)
    batches = pipeline.train_batches(images, recipe, model.input_shape[1:3], seed).repeat()
    with contextlib.suppress(_EnoughError):
        model.fit(
            batches,
            steps_per_epoch=MOST_TIMED_STEPS,
            callbacks=[stopwatch],
            shuffle=False,
            verbose=0,
        )
    steps = [end - start for start, end in itertools.pairwise(stopwatch.ends)]
    return Pace(stopwatch.ends[0] - stopwatch.started, statistics.median(steps[1:]))


class _Progress(keras.callbacks.Callback):
    """Report steps and epochs as they end."""

    def __init__(self, train_images: int, steps: int, report: Report) -> None:
        super().__init__()
        self.history: list[EpochRecord] = []
        self.started = time.perf_counter()
        self._train_images, self._steps, self._report = train_images, steps, report
        self._reported = 0.0
        self._epoch_started = self._first_step_ended = self._trained = self.started

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = self._trained = time.perf_counter()
        if batch == 0:
            self._first_step_ended = now
        if now - self._reported >= STEP_EVENT_SECONDS:
            self._reported = now
            event = {"epoch": len(self.history) + 1, "step": batch + 1, "steps": self._steps}
            self._report({"event": "step", **event})

    def on_test_begin(self, logs: Any = None) -> None:
        # Keras has fetched the epoch's training results by now, so the steps have really ended.
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        _check_finite(logs["loss"], "training loss", epoch + 1)
        ended = self._trained if "val_loss" in logs else time.perf_counter()
        record = EpochRecord(
            epoch=epoch + 1,
            seconds=ended - self._epoch_started,
            images_per_second=self._rate(epoch, ended),
            train_loss=float(logs["loss"]),
            train_accuracy=float(logs["accuracy"]),
            test_loss=_number(logs.get("val_loss")),
            test_accuracy=_number(logs.get("val_accuracy")),
        )
        self.history.append(record)
        self._report({"event": "epoch", **asdict(record)})

    def _rate(self, epoch: int, ended: float) -> float | None:
        """Return images a second, without the trial's first step, which traces and compiles."""
        if epoch > 0:
            return self._train_images / (ended - self._epoch_started)
        if self._steps == 1:
            return None
        images = self._train_images * (self._steps - 1) / self._steps
        return images / (ended - self._first_step_ended)


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


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _check_finite(loss: float | None, what: str, epoch: int) -> None:
    if loss is None or not math.isfinite(loss):
        raise TrialFailed(f"the {what} is {loss} after epoch {epoch}; try a lower learning rate.")
