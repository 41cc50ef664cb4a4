"""The training of a plan's trials, one process after another, each saved as it ends."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from netzoo.errors import Diverged, Interrupted, NetzooError, OutOfMemory, StoreError
from netzoo.provenance import COMMAND, git_commit
from netzoo.records.codec import to_text
from netzoo.records.plan import Plan
from netzoo.records.trial import FINAL, Trial, TrialRecord, TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.comparison import Comparison
from netzoo.results.rows import compare_records
from netzoo.runs.announcements import parts_line, plan_lines, threads_line, unsaved_line
from netzoo.runs.callback import Callback
from netzoo.runs.ctrl_c import at_ctrl_c
from netzoo.runs.forkserver import Forkserver
from netzoo.runs.identity import identity
from netzoo.runs.messages import (
    Ended,
    Epoch,
    Finished,
    Progress,
    Started,
    Step,
    Stop,
    Train,
    pass_on,
)
from netzoo.runs.prepare import (
    more_parts,
    pictures_again,
    start_process,
)
from netzoo.runs.process import Process
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.store import Store

MOST_WHOLE = 100_000  # trials, of which all that a comparison needs is held from the start
_Made = dict[str, Any]  # device and versions of the process that trained


class Run:
    """The training of a plan's trials, one after another."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        callback: Callback,
        server: Forkserver,
        save_models: bool,
    ) -> None:
        self.plan, self.store, self.callback = plan, store, callback
        self.server, self.save_models = server, save_models
        self.threads = plan.device.threads
        self.threads_told: str | None = None
        self.pictures = store.pictures(plan.trials[0].dataset)
        self.records: dict[str, TrialRecord] = {}  # by identity, but for those in packs
        self.done: list[TrialRecord] = []  # every record, if none was to be trained
        self.stopping = False
        self.origin: dict[str, Any] = {"command": COMMAND.get(), "commit": git_commit()}

    def train(self) -> Comparison:
        """Train every trial that has not ended; return the comparison, and keep it."""
        todo, numbers = self._todo()
        self.eta = EtaEstimator(self.plan, todo)
        if todo:
            for line in plan_lines(self.plan, todo):
                self.callback.on_message(line)
            self._mend_pictures()
        with at_ctrl_c(self._stop):
            for number, (trial, epochs_left) in zip(numbers, todo, strict=True):
                self._run(trial, epochs_left, number)
        if self.save_models:
            self._say_models([trial for trial, _ in todo])
        for line in self.store.set_aside_damaged():
            self.callback.on_message(line)
        self._mend_folder()
        comparison = compare_records(self._all(), self.plan.baseline, self.plan.metric)
        self.store.keep("comparison.json", to_text(comparison))
        self.store.keep("table.txt", comparison.table().render("table") + "\n")
        if self.stopping and any(r.status == TrialStatus.UNFINISHED for r in self.records.values()):
            raise Interrupted(comparison)
        return comparison

    def _todo(self) -> tuple[list[tuple[Trial, int]], list[int]]:
        """Return the trials that have not ended with their epochs to go, and their numbers.

        Those that have ended are taken up.
        """
        todo: list[tuple[Trial, int]] = []
        numbers: list[int] = []
        done: list[TrialRecord] = []
        trials = Trials.of(self.plan.trials)
        held = self.store.trials.look(whole=len(trials) <= MOST_WHOLE)
        for number, (name, kind, seed, found) in enumerate(self.store.trials.each(trials, held), 1):
            if found is not None and found.status in FINAL:
                if isinstance(found, TrialRecord):
                    done.append(found)
                    if name in held.files:
                        self.records[name] = found
                continue
            trial = kind.with_seed(seed)
            meta = self.store.progress(trial) if name in held.checkpoints else None
            todo.append((trial, trial.recipe.epochs - (len(meta.history) if meta else 0)))
            numbers.append(number)
        for line in self.store.set_aside_damaged():
            self.callback.on_message(f"{line} Its trial runs again.")
        count = len(self.plan.trials) - len(todo)
        if count:
            were = "is" if count == 1 else "are"
            self.callback.on_message(
                f"{count} of {len(self.plan.trials)} trials {were} done already."
            )
        self.done = done if len(done) == len(trials) else []
        return todo, numbers

    def _all(self) -> list[TrialRecord]:
        """Return the record of every planned trial, of a packed one without its predictions."""
        if self.done:
            return self.done
        trials, held = Trials.of(self.plan.trials), self.store.trials.look(whole=True)
        records = []
        for _, kind, seed, found in self.store.trials.each(trials, held, self.records):
            if not isinstance(found, TrialRecord):  # someone has removed it
                trial = kind.with_seed(seed)
                found = self.plan.record(trial, TrialStatus.UNFINISHED, error="not begun.")
            records.append(found)
        return records

    def _run(self, trial: Trial, epochs_left: int, number: int) -> None:
        failure = self.plan.profiles[trial.model].failure
        if self.stopping:
            record = self._unfinished(trial, {})
        elif failure is not None:
            record = self._record(trial, {}, TrialStatus.FAILED, error=failure)
        else:
            epochs_done = trial.recipe.epochs - epochs_left
            self.store.forget(trial)
            self.callback.on_trial_begin(trial, number, len(self.plan.trials), epochs_done)
            self.eta.begin_trial(trial)
            record = self._train(trial)
            self.eta.end_trial()
            self._say_time_left()
        self.records[identity(trial)] = record
        if record.status != TrialStatus.UNFINISHED:
            for packed in self.store.keep_trial(record):
                self.records.pop(packed, None)
            self.callback.on_trial_end(record)

    def _train(self, trial: Trial) -> TrialRecord:
        """Train a trial, in more parts if its batch does not fit, and return its record."""
        parts = self.plan.profiles[trial.model].parts
        started: _Made = {}
        while True:
            try:
                return self._once(trial, parts, started)
            except OutOfMemory as error:
                more = more_parts(trial, parts)
                if more is None:
                    return self._record(trial, started, TrialStatus.FAILED, error=str(error))
                parts = more
                self.callback.on_message(parts_line(trial, parts))
                self.store.checkpoint(trial).unlink(missing_ok=True)
            except StoreError:
                raise
            except NetzooError as error:
                diverged = isinstance(error, Diverged)
                status = TrialStatus.DIVERGED if diverged else TrialStatus.FAILED
                return self._record(trial, started, status, error=str(error))
            except KeyboardInterrupt:
                self.stopping = True
                return self._unfinished(trial, started)

    def _once(self, trial: Trial, parts: int, started: _Made) -> TrialRecord:
        """Train a trial in one process; started is given the process's device and versions."""
        meta = self.store.progress(trial)
        threads = self.threads if meta is None else meta.threads  # as its first epochs had
        name, chosen = identity(trial), threads or self.threads
        process, reply = start_process(
            *(self.store, name, trial.backend, trial.device, chosen, self.server),
            devices=trial.recipe.data_parallel,
        )
        self._say_threads(threads, reply)
        started |= {"device": reply.device, "versions": reply.versions}
        path = str(self.store.checkpoint(trial).absolute())
        with process:
            model = str(self.store.model(trial).absolute()) if self.save_models else None
            request = Train(trial, parts, path, model)
            ended = process.ask(request, Ended, self._hearing(trial, process))
        if not isinstance(ended, Finished):
            return self._unfinished(trial, started)
        results = {"parts": ended.parts, "head": ended.head, **vars(ended.fitted)}
        return self._record(trial, started, TrialStatus.OK, **results)

    def _hearing(self, trial: Trial, process: Process) -> Callable[[Progress], None]:
        """Return what hears the progress of a trial, and asks it to stop if Ctrl-C did."""
        asked = False
        to_callback = pass_on(trial, self.callback)

        def hear(event: Progress) -> None:
            nonlocal asked
            if self.stopping and not asked:
                asked = True
                process.send(Stop())
                self.callback.on_message(
                    "Stopping at the end of this epoch; Ctrl-C again stops now."
                )
            if isinstance(event, Step):
                self.eta.end_step(event.step, event.steps)
            elif isinstance(event, Epoch):
                self.eta.end_epoch()
            to_callback(event)
            self._say_time_left()

        return hear

    def _say_threads(self, before: int | None, started: Started) -> None:
        """Say once what there is to know of the threads; further trials have as many."""
        self.threads = self.threads or started.device.threads
        line = threads_line(before, started)
        if line is not None and line != self.threads_told:
            self.threads_told = line
            self.callback.on_message(line)

    def _unfinished(self, trial: Trial, started: _Made) -> TrialRecord:
        """Return the record of a trial that Ctrl-C stopped, or did not let begin."""
        record = self._record(trial, started, TrialStatus.UNFINISHED, error="stopped by Ctrl-C.")
        if not record.history:
            return record
        done = f"{len(record.history)} of {trial.recipe.epochs} epochs are kept."
        return replace(record, error=f"stopped by Ctrl-C; {done}")

    def _record(
        self, trial: Trial, started: _Made, status: TrialStatus, **results: Any
    ) -> TrialRecord:
        """Return a trial's record; one without a result has the epochs that were kept."""
        meta = None if status == TrialStatus.OK else self.store.progress(trial)
        if meta is not None:
            results["history"], results["parts"] = meta.history, meta.parts
        return self.plan.record(trial, status, **started, **self.origin, **results)

    def _say_models(self, trained: Sequence[Trial]) -> None:
        """Say which finished trials were done before, and have no saved network."""
        now = {identity(trial) for trial in trained}
        trials, held = Trials.of(self.plan.trials), self.store.trials.look()
        for name, kind, seed, found in self.store.trials.each(trials, held, self.records):
            done = found is not None and found.status == TrialStatus.OK
            if done and name not in now and not self.store.model(kind.with_seed(seed)).exists():
                self.callback.on_message(unsaved_line(self.store.folder, name))

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
        self.callback.on_message(f"{self.store.folder} was removed or damaged; it is written anew.")
        if self.pictures is not None:
            self.store.keep_pictures(self.pictures)
        self.store.keep_plan(self.plan)
        for record in self.records.values():
            if record.status != TrialStatus.UNFINISHED:
                self.store.keep_trial(record)

    def _stop(self) -> None:
        self.stopping = True  # said and done at the next event: a handler may not print

    def _say_time_left(self) -> None:
        self.callback.on_time_left(self.eta.left_seconds(), self.eta.done_seconds())
