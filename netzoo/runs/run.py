"""The training of a plan's trials, one process after another, each saved as it ends."""

from collections.abc import Sequence
from functools import partial

from netzoo.errors import Interrupted
from netzoo.records.codec import to_text
from netzoo.records.plan import Plan
from netzoo.records.trial import FINAL, Trial, TrialRecord, TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.comparison import Comparison
from netzoo.results.rows import compare_records
from netzoo.runs.announcements import beside_line, plan_lines, unsaved_line
from netzoo.runs.callback import Callback
from netzoo.runs.ctrl_c import at_ctrl_c
from netzoo.runs.executor import Executor
from netzoo.runs.identity import identity
from netzoo.runs.places import Place
from netzoo.runs.prepare import pictures_again
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.side_by_side import Task, run_side_by_side
from netzoo.runs.store import Store
from netzoo.runs.trainer import NoMemoryBeside, Trainer

MOST_WHOLE = 100_000  # trials, of which all that a comparison needs is held from the start


class Run:
    """The training of a plan's trials, as many at once as the executor has places for."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        callback: Callback,
        executor: Executor,
        save_models: bool,
    ) -> None:
        self.plan, self.store, self.callback = plan, store, callback
        self.executor, self.save_models = executor, save_models
        self.pictures = store.pictures(plan.trials[0].dataset)
        self.records: dict[str, TrialRecord] = {}  # by identity, but for those in packs
        self.done: list[TrialRecord] = []  # every record, if none was to be trained
        self.until: int | None = None  # the epochs after which trials pause; None: to their end
        self._alone: list[tuple[Trial, int, int]] = []  # without memory beside others

    def train(self) -> Comparison:
        """Train every trial that has not ended; return the comparison, and keep it."""
        todo, numbers = self._todo()
        places = self._begin(todo, len(todo))
        if todo:
            for line in plan_lines(self.plan, todo, self.trainer.eta.left_seconds(), places):
                self.callback.on_message(line)
            self._mend_pictures()
        with at_ctrl_c(self.trainer.stop):
            self._train_all(todo, numbers, places)
        if self.save_models:
            self._say_models([trial for trial, _ in todo])
        for line in self.store.set_aside_damaged():
            self.callback.on_message(line)
        self._mend_folder()
        comparison = compare_records(self._all(), self.plan.baseline, self.plan.metric)
        self.store.keep("comparison.json", to_text(comparison))
        self.store.keep("table.txt", comparison.table().render("table") + "\n")
        if self.stopped and any(r.status == TrialStatus.UNFINISHED for r in self.records.values()):
            raise Interrupted(comparison)
        return comparison

    def _begin(self, todo: Sequence[tuple[Trial, int]], count: int) -> Sequence[Place]:
        """Make the trainer of trials with their epochs to go; return a place for each at once.

        count: the number of those that could run at once.
        """
        places = self.executor.places(self.plan, count) if count else ()
        eta = EtaEstimator(self.plan, todo, places)
        self.trainer = Trainer(
            self.plan, self.store, self.callback, self.executor, eta, self.save_models, len(places)
        )
        return places

    @property
    def stopped(self) -> bool:
        """Return whether Ctrl-C has asked to stop, once `train` has begun."""
        return self.trainer.stopping

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
            todo.append((trial, self.store.epochs_left(trial, name, held)))
            numbers.append(number)
        for line in self.store.set_aside_damaged():
            self.callback.on_message(f"{line} Its trial runs again.")
        count = len(self.plan.trials) - len(todo)
        if count:
            were, several = "is" if count == 1 else "are", "s" if len(self.plan.trials) > 1 else ""
            self.callback.on_message(
                f"{count} of {len(self.plan.trials)} trial{several} {were} done already."
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

    def _train_all(
        self, todo: Sequence[tuple[Trial, int]], numbers: Sequence[int], places: Sequence[Place]
    ) -> None:
        """Train the trials; the longest first, if several run at once."""
        whole = [(trial, left, number) for (trial, left), number in zip(todo, numbers, strict=True)]
        jobs = len(places)
        if jobs > 1:
            seconds = {name: timing.seconds for name, timing in self.plan.timings.items()}
            whole.sort(key=lambda one: -seconds.get(one[0].model, float)(one[1]))
        begin = (partial(self._run, *one, jobs) for one in whole)
        run_side_by_side(begin, places, lambda: self.trainer.halting)
        put_off, self._alone = self._alone, []
        alone = (partial(self._run, *one, 1) for one in put_off)
        run_side_by_side(alone, places[:1], lambda: self.trainer.halting)

    def _run(self, trial: Trial, epochs_left: int, number: int, jobs: int, place: Place) -> Task:
        trainer = self.trainer
        failure = self.plan.profiles[trial.model].failure
        if trainer.stopping:
            record = trainer.unfinished(trial, {})
        elif failure is not None:
            record = trainer.record(trial, {}, TrialStatus.FAILED, error=failure)
        else:
            epochs_done = (self.until or trial.recipe.epochs) - epochs_left
            if self.until is None:  # the record of a paused one says what it had reached
                self.store.forget(trial)
            self.callback.on_trial_begin(trial, number, len(self.plan.trials), epochs_done)
            trainer.eta.begin_trial(trial, epochs_left)
            try:
                record = yield from trainer.train(trial, place, jobs, self.until)
            except NoMemoryBeside:
                trainer.eta.put_off_trial(trial)
                self._alone.append((trial, epochs_left, number))
                self.callback.on_message(beside_line(trial))
                return
            trainer.eta.end_trial(trial)
            trainer.say_time_left()
        self.records[identity(trial)] = record
        if record.status != TrialStatus.UNFINISHED:
            for packed in self.store.keep_trial(record):
                self.records.pop(packed, None)
            self.callback.on_trial_end(record)
            self._ended(record)

    def _ended(self, record: TrialRecord) -> None:
        """Take up a trial that has ended, whose record is kept."""

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
