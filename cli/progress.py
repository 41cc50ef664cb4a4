"""What a comparison says while it runs, on standard error: live bars, or lines."""

import contextlib
import sys
from collections.abc import Iterator

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from netzoo import units
from netzoo.records import EpochRecord, Trial, TrialRecord
from netzoo.runs.compare import Listener


@contextlib.contextmanager
def progress() -> Iterator[Listener]:
    """Return a listener for where standard error goes: a terminal, or a file or pipe."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[news]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield Bars(bars)


def epoch_text(trial: Trial, record: EpochRecord) -> str:
    """Return an epoch's figures: "epoch 3/6, loss 0.512, train 81.2 %, 443 images/s"."""
    parts = [
        f"epoch {record.epoch}/{trial.recipe.epochs}",
        f"loss {units.decimal(record.train_loss)}",
        f"train {units.percent(record.train_accuracy)}",
    ]
    if record.test_accuracy is not None:
        parts.append(f"test {units.percent(record.test_accuracy)}")
    if record.images_per_second is not None:
        parts.append(f"{units.rate(record.images_per_second)} images/s")
    return ", ".join(parts)


def end_text(record: TrialRecord) -> str:
    """Return how a trial ended."""
    if record.error is not None:
        return f"failed: {record.error}"
    accuracy, seconds = record.test_accuracy or 0.0, record.seconds or 0.0
    return f"test {units.percent(accuracy)} in {units.seconds(seconds)}"


def _name(trial: Trial) -> str:
    return f"{trial.model}, seed {trial.seed}"


class Lines(Listener):
    """Plain lines, one an epoch."""

    def said(self, line: str) -> None:
        click.echo(line, err=True)

    def trial_started(self, trial: Trial, number: int, count: int) -> None:
        click.echo(f"Trial {number} of {count}: {_name(trial)}", err=True)

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        click.echo(f"  {epoch_text(trial, record)}", err=True)

    def trial_ended(self, record: TrialRecord) -> None:
        click.echo(f"  {_name(record.trial)}: {end_text(record)}", err=True)


class Bars(Listener):
    """A bar a trial, with the last epoch's figures and the time left."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def said(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False)

    def waiting(self, what: str) -> None:
        self._replace(f"{what} …", total=None)

    def trial_started(self, trial: Trial, number: int, count: int) -> None:
        self._replace(f"{number}/{count} {_name(trial)}", total=trial.recipe.epochs)

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

    def _replace(self, description: str, total: int | None) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(description, total=total, news="")
