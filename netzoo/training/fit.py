"""Train a model on images by a recipe, epoch by epoch, and say how it goes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.errors import Diverged
from netzoo.recipes import Recipe
from netzoo.records.arrays import Predictions
from netzoo.records.trial import EpochRecord, TrainingResult
from netzoo.training.filters import first_filters
from netzoo.training.inputs import Inputs
from netzoo.training.optimizer import optimizer
from netzoo.training.state import reseed
from netzoo.training.step import Step, step_of

STEP_EVENT_SECONDS = 0.25
# To keep a large network can take as long as a short epoch. It is then not kept after each one, but
# as often as takes this share of the time; what is kept faster than this always is.
KEEP_SHARE = 0.05
KEEP_SECONDS = 0.1


@dataclass(frozen=True)
class Done:
    """What a training has given so far. test_reads: how often the test split was opened."""

    history: tuple[EpochRecord, ...] = ()
    seconds: float = 0.0
    test_reads: int = 0


class Hooks(Protocol):
    """What a training calls while it runs."""

    def on_step_end(self, epoch: int, step: int, steps: int, /) -> None:
        """Handle the progress of an epoch, a few times a second; all count from 1."""

    def on_epoch_end(self, record: EpochRecord, /) -> None:
        """Handle the end of an epoch."""

    def save_checkpoint(self, done: Done, /) -> None:
        """Save the model as it is at the end of an epoch, before `on_epoch_end`.

        Epochs are skipped where saving each would take more than KEEP_SHARE of the time; never the
        one at whose end the training stops.
        """

    def should_stop(self) -> bool:
        """Return whether to stop at the end of this epoch."""


def compile_model(model: Any, images: Images, recipe: Recipe, parts: int = 1) -> None:
    """Compile the model as the recipe says, with cross-entropy on logits, and build its optimizer.

    parts: its batches will come in so many parts, whose gradients are added up.
    """
    steps = pipeline.steps_per_epoch(images, recipe)
    model.compile(optimizer=optimizer(recipe, steps, parts), loss=_loss())
    model.optimizer.build(model.trainable_variables)


def fit(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    hooks: Hooks,
    *,
    parts: int = 1,
    done: Done | None = None,
    size: tuple[int, int] | None = None,
) -> TrainingResult | None:
    """Train a compiled model for the recipe's epochs, then measure it on the test images.

    done: the epochs that the model, as it is, has behind it. size: height and width of what it
    sees; by default its own.
    Returns None if the hooks stopped it before its last epoch. Raises Diverged if the loss is not
    finite, BadInput for a model that brings a training step of its own.
    """
    inputs = Inputs(images.train, recipe, size or model.input_shape[1:3])
    step = step_of(model, inputs)
    training = _Training(step, images, recipe, seed, hooks, parts, done or Done())
    if not training.trained():
        return None
    test = training.last_test or training.measured("test")
    train = training.measured("train")
    return TrainingResult(
        history=tuple(training.history),
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        final_train_loss=train.loss,
        final_train_accuracy=train.accuracy,
        seconds=training.seconds(),
        test_reads=training.test_reads,
        predictions=Predictions.of(images.test.labels.tolist(), test.predicted.tolist()),
        filters=first_filters(model),
    )


@dataclass(frozen=True)
class _Measured:
    """What a network gives on a split; predicted: the class of each image."""

    loss: float
    accuracy: float
    predicted: NDArray[np.int64]


class _Training:
    """Train epochs one by one, and measure, keep and report each as it ends."""

    def __init__(
        self,
        step: Step,
        images: Images,
        recipe: Recipe,
        seed: int,
        hooks: Hooks,
        parts: int,
        done: Done,
    ) -> None:
        self.history = list(done.history)
        self.test_reads = done.test_reads
        self.last_test: _Measured | None = None  # where the last epoch has shown it already
        self._images, self._recipe, self._seed = images, recipe, seed
        self._hooks, self._parts = hooks, parts
        self._steps = pipeline.steps_per_epoch(images, recipe) * parts
        self._first_epoch = len(done.history)
        self._step = step
        self._reported = 0.0
        self._kept = time.perf_counter()
        self._keep_seconds = 0.0
        self._started = self._kept - done.seconds

    def seconds(self) -> float:
        """Return the seconds of training so far, those of earlier processes included."""
        return time.perf_counter() - self._started

    def trained(self) -> bool:
        """Train the epochs that are to go. Returns whether none is left."""
        first, last = self._first_epoch, self._recipe.epochs
        if first == last:
            return True
        batches = pipeline.train_batches(self._images, self._recipe, self._seed, first, self._parts)
        # One iterator for all epochs: its end is not waited for between them.
        batch = iter(batches)
        for epoch in range(first, last):
            record = self._end_epoch(*self._epoch(epoch, batch))
            stopping = self._hooks.should_stop()
            if stopping or self._is_to_be_kept():
                self._keep()
            self._hooks.on_epoch_end(record)
            if stopping:
                break
        return len(self.history) == last

    def measured(self, what: str) -> _Measured:
        """Return loss and accuracy on a split of the images, augmentation and dropout off.

        "validation", "test", or "train": as many of the training images as there are test images,
        the first of each class. Raises Diverged.
        """
        images = self._images
        split = images.test if what == "test" else images.validation
        if what == "train":
            split = images.train.limited(images.train_images_measured, len(images.class_names))
        assert split is not None
        self.test_reads += what == "test"
        size = -(-self._recipe.batch_size // self._parts)  # what fits into the device's memory
        logits = np.concatenate(
            [
                self._step.logits(split.images[start : start + size])
                for start in range(0, len(split), size)
            ]
        )
        loss = float(keras.ops.convert_to_numpy(_loss()(split.labels, logits)))
        _check_finite(loss, f"{what} loss", len(self.history) + 1)
        predicted = logits.argmax(axis=-1)
        return _Measured(loss, float((predicted == split.labels).mean()), predicted)

    def _epoch(self, epoch: int, batch: Iterator[Any]) -> tuple[float, float | None, float, float]:
        """Train an epoch; return its seconds, images a second, mean loss and accuracy."""
        outcomes: list[Any] = []
        started = first_ended = time.perf_counter()
        for step in range(self._steps):
            images, labels, *weights = next(batch)
            if step == 0:
                reseed(self._seed, epoch)
            outcomes.append(self._step.train(images, labels, *weights))
            now = time.perf_counter()
            if step == 0 or now - self._reported >= STEP_EVENT_SECONDS:
                loss, _ = np.asarray(outcomes[-1])  # waits for a device that computes ahead
                _check_finite(loss, "training loss", epoch + 1)
                self._reported = time.perf_counter()
                first_ended = first_ended if step else self._reported
                self._hooks.on_step_end(epoch + 1, step + 1, self._steps)
        trained = len(self._images.train)
        loss, accuracy = np.sum([np.asarray(o) for o in outcomes], axis=0, dtype=float) / trained
        _check_finite(loss, "training loss", epoch + 1)
        seconds = time.perf_counter() - started
        rate: float | None = trained / seconds
        if epoch == self._first_epoch:  # without the process's first step, which compiles
            later = trained * (self._steps - 1) / self._steps
            rate = later / (started + seconds - first_ended) if later else None
        return seconds, rate, float(loss), float(accuracy)

    def _end_epoch(
        self, seconds: float, rate: float | None, loss: float, accuracy: float
    ) -> EpochRecord:
        curve: dict[str, float] = {}
        if self._recipe.curve is not None:
            found = self.measured(self._recipe.curve)
            curve = {
                f"{self._recipe.curve}_loss": found.loss,
                f"{self._recipe.curve}_accuracy": found.accuracy,
            }
            self.last_test = found if self._recipe.curve == "test" else None
        record = EpochRecord(
            epoch=len(self.history) + 1,
            seconds=seconds,
            images_per_second=rate,
            train_loss=loss,
            train_accuracy=accuracy,
            **curve,
        )
        self.history.append(record)
        self._step.sync_variables()
        return record

    def _is_to_be_kept(self) -> bool:
        """Return whether what was trained since the model was last kept is worth keeping it."""
        since = time.perf_counter() - self._kept
        return self._keep_seconds < max(KEEP_SECONDS, KEEP_SHARE * since)

    def _keep(self) -> None:
        began = time.perf_counter()
        self._hooks.save_checkpoint(Done(tuple(self.history), self.seconds(), self.test_reads))
        self._kept = time.perf_counter()
        self._keep_seconds = self._kept - began


def _loss() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _check_finite(loss: Any, what: str, epoch: int) -> None:
    if loss is None or not np.isfinite(float(loss)):
        raise Diverged(f"the {what} is {float(loss)} in epoch {epoch}; try a lower learning rate.")
