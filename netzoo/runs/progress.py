"""The time that a comparison has left: estimated from timed steps, corrected as it runs."""

import heapq
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from netzoo.records.plan import Plan, Timing
from netzoo.records.trial import Trial
from netzoo.runs.places import ANYWHERE, Place

SLOWER_BESIDE = 1.5  # an epoch of a trial that shares the processor, until one is seen
MOST_SIMULATED = 1000  # trials that are dealt out one by one for the estimate


@dataclass
class _Running:
    """A trial that has begun, with its epochs to go."""

    model: str
    epochs: int
    whole: int  # epochs to go as it began
    began: float = field(default_factory=lambda: time.monotonic())
    share: float = 0.0  # of the running epoch
    share_at_mark: float | None = None
    is_first_epoch: bool = True  # of its process
    by_steps: float | None = None  # an epoch's seconds, by the pace of its steps

    def __post_init__(self) -> None:
        self.mark = self.began


class EtaEstimator:
    """Estimates the time left, from the starts and ends of trials, steps and epochs.

    todo: the epochs that each trial has to go, 0 for one that ended. places: of the trials that run
    at once; if they share a processor, a trial is slower than its timing until it is seen.
    """

    def __init__(
        self,
        plan: Plan,
        todo: Sequence[tuple[Trial, int]],
        places: Sequence[Place] = (ANYWHERE,),
    ) -> None:
        self._timings = plan.timings
        self._jobs = len(places)
        # By model, of the trials that have not begun: a sum at each step takes no pass over them.
        self._trials: Counter[str] = Counter()
        self._epochs: Counter[str] = Counter()
        self._begun_before: dict[int, int] = {}  # epochs to go, by the trial's id
        self.add(todo)
        self._began = time.monotonic()
        self._running: dict[int, _Running] = {}  # by the trial's id
        self._seen: set[str] = set()  # the models whose own start was measured
        shares = self._jobs > 1 and places[0].shared
        self._slower = dict.fromkeys(self._timings, SLOWER_BESIDE) if shares else {}
        for model, slower in self._slower.items():
            self._timings[model] = _slowed(self._timings[model], slower)

    def add(self, todo: Sequence[tuple[Trial, int]]) -> None:
        """Note further trials that are left, with the epochs that each has to go."""
        for trial, epochs in todo:
            self._trials[trial.model] += 1
            self._epochs[trial.model] += epochs
            if epochs != trial.recipe.epochs:
                self._begun_before[id(trial)] = epochs
            else:
                self._begun_before.pop(id(trial), None)

    def begin_trial(self, trial: Trial, epochs: int | None = None) -> None:
        """Note the start of a trial that is left; epochs: to go, if it is not one of `todo`."""
        if epochs is None:
            epochs = self._begun_before.get(id(trial), trial.recipe.epochs)
        model = trial.model  # a search may train more than it foresaw, in place of what failed
        self._trials[model] = max(self._trials[model] - 1, 0)
        self._epochs[model] = max(self._epochs[model] - epochs, 0)
        self._running[id(trial)] = _Running(trial.model, epochs, epochs)

    def put_off_trial(self, trial: Trial) -> int:
        """Note that a trial that has begun is to begin again, later; return its epochs to go."""
        epochs = self._running.pop(id(trial)).whole
        self._trials[trial.model] += 1
        self._epochs[trial.model] += epochs
        return epochs

    def end_step(self, trial: Trial, step: int, steps: int) -> None:
        """Note the progress of a trial's running epoch."""
        it, now = self._running[id(trial)], time.monotonic()
        it.share = step / steps
        if it.share_at_mark is None:  # the process has started, its first step is done
            it.mark, it.share_at_mark = now, it.share
            self._started(it.model, now - it.began)
        elif step < steps:  # the last, smaller batch may be compiled anew
            it.by_steps = (now - it.mark) / (it.share - it.share_at_mark)

    def end_epoch(self, trial: Trial) -> None:
        """Note the end of a trial's running epoch, with all that is done after it."""
        it, now = self._running[id(trial)], time.monotonic()
        share = 1 - (it.share_at_mark or 0.0)
        if share > 0:
            self._learn_epoch(it, (now - it.mark) / share)
        it.mark, it.share, it.share_at_mark = now, 0.0, 0.0
        it.is_first_epoch = False
        it.epochs -= 1

    def end_trial(self, trial: Trial) -> None:
        """Note the end of a trial."""
        it = self._running.pop(id(trial))
        self._change(it.model, end=time.monotonic() - it.mark)

    def done_seconds(self) -> float:
        """Return the seconds since the first trial."""
        return time.monotonic() - self._began

    def left_seconds(self) -> float:
        """Return the seconds that are left."""
        begun = [self._left_of(it) for it in self._running.values()]
        waiting = {
            model: self._trials[model] * timing.seconds(0) + self._epochs[model] * timing.epoch
            for model, timing in self._timings.items()
            if self._trials[model]
        }
        whole = sum(begun) + sum(waiting.values())
        if self._jobs == 1:
            return whole
        if sum(self._trials.values()) > MOST_SIMULATED:
            return whole / self._jobs
        ends = sorted(begun + [0.0] * (self._jobs - len(begun)))
        each = ((seconds / self._trials[m], self._trials[m]) for m, seconds in waiting.items())
        for seconds, count in sorted(each, reverse=True):  # the longest begin first
            for _ in range(count):
                heapq.heapreplace(ends, ends[0] + seconds)
        return max(ends)

    def _left_of(self, it: _Running) -> float:
        timing = self._timings.get(it.model)
        if timing is None:
            return 0.0
        if it.share_at_mark is None:
            return max(timing.seconds(it.epochs) - (time.monotonic() - it.began), 0.0)
        return max(it.epochs - it.share, 0.0) * timing.epoch + timing.end

    def _started(self, started: str, seconds: float) -> None:
        """Learn from a start; until theirs are seen, other models are late by as much."""
        if started not in self._timings:
            return
        timing = self._timings[started]
        late = seconds - timing.start - timing.first_step
        self._seen.add(started)
        for model, other in self._timings.items():
            if model not in self._seen:
                self._timings[model] = replace(other, start=max(other.start + late, 0.0))
        self._change(started, start=seconds, first_step=0.0)

    def _learn_epoch(self, it: _Running, seconds: float) -> None:
        """Learn from an epoch, in which the first of a process compiles what others do not.

        So the first takes too long, and the pace of its steps leaves out the evaluation: the
        estimate before is kept if it is between the two, else the nearer one.
        """
        if it.model not in self._timings:
            return
        before = self._timings[it.model].epoch
        if it.is_first_epoch:
            by_steps = before if it.by_steps is None else it.by_steps
            seconds = statistics.median((by_steps, before, seconds))
        self._change(it.model, epoch=seconds)
        # Beside others, models whose epochs were not seen are slower by as much as this one.
        guessed = self._slower.pop(it.model, None)
        if guessed is not None and before > 0:
            for model, slower in self._slower.items():
                now = guessed * seconds / before
                self._timings[model] = _slowed(self._timings[model], now / slower)
                self._slower[model] = now

    def _change(self, model: str, **seen: float) -> None:
        if model in self._timings:
            self._timings[model] = replace(self._timings[model], **seen)


def _slowed(timing: Timing, factor: float) -> Timing:
    return replace(timing, epoch=timing.epoch * factor, end=timing.end * factor)
