"""Train a model on images by a recipe, epoch by epoch, and say how it goes."""

import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import keras
import numpy as np

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
    shows_test = recipe.curve == "test"
    progress = _Progress(len(images.train), steps, seed, shows_test, done, hooks)
    measured = {"validation": images.validation, "test": images.test, None: None}[recipe.curve]
    if measured is not None:
        on_read = progress.test_was_read if shows_test else None
        measured = pipeline.measured_batches(measured, images, recipe, size, on_read)
    if len(done.history) < recipe.epochs:
        first = len(done.history)
        model.fit(
            pipeline.train_batches(images, recipe, size, seed, first, parts),
            epochs=recipe.epochs,
            initial_epoch=first,
            steps_per_epoch=steps,
            validation_data=measured,
            callbacks=[progress],
            shuffle=False,
            verbose=0,
        )
    if len(progress.history) < recipe.epochs:
        return None
    return _tested(model, images, recipe, progress)


def _tested(model: Any, images: Images, recipe: Recipe, progress: "_Progress") -> Fitted:
    """Return the result of a training, by one more look at the test images."""
    test = pipeline.measured_batches(
        images.test, images, recipe, model.input_shape[1:3], progress.test_was_read
    )
    logits = np.asarray(model.predict(test, verbose=0), np.float32)
    predicted = logits.argmax(axis=-1)
    last = progress.history[-1]
    loss, accuracy = last.test_loss, last.test_accuracy  # as the recipe showed them already
    if loss is None or accuracy is None:
        loss = float(keras.ops.convert_to_numpy(_loss()(images.test.labels, logits)))
        accuracy = float((predicted == images.test.labels).mean())
    _check_finite(loss, "test loss", last.epoch)
    return Fitted(
        history=tuple(progress.history),
        test_loss=loss,
        test_accuracy=accuracy,
        seconds=progress.seconds(),
        test_reads=progress.test_reads,
        predictions=Predictions.of(images.test.labels.tolist(), predicted.tolist()),
    )


class _Progress(keras.callbacks.Callback):
    """Report steps and epochs as they end, and have the model kept."""

    def __init__(
        self,
        train_images: int,
        steps: int,
        seed: int,
        shows_test: bool,
        done: Done,
        hooks: Hooks,
    ) -> None:
        super().__init__()
        self.history = list(done.history)
        self.test_reads = done.test_reads
        self._train_images, self._steps, self._seed, self._hooks = train_images, steps, seed, hooks
        self._first_epoch, self._shows_test = len(done.history), shows_test
        self._reported = 0.0
        now = time.perf_counter()
        self._started = now - done.seconds
        self._epoch_started = self._first_step_ended = self._trained = now

    def seconds(self) -> float:
        """Return the seconds of training so far, those of earlier processes included."""
        return time.perf_counter() - self._started

    def test_was_read(self) -> None:
        """Hear that the test split was opened."""
        self.test_reads += 1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_started = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:
            reseed(self._seed, epoch=len(self.history))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = self._trained = time.perf_counter()
        if batch == 0:
            self._first_step_ended = now
        if now - self._reported >= STEP_EVENT_SECONDS:
            self._reported = now
            epoch = len(self.history) + 1
            _check_finite((logs or {}).get("loss"), "training loss", epoch)
            event = {"epoch": epoch, "step": batch + 1, "steps": self._steps}
            self._hooks.report({"event": "step", **event})

    def on_test_begin(self, logs: Any = None) -> None:
        # Keras has fetched the epoch's training results by now, so the steps have really ended.
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        _check_finite(logs["loss"], "training loss", epoch + 1)
        measured = "val_loss" in logs
        ended = self._trained if measured else time.perf_counter()
        what = "test" if self._shows_test else "validation"
        record = EpochRecord(
            epoch=epoch + 1,
            seconds=ended - self._epoch_started,
            images_per_second=self._rate(epoch, ended),
            train_loss=float(logs["loss"]),
            train_accuracy=float(logs["accuracy"]),
            **{
                f"{what}_{figure}": float(logs[f"val_{figure}"])
                for figure in ("loss", "accuracy")
                if measured
            },
        )
        self.history.append(record)
        self._hooks.keep(Done(tuple(self.history), self.seconds(), self.test_reads))
        self._hooks.report({"event": "epoch", **asdict(record)})
        if self._hooks.should_stop():
            self.model.stop_training = True

    def _rate(self, epoch: int, ended: float) -> float | None:
        """Return images a second, without the process's first step, which traces and compiles."""
        if epoch > self._first_epoch:
            return self._train_images / (ended - self._epoch_started)
        if self._steps == 1:
            return None
        images = self._train_images * (self._steps - 1) / self._steps
        return images / (ended - self._first_step_ended)


def _loss() -> Any:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _check_finite(loss: Any, what: str, epoch: int) -> None:
    if loss is None or not np.isfinite(float(loss)):
        raise Diverged(f"the {what} is {float(loss)} in epoch {epoch}; try a lower learning rate.")
