"""Progress of a comparison on standard error: live bars, or lines."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from netzoo import units
from netzoo.errors import BadInput
from netzoo.records.trial import EpochRecord, Trial, TrialRecord, TrialStatus
from netzoo.runs.callback import Callback, CallbackList


@contextlib.contextmanager
def progress(quiet: bool = False, log_file: str | None = None) -> Iterator[Callback]:
    """Return a callback for where standard error goes, and for a log file; colours obey NO_COLOR.

    Raises BadInput if the log file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        callbacks: list[Callback] = []
        if log_file is not None:
            try:
                file = stack.enter_context(Path(log_file).open("a", encoding="utf-8"))
            except OSError as error:
                raise BadInput(f"{log_file} cannot be written: {error.strerror}.") from error
            callbacks.append(Lines(file, times=True))
        if not quiet:
            if sys.stderr.isatty():
                columns = (
                    TextColumn("{task.description}", markup=False),
                    BarColumn(bar_width=24),
                    TextColumn("{task.fields[news]}", markup=False),
                )
                bars = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
                callbacks.append(Bars(bars))
            else:
                callbacks.append(Lines(sys.stderr))
        yield CallbackList(callbacks)


def epoch_text(trial: Trial, record: EpochRecord) -> str:
    """Return an epoch's figures: "epoch 3/6, loss 0.512, train 81.2 %, 443 images/s"."""
    parts = [
        f"epoch {record.epoch}/{trial.recipe.epochs}",
        f"loss {units.decimal(record.train_loss)}",
        f"train {units.percent(record.train_accuracy)}",
    ]
    for what, accuracy in (
        ("validation", record.validation_accuracy),
        ("test", record.test_accuracy),
    ):
        if accuracy is not None:
            parts.append(f"{what} {units.percent(accuracy)}")
    if record.images_per_second is not None:
        parts.append(f"{units.rate(record.images_per_second)} images/s")
    return ", ".join(parts)


def end_text(record: TrialRecord) -> str:
    """Return how a trial ended."""
    if record.status == TrialStatus.PAUSED and record.history:
        last, split = record.history[-1], record.trial.recipe.curve
        accuracy = getattr(last, f"{split}_accuracy", None) or 0.0
        return f"{split} {units.percent(accuracy)}, paused after epoch {last.epoch}"
    if record.error is not None:
        return f"{record.status}: {record.error}"
    accuracy, seconds = record.test_accuracy or 0.0, record.seconds or 0.0
    return f"test {units.percent(accuracy)} in {units.seconds(seconds)}"


class _Named(Callback):
    """Names trials, on several backends with theirs, in a search by the numbers of settings."""

    def __init__(self) -> None:
        self._several = False
        self._settings: dict[int, tuple[int, str]] = {}  # of running trials, by the trial's id

    def on_backend_begin(self, name: str, number: int, count: int) -> None:
        self._several = True
        self.on_message(f"Backend {number} of {count}: {name}")

    def on_setting(self, trial: Trial, number: int, words: str) -> None:
        self._settings[id(trial)] = number, words

    def _name(self, trial: Trial) -> str:
        on = f" on {trial.backend}" if self._several else ""
        if id(trial) in self._settings:
            return f"{trial.model}{on}, setting {self._settings[id(trial)][0]}"
        return f"{trial.model}{on}, seed {trial.seed}"

    def _ended(self, record: TrialRecord) -> str:
        """Return how a trial ended, after its name, which it gives back."""
        told = f"{self._name(record.trial)}: {end_text(record)}"
        self._settings.pop(id(record.trial), None)
        return told


class Lines(_Named):
    """Plain lines, one an epoch; times: each begins with the time of day."""

    def __init__(self, file: Any, *, times: bool = False) -> None:
        super().__init__()
        self._file, self._times = file, times
        self._left = ""
        self._running: set[str] = set()
        self._side_by_side = False  # whether several trials have run at once

    def on_message(self, line: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S ") if self._times else ""
        click.echo(stamp + line, file=self._file)

    def on_trial_begin(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        done = f", {epochs_done} of {trial.recipe.epochs} epochs done before" if epochs_done else ""
        setting = self._settings.get(id(trial))
        told = f" ({setting[1]})" if setting else ""
        self.on_message(f"Trial {number} of {count}: {self._name(trial)}{told}{done}")
        self._running.add(self._name(trial))
        self._side_by_side = self._side_by_side or len(self._running) > 1

    def on_epoch_end(self, trial: Trial, record: EpochRecord) -> None:
        whose = f"{self._name(trial)}: " if self._side_by_side else ""
        self.on_message(f"  {whose}{epoch_text(trial, record)}{self._left}")

    def on_trial_end(self, record: TrialRecord) -> None:
        self._running.discard(self._name(record.trial))
        self.on_message(f"  {self._ended(record)}")

    def on_time_left(self, seconds: float, done_seconds: float) -> None:
        self._left = f", {units.seconds(seconds)} left"


class Bars(_Named):
    """A bar for the whole and one for each running trial, with its last epoch's figures."""

    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self._bars = bars
        self._waiting: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}
        self._whole: TaskID | None = None

    def on_message(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False)

    def on_wait(self, what: str) -> None:
        self._end_wait()
        self._waiting = self._bars.add_task(f"{what} …", total=None, news="")

    def on_trial_begin(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        self._end_wait()
        self._end(trial)
        about, total = f"{number}/{count} {self._name(trial)}", trial.recipe.epochs
        task = self._bars.add_task(about, total=total, completed=epochs_done, news="")
        self._tasks[self._name(trial)] = task

    def on_step_end(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        self._update(trial, completed=epoch - 1 + step / steps)

    def on_epoch_end(self, trial: Trial, record: EpochRecord) -> None:
        self._update(trial, completed=record.epoch, news=epoch_text(trial, record))

    def on_trial_end(self, record: TrialRecord) -> None:
        self._end(record.trial)
        self.on_message(self._ended(record))

    def on_time_left(self, seconds: float, done_seconds: float) -> None:
        if self._whole is None:
            self._whole = self._bars.add_task("all trials", news="")
        self._bars.update(
            self._whole,
            total=done_seconds + seconds,
            completed=done_seconds,
            news=f"{units.seconds(seconds)} left",
        )

    def _update(self, trial: Trial, **figures: Any) -> None:
        task = self._tasks.get(self._name(trial), self._waiting)
        if task is not None:
            self._bars.update(task, **figures)

    def _end(self, trial: Trial) -> None:
        task = self._tasks.pop(self._name(trial), None)
        if task is not None:
            self._bars.remove_task(task)

    def _end_wait(self) -> None:
        if self._waiting is not None:
            self._bars.remove_task(self._waiting)
            self._waiting = None
