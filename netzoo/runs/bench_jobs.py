"""The processes of a bench, one after another: each times one kind of work of a model."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from netzoo import units
from netzoo.errors import BadInput, NetzooError
from netzoo.models.spec import ModelSpec
from netzoo.provenance import DatasetRecord
from netzoo.records.trial import Trial, TrialStatus
from netzoo.results.bench import INFERENCE, BenchRun, Measurement, Startup
from netzoo.runs.callback import Callback
from netzoo.runs.messages import Bench, Benched, Measured, Progress, Start, Started
from netzoo.runs.process import Process
from netzoo.runs.request import Request, choose_recipe, planned_trials, recipe_of

SHARE_OF_STEPS = 1.3  # of the seconds of a measurement: with warm-up and compilation

Job = tuple[ModelSpec, str, str]  # model, backend, work


class Jobs:
    """The jobs of a bench; `runs` has what is measured so far."""

    def __init__(
        self,
        request: Request,
        dataset: DatasetRecord,
        sizes: list[int],
        seconds: float,
        logs: Path,
        callback: Callback,
    ) -> None:
        self.runs: list[BenchRun] = []
        self._request, self._dataset, self._logs = request, dataset, logs
        self._sizes, self._seconds, self._callback = sizes, seconds, callback
        self._began = time.perf_counter()
        self._starts: list[float] = []  # seconds of each process to its first step
        self._durations: list[float] = []  # of each measurement, likewise with its warm-up

    def run(self, jobs: list[Job]) -> None:
        """Run the jobs. Raises BadInput if each of them is refused."""
        wrong: list[BadInput] = []
        for number, job in enumerate(jobs, 1):
            self._jobs_left = len(jobs) - number
            try:
                self._run(*job)
            except NetzooError as error:
                wrong += [error] if isinstance(error, BadInput) else []
                self._update(status=TrialStatus.FAILED, error=str(error))
                self._callback.on_message(f"  {self._name()} failed: {error}")
        if len(wrong) == len(jobs):
            raise wrong[0]

    def _run(self, spec: ModelSpec, name: str, work: str) -> None:
        unfinished = TrialStatus.UNFINISHED
        self.runs.append(BenchRun(spec.text, name, work, unfinished, error="stopped by Ctrl-C."))
        self._callback.on_wait(f"starting {self._name()}")
        began = time.perf_counter()
        with Process(self._logs / f"{len(self.runs)}.log", name) as process:
            started = process.ask(Start(self._request.device, None), Started)
            start = time.perf_counter() - began
            trial = self._trial(spec, name, started)
            self._update(device=started.device, recipe=trial.recipe, input_shape=trial.input_shape)
            own = 1 if work == INFERENCE else trial.recipe.batch_size
            sizes = sorted({*self._sizes, own})
            if len(self.runs) == 1:
                self._say_estimate(start)
            self._since, self._sizes_left = time.perf_counter(), len(sizes)
            request = Bench(trial, work, sizes, self._seconds)
            process.ask(request, Benched, partial(self._hear, start))
        self._update(status=TrialStatus.OK, error=None)

    def _trial(self, spec: ModelSpec, name: str, started: Started) -> Trial:
        """Return what the process builds: the model by its recipe on the device."""
        request = self._request
        chosen = choose_recipe(request.recipe, started.device)
        recipe = recipe_of(spec, chosen, request.overrides, started.device)
        (trial,) = planned_trials({spec: recipe}, self._dataset, [0], name, request.device)
        return trial

    def _hear(self, start: float, event: Progress) -> None:
        """Keep a measurement, and tell it."""
        if not isinstance(event, Measured):
            return
        startup = Startup(start, event.build, event.first_step)
        if self.runs[-1].startup is None:
            self._starts.append(startup.seconds)
            self._since += event.build + event.first_step
        measured = (*self.runs[-1].measurements, event.measurement)
        self._update(
            startup=startup,
            imported_bytes=event.imported_bytes,
            measurements=measured,
            head=event.head,
            input_shape=event.input_shape,
        )
        now = time.perf_counter()
        self._durations.append(now - self._since)
        self._since = now
        self._sizes_left -= 1
        left = self._left()
        self._callback.on_message(
            f"  {self._name()}, {_figures(event.measurement)}, {units.seconds(left)} left"
        )
        self._callback.on_time_left(left, now - self._began)

    def _left(self) -> float:
        """Return the seconds that are left, as far as is known."""
        each = fmean(self._durations)
        a_job = fmean(self._starts) + (len(self._sizes) + 1) * each
        return self._jobs_left * a_job + self._sizes_left * each

    def _say_estimate(self, start: float) -> None:
        jobs = self._jobs_left + 1
        measurements = jobs * (len(self._sizes) + 1)
        seconds = jobs * start + measurements * SHARE_OF_STEPS * self._seconds
        self._callback.on_message(
            f"Estimate: about {units.seconds(seconds)} for up to {measurements} measurements of "
            f"{units.three_digits(self._seconds)} s each, in {jobs} "
            f"process{'es' if jobs > 1 else ''}; more for slow networks."
        )

    def _update(self, **changes: Any) -> None:
        self.runs[-1] = replace(self.runs[-1], **changes)

    def _name(self) -> str:
        run = self.runs[-1]
        return f"{run.work} of {run.model} on {run.backend}"


def _figures(each: Measurement) -> str:
    return (
        f"batch {each.batch_size}: {units.rate(each.images_per_second)} images/s, "
        f"{units.latency(each.step_seconds)} a step, n = {each.n}"
    )
