"""The main job: check, plan, estimate, train one process a trial, keep, and put side by side."""

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netzoo.errors import Diverged, Interrupted, NetzooError, OutOfMemory, StoreError
from netzoo.provenance import COMMAND, Device, git_commit
from netzoo.records.codec import from_plain, to_text
from netzoo.records.plan import Plan
from netzoo.records.trial import ENDED, EpochRecord, Fitted, Trial, TrialRecord
from netzoo.results.comparison import Comparison
from netzoo.results.rows import compare_records
from netzoo.runs.listener import Listener, parts_line, plan_lines, threads_line
from netzoo.runs.prepare import (
    more_parts,
    opened,
    pictures_again,
    start_process,
)
from netzoo.runs.process import Process
from netzoo.runs.progress import Clock
from netzoo.runs.request import AUTO, Request, identity
from netzoo.runs.store import Store


def compare(
    models: Sequence[str] | str,
    *,
    recipe: str = AUTO,
    dataset: str | None = None,
    data_dir: str | Path | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "auto",
    baseline: str | None = None,
    output: str | Path | None = None,
    listener: Listener | None = None,
    **overrides: Any,
) -> Comparison:
    """Train models one after another, each in a process of its own, and return their comparison.

    models: names or specs ("alexnet", "alexnet:dropout=0.2").
    recipe: "lesson", "quick", or "auto": lesson on a GPU, quick on a CPU.
    dataset: "fashion_mnist", "fashion_mnist_sample", or a TFDS name; None: Fashion-MNIST, and for
    the quick recipe the bundled sample of it where the full set is not on this machine.
    data_dir: look for the data set there only.
    seeds: each model is trained once with each. device: "auto", "gpu" or "cpu".
    baseline: the model that the others are compared with; by default the first.
    output: a folder for records, checkpoints, logs and the table; what it holds of these trials is
    not trained again. None: nothing is kept.
    overrides: fields of netzoo.Recipe, such as epochs=2.

    A trial that fails gives a row with its reason; the others go on. The first Ctrl-C finishes the
    running epoch, the second stops at once; with an output, the same call goes on from there.
    Raises NetzooError for a wrong request, before any training; StoreError if the output can no
    longer be written; Interrupted, with what was finished, at Ctrl-C.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> comparison = netzoo.compare(["lenet", "lenet-relu"], **few)
    >>> [(row.name, row.params, row.status) for row in comparison.models]
    [('lenet', 61706, 'ok'), ('lenet-relu', 61706, 'ok')]
    """
    request = Request.of(
        models,
        baseline,
        recipe=recipe,
        dataset=dataset,
        data_dir=data_dir,
        seeds=seeds,
        device=device,
        **overrides,
    )
    listener = listener or Listener()
    with opened(request, output, listener) as (store, found, loaded):
        return _Run(found, store, listener, loaded).train()


class _Run:
    """The training of a plan's trials, one after another."""

    def __init__(
        self, found: Plan, store: Store, listener: Listener, loaded: Process | None
    ) -> None:
        self.plan, self.store, self.listener = found, store, listener
        self.loaded = loaded  # for the first process that is needed
        self.threads = found.device.threads
        self.threads_told: str | None = None
        self.pictures = store.pictures(found.trials[0].dataset)
        self.records: dict[str, TrialRecord] = {}  # by the trial's identity
        self.stopping = False
        self.origin: dict[str, Any] = {"command": COMMAND.get(), "commit": git_commit()}

    def train(self) -> Comparison:
        """Train every trial that has not ended; return the comparison, and keep it."""
        todo = self._todo()
        self.clock = Clock(self.plan, todo)
        if todo:
            for line in plan_lines(self.plan, todo):
                self.listener.said(line)
            self._mend_pictures()
        with self._stopping_at_ctrl_c():
            for trial, epochs_left in todo:
                self._run(trial, epochs_left)
        for line in self.store.set_aside_damaged():
            self.listener.said(line)
        self._mend_folder()
        comparison = compare_records(
            [self.records[identity(trial)] for trial in self.plan.trials], self.plan.baseline
        )
        self.store.keep("comparison.json", to_text(comparison))
        self.store.keep("table.txt", comparison.table().render("table") + "\n")
        if self.stopping and any(r.status == "unfinished" for r in self.records.values()):
            raise Interrupted(comparison)
        return comparison

    def _todo(self) -> list[tuple[Trial, int]]:
        """Return the trials that have not ended with their epochs to go; take up the others."""
        todo = []
        for trial in self.plan.trials:
            record = self.store.record(trial)
            if record is not None and record.status in ENDED:
                self.records[identity(trial)] = record
            else:
                about = self.store.progress(trial)
                todo.append((trial, trial.recipe.epochs - (len(about.history) if about else 0)))
        for line in self.store.set_aside_damaged():
            self.listener.said(f"{line} Its trial runs again.")
        count = len(self.records)
        if count:
            were = "is" if count == 1 else "are"
            self.listener.said(f"{count} of {len(self.plan.trials)} trials {were} done already.")
        return todo

    def _run(self, trial: Trial, epochs_left: int) -> None:
        failure = self.plan.failures.get(trial.model)
        if self.stopping:
            record = self._unfinished(trial, {})
        elif failure is not None:
            record = self._record(trial, {}, status="failed", error=failure)
        else:
            number = self.plan.trials.index(trial) + 1
            epochs_done = trial.recipe.epochs - epochs_left
            self.store.forget(trial)
            self.listener.trial_started(trial, number, len(self.plan.trials), epochs_done)
            self.clock.trial_started(trial)
            record = self._train(trial)
            self.clock.trial_ended()
            self._say_time_left()
        self.records[identity(trial)] = record
        if record.status != "unfinished":
            self.store.keep_trial(record)
            self.listener.trial_ended(record)

    def _train(self, trial: Trial) -> TrialRecord:
        """Train a trial, in more parts if its batch does not fit, and return its record."""
        parts = self.plan.parts.get(trial.model, 1)
        started: dict[str, Any] = {}
        while True:
            try:
                return self._once(trial, parts, started)
            except OutOfMemory as error:
                more = more_parts(trial, parts)
                if more is None:
                    return self._record(trial, started, status="failed", error=str(error))
                parts = more
                self.listener.said(parts_line(trial, parts))
                self.store.checkpoint(trial).unlink(missing_ok=True)
            except StoreError:
                raise
            except NetzooError as error:
                status = "diverged" if isinstance(error, Diverged) else "failed"
                return self._record(trial, started, status=status, error=str(error))
            except KeyboardInterrupt:
                self.stopping = True
                return self._unfinished(trial, started)

    def _once(self, trial: Trial, parts: int, started: dict[str, Any]) -> TrialRecord:
        """Train a trial in one process; started is given the process's device and versions."""
        told = False
        loaded, self.loaded = self.loaded, None
        about = self.store.progress(trial)
        threads = self.threads if about is None else about.threads  # as its first epochs had
        name, chosen = identity(trial), threads or self.threads
        process, answer = start_process(
            self.store, name, trial.backend, trial.device, chosen, loaded
        )
        self._say_threads(threads, answer)
        started |= {
            "device": from_plain(Device, answer["device"]),
            "versions": answer["versions"],
        }

        def hear(event: dict[str, Any]) -> None:
            nonlocal told
            if self.stopping and not told:
                told = True
                process.tell({"do": "stop"})
                self.listener.said("Stopping at the end of this epoch; Ctrl-C again stops now.")
            kind = event.pop("event")
            if kind == "said":
                self.listener.said(event["line"])
            elif kind == "step":
                self.clock.stepped(event["step"], event["steps"])
                self.listener.stepped(trial, **event)
            else:
                self.clock.epoch_ended()
                self.listener.epoch_ended(trial, from_plain(EpochRecord, event))
            self._say_time_left()

        path = str(self.store.checkpoint(trial).absolute())
        with process:
            request = {"do": "train", "trial": trial, "parts": parts, "checkpoint": path}
            event = process.ask(request, hear)
        if event["event"] == "stopped":
            return self._unfinished(trial, started)
        fitted = from_plain(Fitted, event["fitted"])
        results = {"parts": event["parts"], "head": event["head"], **vars(fitted)}
        return self._record(trial, started, status="ok", **results)

    def _say_threads(self, before: int | None, started: dict[str, Any]) -> None:
        """Say once what there is to know of the threads; further trials have as many."""
        self.threads = self.threads or started["device"]["threads"]
        line = threads_line(before, started)
        if line is not None and line != self.threads_told:
            self.threads_told = line
            self.listener.said(line)

    def _unfinished(self, trial: Trial, started: dict[str, Any]) -> TrialRecord:
        """Return the record of a trial that Ctrl-C stopped, or did not let begin."""
        record = self._record(trial, started, status="unfinished", error="stopped by Ctrl-C.")
        if not record.history:
            return record
        done = f"{len(record.history)} of {trial.recipe.epochs} epochs are kept."
        return replace(record, error=f"stopped by Ctrl-C; {done}")

    def _record(self, trial: Trial, started: dict[str, Any], **results: Any) -> TrialRecord:
        """Return a trial's record; one that did not end well has the epochs that were kept."""
        about = None if results["status"] == "ok" else self.store.progress(trial)
        if about is not None:
            results["history"], results["parts"] = about.history, about.parts
        return self.plan.record(trial, **started, **self.origin, **results)

    def _mend_pictures(self) -> None:
        """Make the pictures that the folder of a plan has not, where its images are read anyway."""
        if self.pictures is None:
            self.pictures = pictures_again(self.plan.trials[0].dataset)
            if self.pictures is not None:
                self.store.keep_pictures(self.pictures)

    def _mend_folder(self) -> None:
        """Write everything again if the folder was removed while it was in use."""
        if self.store.plan() is not None:
            return
        self.listener.said(f"{self.store.folder} was removed or damaged; it is written anew.")
        if self.pictures is not None:
            self.store.keep_pictures(self.pictures)
        self.store.keep_plan(self.plan)
        for record in self.records.values():
            if record.status != "unfinished":
                self.store.keep_trial(record)

    def _say_time_left(self) -> None:
        self.listener.time_left(self.clock.left_seconds(), self.clock.done_seconds())

    @contextlib.contextmanager
    def _stopping_at_ctrl_c(self) -> Iterator[None]:
        """Let the first Ctrl-C ask for a stop, and the second raise KeyboardInterrupt."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(number: int, frame: Any) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.stopping = True  # said and done at the next event: a handler may not print

        before = signal.signal(signal.SIGINT, handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before or signal.default_int_handler)
