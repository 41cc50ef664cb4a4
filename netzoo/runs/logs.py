"""Logs of other programs that follow a comparison: TensorBoard and MLflow, each by its own client.

A log that fails, as one whose server is away, says so in a line and gets nothing more; the trials
go on.
"""

import contextlib
import logging
import os
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from netzoo.errors import BadInput, require, telling_line
from netzoo.provenance import COMMAND
from netzoo.records.trial import EpochRecord, Trial, TrialRecord, TrialStatus
from netzoo.registry import Registry
from netzoo.results.trial_rows import results, settings
from netzoo.runs.callback import Callback, CallbackList
from netzoo.runs.identity import identity

EXPERIMENT = "netzoo"
# MLflow would try seven times, for minutes, while nobody reads what the worker says.
MLFLOW_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}

Figures = dict[str, float]


class Log(Protocol):
    """A log of trials. where: its place, in words."""

    where: str

    def begin(self, trial: Trial) -> None:
        """Begin the run of a trial."""

    def epoch(self, trial: Trial, epoch: int, figures: Figures) -> None:
        """Log the figures of an epoch, counted from 1."""

    def end(self, record: TrialRecord, figures: Figures) -> None:
        """Log the results of a trial, and end its run."""

    def close(self) -> None:
        """End the runs of trials that did not end."""


LOGS: Registry[Callable[[Path], Log]] = Registry("log")


@contextlib.contextmanager
def logged(
    names: Sequence[str] | str, output: str | Path | None, callback: Callback
) -> Iterator[Callback]:
    """Yield a callback for this one and for logs by their names, which end with the context.

    output: the folder of the comparison. Raises UnknownName, BadInput without an output, or
    MissingPackage.
    """
    chosen = [names] if isinstance(names, str) else list(names)
    makers = {name: LOGS[name] for name in chosen}
    if makers and output is None:
        raise BadInput("`log` keeps curves of an output folder; name one by `output`.")
    followers = [_Follower(n, make(Path(output or "")), callback) for n, make in makers.items()]
    try:
        yield CallbackList([callback, *followers])
    finally:
        for each in followers:
            each.close()


class _Follower(Callback):
    """Passes a comparison on to a log, until the log fails."""

    def __init__(self, name: str, log: Log, callback: Callback) -> None:
        self._name, self._log, self._callback = name, log, callback
        self._failed = self._told = False
        self._logged: dict[str, set[int]] = {}  # epochs of the running trials

    def on_trial_begin(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        if not self._told:
            self._told = True
            self._callback.on_message(f"Log: {self._log.where}")
        self._logged[identity(trial)] = set()
        self._try(self._log.begin, trial)

    def on_epoch_end(self, trial: Trial, record: EpochRecord) -> None:
        figures = {key: value for key, value in asdict(record).items() if value is not None}
        epoch = figures.pop("epoch")
        figures["epoch_seconds"] = figures.pop("seconds")
        self._logged.setdefault(identity(trial), set()).add(epoch)
        self._try(self._log.epoch, trial, epoch, figures)

    def on_trial_end(self, record: TrialRecord) -> None:
        logged = self._logged.setdefault(identity(record.trial), set())
        for epoch in record.history:  # those before a resume
            if epoch.epoch not in logged:
                self.on_epoch_end(record.trial, epoch)
        self._logged.pop(identity(record.trial), None)
        figures = {key: float(n) for key, n in results(record).items() if n is not None}
        self._try(self._log.end, record, figures)

    def close(self) -> None:
        self._try(self._log.close)

    def _try(self, call: Callable[..., None], *arguments: Any) -> None:
        if self._failed:
            return
        try:
            call(*arguments)
        except Exception as error:  # each client raises its own
            self._failed = True
            reason = f"{type(error).__name__}: {telling_line(error)}"[:160]
            self._callback.on_message(
                f"The log {self._name} failed, and gets nothing more of this comparison: {reason}"
            )


@LOGS.register("tensorboard")
class TensorBoard:
    """Event files in the folder tensorboard of the output, one subfolder a trial."""

    def __init__(self, output: Path) -> None:
        install = 'pip install "netzoo[tensorboard]"'
        self._summary = require("tensorboard.summary", "`log` tensorboard", install)
        _without_tensorflow()
        self._folder = output / "tensorboard"
        self.where = f"tensorboard --logdir {self._folder}"
        self._writers: dict[str, Any] = {}

    def begin(self, trial: Trial) -> None:
        name = identity(trial)
        self._writers[name] = self._summary.Writer(str(self._folder / name))

    def epoch(self, trial: Trial, epoch: int, figures: Figures) -> None:
        writer = self._writers[identity(trial)]
        for key, value in figures.items():
            writer.add_scalar(key, value, epoch)
        writer.flush()

    def end(self, record: TrialRecord, figures: Figures) -> None:
        if identity(record.trial) not in self._writers:
            self.begin(record.trial)
        self.epoch(record.trial, len(record.history), figures)
        self._writers.pop(identity(record.trial)).close()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _without_tensorflow() -> None:
    """Let TensorBoard write files by itself, as where TensorFlow is not installed.

    It would import TensorFlow, in a process that trains nothing: seconds, and a GPU's memory. A
    module of this name tells it not to; it asks once.
    """
    flag = "tensorboard.compat.notf"
    if "tensorflow" in sys.modules:
        return
    sys.modules[flag] = types.ModuleType(flag)
    try:
        assert require("tensorboard.compat", "", "").tf.io.gfile
    finally:
        del sys.modules[flag]


@LOGS.register("mlflow")
class MLflow:
    """Runs of an experiment in the store that MLFLOW_TRACKING_URI names, or MLflow's default."""

    def __init__(self, output: Path) -> None:
        for key, value in MLFLOW_PATIENCE.items():
            os.environ.setdefault(key, value)
        self._mlflow = require("mlflow", "`log` mlflow", 'pip install "netzoo[mlflow]"')
        for name in ("mlflow", "alembic"):  # they tell each table that they create
            logging.getLogger(name).setLevel(logging.WARNING)
        self._name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        self.where = f"MLflow at {self._mlflow.get_tracking_uri()}, experiment {self._name}."
        self._runs: dict[str, str] = {}

    @cached_property
    def _client(self) -> Any:
        return self._mlflow.MlflowClient()  # it may write a database, so not before a trial begins

    def begin(self, trial: Trial) -> None:
        known = self._client.get_experiment_by_name(self._name)
        number = known.experiment_id if known else self._client.create_experiment(self._name)
        name = identity(trial)
        tags = {"netzoo.trial": name, "netzoo.command": COMMAND.get()}
        run = self._client.create_run(number, run_name=name, tags=tags).info.run_id
        self._runs[name] = run
        param = self._mlflow.entities.Param
        params = [param(key, str(value)) for key, value in settings(trial).items()]
        self._client.log_batch(run, params=params)

    def epoch(self, trial: Trial, epoch: int, figures: Figures) -> None:
        now, metric = int(1000 * time.time()), self._mlflow.entities.Metric
        metrics = [metric(key, float(value), now, epoch) for key, value in figures.items()]
        self._client.log_batch(self._runs[identity(trial)], metrics=metrics)

    def end(self, record: TrialRecord, figures: Figures) -> None:
        if identity(record.trial) not in self._runs:
            self.begin(record.trial)
        self.epoch(record.trial, len(record.history), figures)
        run = self._runs.pop(identity(record.trial))
        if record.error is not None:
            self._client.set_tag(run, "netzoo.error", record.error)
        ends = {TrialStatus.OK: "FINISHED", TrialStatus.PAUSED: "KILLED"}
        self._client.set_terminated(run, ends.get(record.status, "FAILED"))

    def close(self) -> None:
        for run in self._runs.values():
            self._client.set_terminated(run, "KILLED")
