"""The run of a search: its settings train rung by rung, each paused by its checkpoint.

What a setting has reached is in its record or its checkpoint, which outlive a kill. All else is
computed from these: the draws, the members of each rung, the choice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from netzoo import units
from netzoo.records.plan import Plan
from netzoo.records.trial import EpochRecord, Trial, TrialRecord, TrialStatus
from netzoo.runs.announcements import about_lines
from netzoo.runs.callback import Callback
from netzoo.runs.ctrl_c import at_ctrl_c
from netzoo.runs.executor import Executor
from netzoo.runs.identity import identity
from netzoo.runs.places import Place
from netzoo.runs.run import Run
from netzoo.runs.side_by_side import Task
from netzoo.runs.store import TOML, Store
from netzoo.runs.target import Leg
from netzoo.runs.trainer import Until
from netzoo.studies.draws import GENERATION, RANDOM, Draws
from netzoo.studies.halving import Rung, Scores, beaten, members
from netzoo.studies.space import Dimension, applied, words

LOST = (TrialStatus.DIVERGED, TrialStatus.FAILED)
Reached = tuple[Sequence[EpochRecord], TrialRecord | None]


@dataclass
class Searched:
    """A model of a search: the trial whose recipe its settings change, and those drawn so far.

    names: the identities of the trials; settings that were drawn twice have one.
    """

    base: Trial
    draws: Draws
    trials: list[Trial] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class SearchRun(Run):
    """The trials of a search: a setting of a model is a trial of the plan.

    plan: its first trial of each model has the recipe that the settings change. rungs, space,
    sampler, seed: of the search.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        callback: Callback,
        executor: Executor,
        rungs: Sequence[Rung],
        space: Sequence[Dimension],
        sampler: str,
        seed: int,
    ) -> None:
        super().__init__(plan, store, callback, executor, save_models=False)
        self.rungs, self.budget = rungs, rungs[0].settings
        self._sizes = [rung.settings for rung in rungs]
        bases = {trial.model: trial for trial in reversed(plan.trials)}
        names = dict.fromkeys(trial.model for trial in plan.trials)
        one = Draws(space, sampler, seed) if sampler == RANDOM else None
        self.searched = {
            name: Searched(bases[name], one or Draws(space, sampler, seed)) for name in names
        }
        self._places: dict[str, tuple[int, int]] = {}  # in the plan, setting; by identity
        self._reached: dict[str, Reached] = {}  # by identity
        self._again: set[str] = set()  # that failed, and run once more
        self._failed: set[str] = set()  # in this run
        self._rung = 0
        self._draw(self.budget if sampler == RANDOM else min(GENERATION, self.budget))

    @cached_property
    def models(self) -> list[str]:
        """The models that can be trained."""
        return [model for model in self.searched if self.plan.profiles[model].failure is None]

    def reached(self, model: str, number: int) -> Reached:
        """Return the epochs that a setting has trained, and its record, None without one."""
        of = self.searched[model]
        name, trial = of.names[number], of.trials[number]
        if name not in self._reached:
            record = self.records.get(name) or self.store.record(trial)
            known: Sequence[EpochRecord] = () if record is None else record.history
            if record is None or record.status not in LOST:
                meta = self.store.progress(trial)
                known = meta.history if meta and len(meta.history) > len(known) else known
            self._reached[name] = known, record
        return self._reached[name]

    def scores(self, model: str, rung: int) -> Scores:
        """Return what the settings of a model have reached in a rung, as far as it is known."""
        epochs, found = self.rungs[rung].epochs, dict[int, float | None]()
        for number, name in enumerate(self.searched[model].names):
            history, record = self.reached(model, number)
            if len(history) >= epochs:
                found[number] = history[epochs - 1].validation_accuracy
            elif record is not None and record.status in LOST and name not in self._again:
                found[number] = None
        return found

    def left(self) -> Iterator[tuple[str, int]]:
        """Yield the model and the epochs of each training to come, as far as they are foreseen."""
        for model in self.models:
            decided = True
            for rung, (epochs, size) in enumerate(self.rungs):
                todo, unknown = [], size
                if decided:
                    known = self._members(model, rung)
                    scores = self.scores(model, rung)
                    todo = [number for number in known if number not in scores]
                    unknown = self.budget - len(known) if rung == 0 else 0
                for number in todo:
                    yield model, max(epochs - len(self.reached(model, number)[0]), 1)
                before = self.rungs[rung - 1].epochs if rung else 0
                yield from [(model, epochs - before)] * unknown
                decided = decided and not todo and not unknown

    def search(self) -> bool:
        """Train all rungs; return whether the search has come to its end, not stopped by Ctrl-C."""
        self.keep_plan()
        self._note_failed()
        segments = [(self.searched[model].base, epochs) for model, epochs in self.left()]
        places = self._begin(segments, len(segments))
        if segments:
            for line in self._lines(segments, places):
                self.callback.on_message(line)
            self._mend_pictures()
        with at_ctrl_c(self.trainer.stop):
            whole = all(self._climb(rung, places) for rung in range(len(self.rungs)))
        for line in self.store.set_aside_damaged():
            self.callback.on_message(line)
        self._mend_folder()
        return whole

    def keep_plan(self) -> None:
        """Write the plan with the trials that are drawn, if it lacks any."""
        kept, drawn = self.store.plan(), list(self.plan.trials)
        if kept is None or list(kept.trials[: len(drawn)]) != drawn:
            self.store.keep_plan(self.plan)

    def _draw(self, count: int) -> None:
        """Draw so many settings more, and add their trials to the plan."""
        models = self.searched.values()
        for draws in dict.fromkeys(of.draws for of in models):
            draws.draw(count)
        planned = list(self.plan.trials) if self._places else []
        drawn = len(next(iter(models)).draws.settings)
        for number in range(drawn - count, drawn):
            for of in models:
                setting = of.draws.settings[number]
                of.trials.append(replace(of.base, recipe=applied(of.base.recipe, setting)))
                of.names.append(identity(of.trials[number]))
                if of.names[number] not in self._places:
                    planned.append(of.trials[number])
                    self._places[of.names[number]] = len(planned), number
        self.plan = replace(self.plan, trials=tuple(planned))

    def _note_failed(self) -> None:
        """Let what failed run again, unless the search has ended, or a later rung has begun."""
        if (self.store.folder / TOML).exists():
            return
        for model in self.models:
            names = self.searched[model].names
            found = [self.reached(model, number) for number in range(len(names))]
            furthest = max(len(history) for history, _ in found)
            for name, (history, record) in zip(names, found, strict=True):
                if record is not None and record.status == TrialStatus.FAILED:
                    decided = any(len(history) < r.epochs < furthest for r in self.rungs)
                    self._again |= set() if decided else {name}

    def _climb(self, rung: int, places: Sequence[Place]) -> bool:
        """Train a rung of all models; return whether it has come to its end."""
        self._rung, said = rung, False
        while (todo := self._todo_of(rung)) or (rung == 0 and self._drawn_more()):
            if not said:
                said = True
                self.callback.on_message(self._rung_line(rung))
            if todo:
                places = places or self.executor.places(self.plan, len(todo))
                until = Until(epoch=self.rungs[rung].epochs)
                legs = [
                    Leg(trial, self._places[identity(trial)][0], left, until)
                    for trial, left in todo
                ]
                self._train_all(legs, places)
                if self.stopped and self._todo_of(rung):
                    return False
        for model in self.models:
            self._keep_left_out(model)
            self._drop_beaten(model, rung)
        return True

    def _members(self, model: str, rung: int) -> list[int]:
        """Return the settings of a rung that are drawn, if all rungs before it are decided."""
        scores = [self.scores(model, each) for each in range(rung + 1)]
        drawn = len(self.searched[model].trials)
        return [number for number in members(scores, self._sizes, rung) if number < drawn]

    def _todo_of(self, rung: int) -> list[tuple[Trial, int]]:
        """Return the trials of a rung that have not ended in it, each once, with epochs to go."""
        todo: dict[str, tuple[int, Trial, int]] = {}
        for model in self.models:
            of, scores = self.searched[model], self.scores(model, rung)
            for number in self._members(model, rung):
                name, trial = of.names[number], of.trials[number]
                if number not in scores and name not in todo:
                    kept = self.store.progress(trial)
                    done = 0 if kept is None else len(kept.history)
                    todo[name] = number, trial, max(self.rungs[rung].epochs - done, 1)
        ordered = sorted(todo.values(), key=lambda each: each[0])
        return [(trial, epochs) for _, trial, epochs in ordered]

    def _drawn_more(self) -> bool:
        """Tell the samplers what is known, and draw the next settings; whether any are left."""
        left = self.budget - len(next(iter(self.searched.values())).trials)
        if left <= 0 or not self.models:
            return False
        for model in self.models:
            scores = self.scores(model, 0)
            self.searched[model].draws.tell([scores[number] or 0.0 for number in sorted(scores)])
        self._draw(min(GENERATION, left))
        self.keep_plan()
        return True

    def _keep_left_out(self, model: str) -> None:
        """Write the records that a kill between checkpoint and record has left out."""
        of = self.searched[model]
        for number, (name, trial) in enumerate(zip(of.names, of.trials, strict=True)):
            history, record = self.reached(model, number)
            if history and (record is None or len(record.history) < len(history)):
                self.records[name] = self.trainer.paused(trial, {})
                self.store.keep_trial(self.records[name])
                self._reached.pop(name)

    def _drop_beaten(self, model: str, rung: int) -> None:
        """Remove the checkpoints of settings that so many others are ahead of as go on."""
        keep = self._sizes[rung + 1] if rung + 1 < len(self.rungs) else 0
        of, scores = self.searched[model], self.scores(model, rung)
        out = beaten(scores, keep)
        going = {of.names[number] for number in scores if number not in out}
        for number in out:
            if of.names[number] not in going:
                self.store.checkpoint(of.trials[number]).unlink(missing_ok=True)

    def _ended(self, record: TrialRecord) -> None:
        name = identity(record.trial)
        self._again.discard(name)
        if record.status == TrialStatus.FAILED and name not in self._failed:
            self._failed.add(name)  # its process may have been killed; it goes on once more
            self._again.add(name)
        self._reached.pop(name, None)
        self._drop_beaten(record.trial.model, self._rung)

    def _forget(self, trial: Trial) -> None:
        """Keep the record of a paused trial, which says what it has reached."""

    def _run(self, leg: Leg, jobs: int, place: Place) -> Task:
        trial = leg.trial
        setting = self._places[identity(trial)][1]
        told = words(self.searched[trial.model].draws.settings[setting])
        self.callback.on_setting(trial, setting + 1, told)
        try:
            yield from super()._run(leg, jobs, place)
        finally:
            self._reached.pop(identity(trial), None)

    def _lines(
        self, segments: Sequence[tuple[Trial, int]], places: Sequence[Place]
    ) -> Iterator[str]:
        """Yield the messages before the first training."""
        yield from about_lines(self.plan, self.models, places)
        count, whole = sum(epochs for _, epochs in segments), self.budget * self.rungs[-1].epochs
        yield (
            f"Estimate: about {units.seconds(self.trainer.eta.left_seconds())} for "
            f"{units.exact(count)} epochs of {self.budget} settings for each model, where all to "
            f"the last epoch would take {units.exact(whole * len(self.models))}."
        )

    def _rung_line(self, rung: int) -> str:
        epochs, count = self.rungs[rung]
        which = f"the best {count}" if rung else f"{count} settings"
        return f"Rung {rung + 1} of {len(self.rungs)}: {which} of each model, to epoch {epochs}."
