"""The training of single trials, each in a process of its own, from its start to its record."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, NamedTuple

from netzoo.errors import Diverged, NetzooError, OutOfMemory, StoreError
from netzoo.provenance import COMMAND, git_commit
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial, TrialRecord, TrialStatus
from netzoo.runs.announcements import again_line, parts_line, threads_line
from netzoo.runs.callback import Callback
from netzoo.runs.conversation import Conversation, Lost
from netzoo.runs.executor import Executor
from netzoo.runs.messages import (
    Ended,
    Epoch,
    Finished,
    Progress,
    Start,
    Started,
    Step,
    Stop,
    Stopped,
    Train,
    pass_on,
)
from netzoo.runs.places import Place
from netzoo.runs.prepare import more_parts
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.store import Store

MOST_LOSSES = 3  # of a trial's processes, until the trial is taken for their cause
_Made = dict[str, Any]  # device and versions of the process that trained
Training = Generator[Conversation, None, TrialRecord]


class Until(NamedTuple):
    """How far to train: until so many epochs are done, or the curve has an accuracy.

    A training stops at the first of them, or at its end.
    """

    epoch: int | None = None
    accuracy: float | None = None


THE_END = Until()


class NoMemoryBeside(Exception):
    """A trial found no memory beside others on its device."""


class Trainer:
    """Trains trials of a plan; several of its trainings may wait for their processes at once.

    stopping: whether Ctrl-C has asked for the end of the epoch. halting: whether it has asked for
    the end at once. eta: what hears the progress of each trial. jobs: how many run side by side.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        callback: Callback,
        executor: Executor,
        eta: EtaEstimator,
        save_models: bool,
        jobs: int,
    ) -> None:
        self.plan, self.store, self.callback = plan, store, callback
        self.executor, self.eta = executor, eta
        self.save_models, self.jobs = save_models, jobs
        self.stopping = self.halting = False
        self._stop_told = False
        self._threads = plan.device.threads
        self._threads_told: str | None = None
        self._origin: dict[str, Any] = {"command": COMMAND.get(), "commit": git_commit()}

    def train(self, trial: Trial, place: Place, jobs: int, until: Until = THE_END) -> Training:
        """Train a trial, in more parts if its batch does not fit, and return its record.

        jobs: how many trials run side by side. until: where it pauses, if that is before its end;
        its record then has the status PAUSED. Yields its process when it waits for it. Raises
        NoMemoryBeside if the memory of its place is shared, and may do for it alone; StoreError.
        """
        parts = self.plan.profiles[trial.model].parts
        started: _Made = {"jobs": jobs}
        losses = 0
        while True:
            try:
                return (yield from self._once(trial, parts, started, place, until))
            except OutOfMemory as error:
                if jobs > 1 and place.shared:
                    raise NoMemoryBeside from error
                more = more_parts(trial, parts)
                if more is None:
                    return self.record(trial, started, TrialStatus.FAILED, error=str(error))
                parts = more
                self.callback.on_message(parts_line(trial, parts))
                self.store.checkpoint(trial).unlink(missing_ok=True)
            except StoreError:
                raise
            except Lost as error:
                losses += 1
                if self.stopping:
                    return self.unfinished(trial, started)
                if losses > MOST_LOSSES:
                    why = f"{error}, {losses} times in all."
                    return self.record(trial, started, TrialStatus.FAILED, error=why)
                self.callback.on_message(again_line(trial, error, self.store.progress(trial)))
                self.eta.begin_trial(trial, self.eta.put_off_trial(trial))
            except NetzooError as error:
                diverged = isinstance(error, Diverged)
                status = TrialStatus.DIVERGED if diverged else TrialStatus.FAILED
                return self.record(trial, started, status, error=str(error))
            except KeyboardInterrupt:
                self.stopping = self.halting = True
                return self.unfinished(trial, started)

    def _once(
        self, trial: Trial, parts: int, started: _Made, place: Place, until: Until
    ) -> Training:
        """Train a trial in one process; started is given the process's device and versions."""
        meta = self.store.progress(trial)
        threads = self._threads if meta is None else meta.threads  # as its first epochs had
        path = str(self.store.checkpoint(trial).absolute())
        model = str(self.store.model(trial).absolute()) if self.save_models else None
        with self.executor.process(trial) as process:
            devices = trial.recipe.data_parallel
            process.send(Start(trial.device, threads or self._threads, place, devices))
            reply = yield from process.receiving(Started)
            self._say_threads(threads, reply)
            started |= {"device": reply.device, "versions": reply.versions}
            about = trial, parts, path, model
            process.send(Train(*about, until_epoch=until.epoch, until_accuracy=until.accuracy))
            ended = yield from process.receiving(Ended, self._hearing(trial, process))
        if isinstance(ended, Stopped) and ended.paused:
            return self.paused(trial, started)
        if not isinstance(ended, Finished):
            return self.unfinished(trial, started)
        results = {"parts": ended.parts, "head": ended.head, **vars(ended.fitted)}
        return self.record(trial, started, TrialStatus.OK, **results)

    def _hearing(self, trial: Trial, process: Conversation) -> Callable[[Progress], None]:
        """Return what hears the progress of a trial, and asks it to stop if Ctrl-C did."""
        asked = False
        to_callback = pass_on(trial, self.callback)

        def hear(event: Progress) -> None:
            nonlocal asked
            if self.stopping and not asked:
                asked = True
                process.send(Stop())
                self._say_stop()
            if isinstance(event, Step):
                self.eta.end_step(trial, event.step, event.steps)
            elif isinstance(event, Epoch):
                self.eta.end_epoch(trial)
            to_callback(event)
            self.say_time_left()

        return hear

    def stop(self) -> None:
        """Stop at the end of the epoch: at the next event, since a handler may not print."""
        self.stopping = True

    def _say_stop(self) -> None:
        if not self._stop_told:
            self._stop_told = True
            what = "this epoch" if self.jobs == 1 else "each trial's epoch"
            self.callback.on_message(f"Stopping at the end of {what}; Ctrl-C again stops now.")

    def _say_threads(self, before: int | None, started: Started) -> None:
        """Say once what there is to know of the threads; further trials have as many."""
        self._threads = self._threads or started.device.threads
        line = threads_line(before, started)
        if line is not None and line != self._threads_told:
            self._threads_told = line
            self.callback.on_message(line)

    def say_time_left(self) -> None:
        """Tell the callback the time that is left."""
        self.callback.on_time_left(self.eta.left_seconds(), self.eta.done_seconds())

    def unfinished(self, trial: Trial, started: _Made) -> TrialRecord:
        """Return the record of a trial that Ctrl-C stopped, or did not let begin."""
        record = self.record(trial, started, TrialStatus.UNFINISHED, error="stopped by Ctrl-C.")
        if not record.history:
            return record
        done = f"{len(record.history)} of {trial.recipe.epochs} epochs are kept."
        return replace(record, error=f"stopped by Ctrl-C; {done}")

    def paused(self, trial: Trial, started: _Made) -> TrialRecord:
        """Return the record of a trial that has come as far as it was asked to."""
        record = self.record(trial, started, TrialStatus.PAUSED)
        done = f"{len(record.history)} of {trial.recipe.epochs} epochs are done and kept."
        return replace(record, error=done)

    def record(
        self, trial: Trial, started: _Made, status: TrialStatus, **results: Any
    ) -> TrialRecord:
        """Return a trial's record; one without a result has the epochs that were kept."""
        meta = None if status == TrialStatus.OK else self.store.progress(trial)
        if meta is not None:
            results |= {"history": meta.history, "parts": meta.parts}
            results["test_reads"] = meta.test_reads
        return self.plan.record(trial, status, **started, **self._origin, **results)
