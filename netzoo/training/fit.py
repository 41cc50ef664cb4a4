"""The training of a model on images by a recipe, epoch by epoch."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.errors import Diverged
from netzoo.recipes import Recipe
from netzoo.records.arrays import Predictions
from netzoo.records.trial import EpochRecord, TrainingResult
from netzoo.training import devices
from netzoo.training.evaluation import Scores, evaluate, evaluated_together
from netzoo.training.filters import first_filters
from netzoo.training.inputs import Inputs, inputs_of
from netzoo.training.losses import training_loss
from netzoo.training.optimizer import optimizer
from netzoo.training.state import reseed
from netzoo.training.step import Step, step_of

STEP_EVENT_SECONDS = 0.25
# Saving a large network can take as long as a short epoch. Checkpoints are then so rare that they
# take at most this share of the time; a save of less than KEEP_SECONDS is never skipped.
KEEP_SHARE = 0.05
KEEP_SECONDS = 0.1


@dataclass(frozen=True)
class Done:
    """The finished part of a training.

    seconds: of the training so far. test_reads: the number of evaluations on the test split.
    """

    history: tuple[EpochRecord, ...] = ()
    seconds: float = 0.0
    test_reads: int = 0


class Hooks(Protocol):
    """The hooks of a training.

    paused: whether `should_stop` has said so because the training has come as far as it was asked
    to, which may be its last epoch, before any test image.
    """

    paused: bool

    def on_step_end(self, epoch: int, step: int, steps: int, /) -> None:
        """Handle the progress of an epoch, a few times a second; epoch and step count from 1."""

    def on_epoch_end(self, record: EpochRecord, /) -> None:
        """Handle the end of an epoch."""

    def save_checkpoint(self, done: Done, /) -> None:
        """Save the model at the end of an epoch, before `on_epoch_end`.

        Epochs are skipped if saving each one would take more than KEEP_SHARE of the time, but never
        the epoch at which the training stops.
        """

    def should_stop(self, history: Sequence[EpochRecord], /) -> bool:
        """Return whether to stop at the end of this epoch; history: all epochs, with this one."""


def compile_model(model: Any, images: Images, recipe: Recipe, micro_batches: int = 1) -> None:
    """Compile the model by the recipe, with its loss on logits, and build its optimizer.

    micro_batches: their number in a step, whose gradients are accumulated.
    """
    steps = pipeline.steps_per_epoch(images, recipe)
    spared = [variable for variable in model.trainable_variables if len(variable.shape) < 2]
    with devices.scope(recipe.data_parallel):
        chosen = optimizer(recipe, steps, micro_batches)
        if chosen.weight_decay and spared:
            chosen.exclude_from_weight_decay(var_list=spared)
        model.compile(optimizer=chosen, loss=training_loss(recipe))
        model.optimizer.build(model.trainable_variables)


def fit(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    hooks: Hooks,
    *,
    micro_batches: int = 1,
    done: Done | None = None,
    size: tuple[int, ...] | None = None,
) -> TrainingResult | None:
    """Train a compiled model for the recipe's epochs, then evaluate it on the test images.

    done: the finished epochs of the model in its present state. size: height, width and
    channels of its inputs; by default the model's own. With an `ema` in the recipe, every
    evaluation is of the averages of the weights, and the trained model has them in the end.
    Returns None if the hooks pause the training, or stop it before its last epoch. Raises Diverged
    if the loss is not finite, BadInput for a model with a train_step of its own.
    """
    inputs = inputs_of(images.train, recipe, size or model.input_shape[1:])
    step = step_of(model, inputs, recipe.data_parallel)
    about = step, inputs, images, recipe, seed
    training = _Training(*about, hooks, micro_batches, done or Done())
    if not training.train():
        return None
    if recipe.ema:
        step.swap_averages()
        step.sync_variables()
    test = training.last_test or training.evaluate("test")
    train = training.evaluate("train")
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
        calibration=test.calibration,
    )


class _Training:
    """The epochs of one training, each evaluated, saved and reported at its end."""

    def __init__(
        self,
        step: Step,
        inputs: Inputs,
        images: Images,
        recipe: Recipe,
        seed: int,
        hooks: Hooks,
        micro_batches: int,
        done: Done,
    ) -> None:
        self.history = list(done.history)
        self.test_reads = done.test_reads
        self.last_test: Scores | None = None  # if the recipe evaluates it after every epoch
        self._images, self._recipe, self._seed = images, recipe, seed
        self._hooks, self._micro_batches = hooks, micro_batches
        self._pixels = inputs.held is None
        self._together = evaluated_together(recipe, micro_batches, inputs)
        self._steps = pipeline.steps_per_epoch(images, recipe) * micro_batches
        self._first_epoch = len(done.history)
        self._step = step
        self._reported = 0.0
        self._saved = time.perf_counter()
        self._save_seconds = 0.0
        self._started = self._saved - done.seconds

    def seconds(self) -> float:
        """Return the seconds of training so far, including those of earlier processes."""
        return time.perf_counter() - self._started

    def train(self) -> bool:
        """Train the remaining epochs. Returns whether none is left, and the hooks do not pause."""
        first, last = self._first_epoch, self._recipe.epochs
        if first == last:
            return True
        batches = pipeline.train_batches(
            *(self._images, self._recipe, self._seed, first, self._micro_batches),
            pixels=self._pixels,
        )
        # A single iterator for all epochs: ending one takes time.
        batch = iter(batches)
        for epoch in range(first, last):
            record = self._end_epoch(*self._epoch(epoch, batch))
            stopping = self._hooks.should_stop(self.history)
            if stopping or self._is_worth_saving():
                self._save()
            self._hooks.on_epoch_end(record)
            if stopping:
                break
        return len(self.history) == last and not self._hooks.paused

    def evaluate(self, split_name: str) -> Scores:
        """Evaluate the model on a split of the images, augmentation and dropout off.

        split_name: "validation", "test", or "train": the first training images of each class, equal
        in number to the test images. Raises Diverged.
        """
        images = self._images
        split = images.test if split_name == "test" else images.validation
        if split_name == "train":
            split = images.train.limited(images.train_images_measured, len(images.class_names))
        assert split is not None
        self.test_reads += split_name == "test"
        evaluation = evaluate(self._step, split, self._together, flip=self._recipe.test_flip)
        _check_finite(evaluation.loss, f"{split_name} loss", len(self.history) + 1)
        return evaluation

    def _epoch(self, epoch: int, batch: Iterator[Any]) -> tuple[float, float | None, float, float]:
        """Train an epoch; return its seconds, images per second, mean loss and accuracy."""
        metrics: list[Any] = []
        started = first_ended = time.perf_counter()
        for step in range(self._steps):
            images, labels, *weights = next(batch)
            if step == 0:
                reseed(self._seed, epoch)
            metrics.append(self._step.train(images, labels, *weights))
            now = time.perf_counter()
            if step == 0 or now - self._reported >= STEP_EVENT_SECONDS:
                loss, _ = np.asarray(metrics[-1])  # waits for an asynchronous device
                _check_finite(loss, "training loss", epoch + 1)
                self._reported = time.perf_counter()
                first_ended = first_ended if step else self._reported
                self._hooks.on_step_end(epoch + 1, step + 1, self._steps)
        trained = len(self._images.train)
        loss, accuracy = np.sum(self._step.fetch(metrics), axis=0, dtype=float) / trained
        _check_finite(loss, "training loss", epoch + 1)
        seconds = time.perf_counter() - started
        rate: float | None = trained / seconds
        if epoch == self._first_epoch:  # without the process's first step, with its compilation
            later = trained * (self._steps - 1) / self._steps
            rate = later / (started + seconds - first_ended) if later else None
        return seconds, rate, float(loss), float(accuracy)

    def _end_epoch(
        self, seconds: float, rate: float | None, loss: float, accuracy: float
    ) -> EpochRecord:
        curve: dict[str, float] = {}
        split_name = self._recipe.curve
        if split_name is not None:
            self._step.swap_averages()
            evaluation = self.evaluate(split_name)
            self._step.swap_averages()
            curve = {
                f"{split_name}_loss": evaluation.loss,
                f"{split_name}_accuracy": evaluation.accuracy,
            }
            self.last_test = evaluation if split_name == "test" else None
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

    def _is_worth_saving(self) -> bool:
        """Return whether the last save took little of the time since."""
        since = time.perf_counter() - self._saved
        return self._save_seconds < max(KEEP_SECONDS, KEEP_SHARE * since)

    def _save(self) -> None:
        began = time.perf_counter()
        self._hooks.save_checkpoint(Done(tuple(self.history), self.seconds(), self.test_reads))
        self._saved = time.perf_counter()
        self._save_seconds = self._saved - began


def _check_finite(loss: Any, name: str, epoch: int) -> None:
    if loss is None or not np.isfinite(float(loss)):
        raise Diverged(f"the {name} is {float(loss)} in epoch {epoch}; try a lower learning rate.")
