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
from netzoo.runs.announcements import beside_line, plan_lines, target_line, unsaved_line
from netzoo.runs.callback import Callback
from netzoo.runs.ctrl_c import at_ctrl_c
from netzoo.runs.executor import Executor
from netzoo.runs.identity import identity
from netzoo.runs.places import Place
from netzoo.runs.prepare import pictures_again
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.side_by_side import Task, run_side_by_side
from netzoo.runs.store import Store
from netzoo.runs.target import Leg, ToTarget
from netzoo.runs.trainer import THE_END, NoMemoryBeside, Trainer

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
        self._alone: list[Leg] = []  # without memory beside others
        self._to_target = None if plan.target is None else ToTarget(plan.target)

    def train(self) -> Comparison:
        """Train every trial that has not ended; return the comparison, and keep it.

        With a target, only as far as it takes to decide when each model reaches it.
        """
        unended = self._todo()
        legs = unended if self._to_target is None else self._to_target.legs()
        self._say_done(len(self.plan.trials) - len(legs))
        todo = _left(legs)
        places = self._begin(todo, len(todo))
        if todo:
            for line in plan_lines(self.plan, todo, self.trainer.eta.left_seconds(), places):
                self.callback.on_message(line)
            if self.plan.target is not None:
                self.callback.on_message(target_line(self.plan.target))
            self._mend_pictures()
        self._note_paused(unended, legs)
        with at_ctrl_c(self.trainer.stop):
            self._train_all(legs, places)
            while self._to_target is not None and (legs := self._to_target.legs()):
                self.trainer.eta.add(_left(legs))
                is_last = self.stopped  # what is left is then noted as unfinished
                self._train_all(legs, places)
                if is_last:
                    break
        if self.save_models:
            self._say_models([leg.trial for leg in unended])
        for line in self.store.set_aside_damaged():
            self.callback.on_message(line)
        self._mend_folder()
        about = self.plan.baseline, self.plan.metric, self.plan.target
        comparison = compare_records(self._all(), *about)
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

    def _todo(self) -> list[Leg]:
        """Return the trials that have not ended, each to its end; the others are taken up."""
        todo: list[Leg] = []
        done: list[TrialRecord] = []
        trials = Trials.of(self.plan.trials)
        whole = len(trials) <= MOST_WHOLE or self._to_target is not None
        held = self.store.trials.look(whole=whole)
        for number, (name, kind, seed, found) in enumerate(self.store.trials.each(trials, held), 1):
            if found is not None and found.status in FINAL:
                if isinstance(found, TrialRecord):
                    done.append(found)
                    if name in held.files:
                        self.records[name] = found
                    if self._to_target is not None and found.status == TrialStatus.OK:
                        self._to_target.note(found.trial, found.history)
                continue
            trial = kind.with_seed(seed)
            todo.append(Leg(trial, number, self.store.epochs_left(trial, name, held)))
            if self._to_target is not None:
                meta = self.store.progress(trial) if name in held.checkpoints else None
                self._to_target.note(trial, meta.history if meta else (), to_go=todo[-1])
        for line in self.store.set_aside_damaged():
            self.callback.on_message(f"{line} Its trial runs again.")
        self.done = done if len(done) == len(trials) else []
        return todo

    def _say_done(self, count: int) -> None:
        if count:
            were, several = "is" if count == 1 else "are", "s" if len(self.plan.trials) > 1 else ""
            self.callback.on_message(
                f"{count} of {len(self.plan.trials)} trial{several} {were} done already."
            )

    def _note_paused(self, unended: Sequence[Leg], legs: Sequence[Leg]) -> None:
        """Note trials as paused whose checkpoints have all that the target needs."""
        going = {leg.number for leg in legs}
        for leg in unended:
            if leg.number not in going:
                held = self.store.record(leg.trial)
                if held is None or held.status != TrialStatus.PAUSED:
                    self.store.keep_trial(self.trainer.paused(leg.trial, {}))

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

    def _train_all(self, legs: Sequence[Leg], places: Sequence[Place]) -> None:
        """Train the trials; the longest first, if several run at once."""
        legs, jobs = list(legs), len(places)
        if jobs > 1:
            seconds = {name: timing.seconds for name, timing in self.plan.timings.items()}
            legs.sort(key=lambda leg: -seconds.get(leg.trial.model, float)(leg.epochs_left))
        begin = (partial(self._run, leg, jobs) for leg in legs)
        run_side_by_side(begin, places, lambda: self.trainer.halting)
        alone, self._alone = self._alone, []
        begin = (partial(self._run, leg, 1) for leg in alone)
        run_side_by_side(begin, places[:1], lambda: self.trainer.halting)

    def _run(self, leg: Leg, jobs: int, place: Place) -> Task:
        trainer, trial = self.trainer, leg.trial
        failure = self.plan.profiles[trial.model].failure
        if trainer.stopping:
            if leg.until != THE_END:
                self._forget(trial)  # that it was paused
            record = trainer.unfinished(trial, {})
        elif failure is not None:
            record = trainer.record(trial, {}, TrialStatus.FAILED, error=failure)
        else:
            meta = self.store.progress(trial)
            epochs_done = 0 if meta is None else len(meta.history)
            self._forget(trial)
            self.callback.on_trial_begin(trial, leg.number, len(self.plan.trials), epochs_done)
            trainer.eta.begin_trial(trial, leg.epochs_left)
            try:
                record = yield from trainer.train(trial, place, jobs, leg.until)
            except NoMemoryBeside:
                trainer.eta.put_off_trial(trial)
                self._alone.append(leg)
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

    def _forget(self, trial: Trial) -> None:
        """Remove the record of a trial that trains again, or goes on."""
        self.store.forget(trial)

    def _ended(self, record: TrialRecord) -> None:
        """Take up a trial that has ended, or paused, whose record is kept."""
        if self._to_target is not None:
            self._to_target.end(record)

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


def _left(legs: Sequence[Leg]) -> list[tuple[Trial, int]]:
    return [(leg.trial, leg.epochs_left) for leg in legs]
