"""The time that a comparison has left: estimated from timed steps, corrected as it runs."""

import statistics
import time
from collections import Counter
from dataclasses import replace

from netzoo.records.plan import Plan, Timing
from netzoo.records.trial import Trial


class EtaEstimator:
    """Estimates the time left, from the starts and ends of trials, steps and epochs.

    todo: the epochs that each trial has to go, 0 for one that ended, in the order of training.
    """

    def __init__(self, plan: Plan, todo: list[tuple[Trial, int]]) -> None:
        self._timings = plan.timings
        # By model, of the trials that have not begun: a sum at each step takes no pass over them.
        self._trials: Counter[str] = Counter()
        self._epochs: Counter[str] = Counter()
        self._begun_before: dict[int, int] = {}  # epochs to go, by the trial's id
        for trial, epochs in todo:
            self._trials[trial.model] += 1
            self._epochs[trial.model] += epochs
            if epochs != trial.recipe.epochs:
                self._begun_before[id(trial)] = epochs
        self._began = self._trial_began = self._mark = time.monotonic()
        self._running: Trial | None = None
        self._running_epochs = 0
        self._seen: set[str] = set()  # the models whose own start was measured
        self._share = 0.0  # of the running epoch
        self._share_at_mark: float | None = None
        self._is_first_epoch = True  # of its process
        self._by_steps: float | None = None  # an epoch's seconds, by the pace of its steps

    def begin_trial(self, trial: Trial) -> None:
        """Note the start of the first trial that is left."""
        self._running, self._share, self._share_at_mark = trial, 0.0, None
        self._running_epochs = self._begun_before.get(id(trial), trial.recipe.epochs)
        self._trials[trial.model] -= 1
        self._epochs[trial.model] -= self._running_epochs
        self._is_first_epoch, self._by_steps = True, None
        self._trial_began = self._mark = time.monotonic()

    def end_step(self, step: int, steps: int) -> None:
        """Note the progress of the running epoch."""
        self._share = step / steps
        if self._share_at_mark is None:  # the process has started, its first step is done
            self._mark, self._share_at_mark = time.monotonic(), self._share
            self._started(self._mark - self._trial_began)
        elif step < steps:  # the last, smaller batch may be compiled anew
            self._by_steps = (time.monotonic() - self._mark) / (self._share - self._share_at_mark)

    def end_epoch(self) -> None:
        """Note the end of the running epoch, with all that is done after it."""
        now = time.monotonic()
        share = 1 - (self._share_at_mark or 0.0)
        if share > 0:
            self._learn_epoch((now - self._mark) / share)
        self._mark, self._share, self._share_at_mark = now, 0.0, 0.0
        self._is_first_epoch = False
        self._running_epochs -= 1

    def end_trial(self) -> None:
        """Note the end of the running trial."""
        self._change(end=time.monotonic() - self._mark)
        self._running = None

    def done_seconds(self) -> float:
        """Return the seconds since the first trial."""
        return time.monotonic() - self._began

    def left_seconds(self) -> float:
        """Return the seconds that are left."""
        left = sum(
            self._trials[model] * timing.seconds(0) + self._epochs[model] * timing.epoch
            for model, timing in self._timings.items()
        )
        if self._running is None or self._running.model not in self._timings:
            return left
        timing = self._timings[self._running.model]
        if self._share_at_mark is None:
            passed = time.monotonic() - self._trial_began
            return left + max(timing.seconds(self._running_epochs) - passed, 0.0)
        return left + max(self._running_epochs - self._share, 0.0) * timing.epoch + timing.end

    def _started(self, seconds: float) -> None:
        """Learn from a start; until theirs are seen, other models are late by as much."""
        if self._running is None:
            return
        timing = self._timings[self._running.model]
        late = seconds - timing.start - timing.first_step
        self._seen.add(self._running.model)
        for model, other in self._timings.items():
            if model not in self._seen:
                self._timings[model] = replace(other, start=max(other.start + late, 0.0))
        self._change(start=seconds, first_step=0.0)

    def _learn_epoch(self, seconds: float) -> None:
        """Learn from an epoch, in which the first of a process compiles what others do not.

        So the first takes too long, and the pace of its steps leaves out the evaluation: the
        estimate before is kept if it is between the two, else the nearer one.
        """
        if self._running is None or self._running.model not in self._timings:
            return
        if self._is_first_epoch:
            before = self._timings[self._running.model].epoch
            by_steps = before if self._by_steps is None else self._by_steps
            seconds = statistics.median((by_steps, before, seconds))
        self._change(epoch=seconds)

    def _change(self, **seen: float) -> None:
        if self._running is not None and self._running.model in self._timings:
            timing: Timing = self._timings[self._running.model]
            self._timings[self._running.model] = replace(timing, **seen)
