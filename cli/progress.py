"""What a comparison says while it runs, on standard error: live bars, or lines."""

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
from netzoo.records.trial import EpochRecord, Trial, TrialRecord
from netzoo.runs.listener import Listener


@contextlib.contextmanager
def progress(quiet: bool = False, log_file: str | None = None) -> Iterator[Listener]:
    """Return a listener for where standard error goes, and for a log file; colours obey NO_COLOR.

    Raises BadInput if the log file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        listeners: list[Listener] = []
        if log_file is not None:
            try:
                file = stack.enter_context(Path(log_file).open("a", encoding="utf-8"))
            except OSError as error:
                raise BadInput(f"{log_file} cannot be written: {error.strerror}.") from error
            listeners.append(Lines(file, times=True))
        if not quiet:
            if sys.stderr.isatty():
                columns = (
                    TextColumn("{task.description}", markup=False),
                    BarColumn(bar_width=24),
                    TextColumn("{task.fields[news]}", markup=False),
                )
                bars = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
                listeners.append(Bars(bars))
            else:
                listeners.append(Lines(sys.stderr))
        yield _Several(listeners)


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
    if record.error is not None:
        return f"{record.status}: {record.error}"
    accuracy, seconds = record.test_accuracy or 0.0, record.seconds or 0.0
    return f"test {units.percent(accuracy)} in {units.seconds(seconds)}"


def _name(trial: Trial) -> str:
    return f"{trial.model}, seed {trial.seed}"


class _Several(Listener):
    """Passes on what it hears."""

    def __init__(self, listeners: list[Listener]) -> None:
        for name in (name for name in vars(Listener) if not name.startswith("_")):
            setattr(self, name, self._to_all([getattr(each, name) for each in listeners]))

    @staticmethod
    def _to_all(methods: list[Any]) -> Any:
        def call(*arguments: Any, **named: Any) -> None:
            for method in methods:
                method(*arguments, **named)

        return call


class Lines(Listener):
    """Plain lines, one an epoch; times: each begins with the time of day."""

    def __init__(self, file: Any, *, times: bool = False) -> None:
        self._file, self._times = file, times
        self._left = ""

    def said(self, line: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S ") if self._times else ""
        click.echo(stamp + line, file=self._file)

    def trial_started(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        done = f", {epochs_done} of {trial.recipe.epochs} epochs done before" if epochs_done else ""
        self.said(f"Trial {number} of {count}: {_name(trial)}{done}")

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        self.said(f"  {epoch_text(trial, record)}{self._left}")

    def trial_ended(self, record: TrialRecord) -> None:
        self.said(f"  {_name(record.trial)}: {end_text(record)}")

    def time_left(self, seconds: float, done_seconds: float) -> None:
        self._left = f", {units.seconds(seconds)} left"


class Bars(Listener):
    """A bar for the whole and one for the running trial, with its last epoch's figures."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._whole: TaskID | None = None

    def said(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False)

    def waiting(self, what: str) -> None:
        self._replace(f"{what} …", total=None)

    def trial_started(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        self._replace(f"{number}/{count} {_name(trial)}", total=trial.recipe.epochs)
        if self._task is not None:
            self._bars.update(self._task, completed=epochs_done)

    def stepped(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=epoch - 1 + step / steps)

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=record.epoch, news=epoch_text(trial, record))

    def trial_ended(self, record: TrialRecord) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        self.said(f"{_name(record.trial)}: {end_text(record)}")

    def time_left(self, seconds: float, done_seconds: float) -> None:
        if self._whole is None:
            self._whole = self._bars.add_task("all trials", news="")
        self._bars.update(
            self._whole,
            total=done_seconds + seconds,
            completed=done_seconds,
            news=f"{units.seconds(seconds)} left",
        )

    def _replace(self, description: str, total: int | None) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(description, total=total, news="")
