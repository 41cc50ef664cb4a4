"""Train a model on images by a recipe, epoch by epoch, and say how it goes."""

import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.errors import Diverged
from netzoo.recipes import Recipe
from netzoo.records import EpochRecord, Predictions
from netzoo.training.schedule import optimizer
from netzoo.training.state import reseed

STEP_EVENT_SECONDS = 0.25


@dataclass(frozen=True)
class Done:
    """What a training has given so far. test_reads: how often the test split was opened."""

    history: tuple[EpochRecord, ...] = ()
    seconds: float = 0.0
    test_reads: int = 0


@dataclass(frozen=True)
class Fitted:
    """What a training gave; seconds: from its first step to its last result."""

    history: tuple[EpochRecord, ...]
    test_loss: float
    test_accuracy: float
    seconds: float
    test_reads: int
    predictions: Predictions


class Hooks(Protocol):
    """What a training calls while it runs."""

    def report(self, event: dict[str, Any], /) -> None:
        """Hear of a step, a few times a second, or of the end of an epoch."""

    def keep(self, done: Done, /) -> None:
        """Keep the model as it is at the end of an epoch, before that is reported."""

    def should_stop(self) -> bool:
        """Return whether to stop at the end of this epoch."""


def prepare(model: Any, images: Images, recipe: Recipe, parts: int = 1) -> None:
    """Compile the model as the recipe says: cross-entropy on logits, accuracy.

    parts: its batches will come in so many parts, whose gradients are added up.
    """
    accuracy = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    model.compile(
        optimizer=optimizer(recipe, pipeline.steps_per_epoch(images, recipe), parts),
        loss=_loss(),
        metrics=accuracy if parts == 1 else None,
        weighted_metrics=accuracy if parts > 1 else None,
    )


def fit(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    hooks: Hooks,
    *,
    parts: int = 1,
    done: Done | None = None,
) -> Fitted | None:
    """Train a prepared model for the recipe's epochs, then measure it on the test images.

    The hooks are told {"event": "step", "epoch", "step", "steps"} a few times a second, and
    {"event": "epoch", …} with the fields of its EpochRecord at the end of each epoch.
    done: the epochs that the model, as it is, has behind it.
    Returns None if the hooks stopped it before its last epoch. Raises Diverged if the loss is not
    finite.
    """
    done = done or Done()
    size = model.input_shape[1:3]
    steps = pipeline.steps_per_epoch(images, recipe) * parts
    progress = _Progress(images, recipe, steps, seed, done, hooks)
    progress.set_model(model)
    if len(done.history) < recipe.epochs:
        first = len(done.history)
        model.fit(
            pipeline.train_batches(images, recipe, size, seed, first, parts),
            epochs=recipe.epochs,
            initial_epoch=first,
            steps_per_epoch=steps,
            callbacks=[progress],
            shuffle=False,
            verbose=0,
        )
    if len(progress.history) < recipe.epochs:
        return None
    test = progress.last_test or progress.measured("test")
    return Fitted(
        history=tuple(progress.history),
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        seconds=progress.seconds(),
        test_reads=progress.test_reads,
        predictions=Predictions.of(images.test.labels.tolist(), test.predicted.tolist()),
    )


@dataclass(frozen=True)
class _Measured:
    """What a network gives on a split; predicted: the class of each image."""

    loss: float
    accuracy: float
    predicted: NDArray[np.int64]


class _Progress(keras.callbacks.Callback):
    """Measure, keep and report epochs as they end, and report steps."""

    def __init__(
        self, images: Images, recipe: Recipe, steps: int, seed: int, done: Done, hooks: Hooks
    ) -> None:
        super().__init__()
        self.history = list(done.history)
        self.test_reads = done.test_reads
        self.last_test: _Measured | None = None  # where the last epoch has shown it already
        self._images, self._recipe, self._steps, self._seed = images, recipe, steps, seed
        self._hooks = hooks
        self._batches: dict[str, Any] = {}  # by the split that they measure
        self._first_epoch = len(done.history)
        self._reported = 0.0
        now = time.perf_counter()
        self._started = now - done.seconds
        self._epoch_started = self._first_step_ended = now

    def seconds(self) -> float:
        """Return the seconds of training so far, those of earlier processes included."""
        return time.perf_counter() - self._started

    def measured(self, what: str) -> _Measured:
        """Return loss and accuracy on the "validation" or "test" images. Raises Diverged."""
        images, recipe = self._images, self._recipe
        split = images.test if what == "test" else images.validation
        assert split is not None
        if what not in self._batches:  # made once: it copies the images and measures the training's
            size, on_read = self.model.input_shape[1:3], self.test_was_read
            self._batches[what] = pipeline.measured_batches(
                split, images, recipe, size, on_read if what == "test" else None
            )
        logits = np.asarray(self.model.predict(self._batches[what], verbose=0), np.float32)
        loss = float(keras.ops.convert_to_numpy(_loss()(split.labels, logits)))
        _check_finite(loss, f"{what} loss", len(self.history) + 1)
        predicted = logits.argmax(axis=-1)
        return _Measured(loss, float((predicted == split.labels).mean()), predicted)

    def test_was_read(self) -> None:
        """Hear that the test split was opened."""
        self.test_reads += 1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_started = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, epoch=len(self.history))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if batch == 0:
            self._first_step_ended = now
        if now - self._reported >= STEP_EVENT_SECONDS:
            self._reported = now
            epoch = len(self.history) + 1
            _check_finite((logs or {}).get("loss"), "training loss", epoch)
            event = {"epoch": epoch, "step": batch + 1, "steps": self._steps}
            self._hooks.report({"event": "step", **event})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        _check_finite(logs["loss"], "training loss", epoch + 1)
        ended = time.perf_counter()
        rate = self._rate(epoch, ended)
        curve: dict[str, float] = {}
        if self._recipe.curve is not None:
            found = self.measured(self._recipe.curve)
            curve = {
                f"{self._recipe.curve}_loss": found.loss,
                f"{self._recipe.curve}_accuracy": found.accuracy,
            }
            self.last_test = found if self._recipe.curve == "test" else None
        record = EpochRecord(
            epoch=epoch + 1,
            seconds=ended - self._epoch_started,
            images_per_second=rate,
            train_loss=float(logs["loss"]),
            train_accuracy=float(logs["accuracy"]),
            **curve,
        )
        self.history.append(record)
        self._hooks.keep(Done(tuple(self.history), self.seconds(), self.test_reads))
        self._hooks.report({"event": "epoch", **asdict(record)})
        if self._hooks.should_stop():
            self.model.stop_training = True

    def _rate(self, epoch: int, ended: float) -> float | None:
        """Return images a second, without the process's first step, which traces and compiles."""
        if epoch > self._first_epoch:
            return len(self._images.train) / (ended - self._epoch_started)
        if self._steps == 1:
            return None
        images = len(self._images.train) * (self._steps - 1) / self._steps
        return images / (ended - self._first_step_ended)


def _loss() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _check_finite(loss: Any, what: str, epoch: int) -> None:
    if loss is None or not np.isfinite(float(loss)):
        raise Diverged(f"the {what} is {float(loss)} in epoch {epoch}; try a lower learning rate.")
