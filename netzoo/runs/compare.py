"""The main job: check, plan, estimate, train one process a trial, keep, and put side by side."""

import contextlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netzoo import backend, units
from netzoo.costs import Cost, NativeCost
from netzoo.data import default_images, open_images
from netzoo.errors import Interrupted, NetzooError, TrialFailed
from netzoo.records import (
    Comparison,
    DatasetRecord,
    Device,
    EpochRecord,
    Trial,
    TrialRecord,
    from_plain,
    to_text,
)
from netzoo.report.comparison import compare_records, comparison_table
from netzoo.runs import plan
from netzoo.runs.local import Process
from netzoo.runs.store import Store

# A test image costs a forward pass only: about a third of a training step's work.
TEST_SHARE = 1 / 3
STOPPED = "stopped by Ctrl-C."


class Listener:
    """What a comparison tells while it runs; override what you want to hear."""

    def said(self, line: str) -> None:
        """Hear a line about what is to come: recipe, data, device, estimate."""

    def waiting(self, what: str) -> None:
        """Hear what is being waited for before the training."""

    def trial_started(self, trial: Trial, number: int, count: int) -> None:
        """Hear that the number-th of count trials starts, from 1."""

    def stepped(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        """Hear, a few times a second, how far an epoch is; all count from 1."""

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """Hear the end of an epoch."""

    def trial_ended(self, record: TrialRecord) -> None:
        """Hear the end of a trial, well or not."""


def compare(
    models: Sequence[str] | str,
    *,
    recipe: str = plan.AUTO,
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
    output: a new folder for records, logs and the table; None: nothing is kept.
    overrides: fields of netzoo.Recipe, such as epochs=2.

    A trial that fails gives a row with its reason; the others go on. Raises NetzooError for a wrong
    request, before any training; Interrupted, with what was finished, at Ctrl-C.
    """
    request = plan.Request(
        models=(models,) if isinstance(models, str) else tuple(models),
        recipe=recipe,
        dataset=dataset,
        data_dir=None if data_dir is None else str(data_dir),
        seeds=tuple(seeds),
        device=device,
        baseline=baseline,
        overrides=overrides,
    )
    request.check()
    chosen_backend = backend.name()
    with contextlib.ExitStack() as stack:
        if output is None:
            output = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "comparison"
        run = _Run(request, chosen_backend, Store(Path(output)), listener or Listener())
        try:
            prepared = run.prepare()
        except BaseException:
            run.store.discard()
            raise
        return run.train(prepared)


@dataclass(frozen=True)
class _Prepared:
    """What is known before the training; the dicts are by model, seconds estimates one trial."""

    trials: list[Trial]
    device: Device
    versions: dict[str, str]
    costs: dict[str, Cost]
    natives: dict[str, NativeCost]
    failures: dict[str, str]
    seconds: dict[str, float]


class _Run:
    def __init__(
        self, request: plan.Request, backend_name: str, store: Store, listener: Listener
    ) -> None:
        self.request, self.backend, self.store = request, backend_name, store
        self.listener = listener

    def prepare(self) -> _Prepared:
        """Find out device and data, settle recipes, and count and time each model.

        What there is to say is said at the end, so that a wrong request gives its error alone.
        """
        request, wait = self.request, self.listener.waiting
        wait(f"starting {self.backend}")
        began = time.perf_counter()
        process, started = self._start("prepare")
        start_seconds = time.perf_counter() - began
        with contextlib.ExitStack() as stack:
            stack.enter_context(process)
            device = from_plain(Device, started["device"])
            name = plan.choose_recipe(request.recipe, device)
            recipes = {
                spec: plan.recipe_of(spec, name, request.overrides, device)
                for spec in request.models
            }
            wait("reading the images")
            dataset = self._dataset(name)
            trials = plan.trials(recipes, dataset, request.seeds, self.backend, request.device)
            prepared = _Prepared(trials, device, started["versions"], {}, {}, {}, {})
            for trial in trials[: len(recipes)]:
                wait(f"timing a few steps of {trial.model}")
                try:
                    answer = process.ask({"do": "probe", "trial": trial})
                except TrialFailed as error:  # its row will say so; its process may be gone
                    prepared.failures[trial.model] = str(error)
                    process, _ = self._start("prepare")
                    stack.enter_context(process)
                    continue
                prepared.costs[trial.model] = from_plain(Cost, answer["cost"])
                prepared.natives[trial.model] = from_plain(NativeCost, answer["native"])
                prepared.seconds[trial.model] = start_seconds + _estimate(trial, **answer["pace"])
        for line in (self._recipe_line(name, device), *_data_lines(prepared)):
            self.listener.said(line)
        return prepared

    def train(self, prepared: _Prepared) -> Comparison:
        """Train every trial and return the comparison; keep both as they come."""
        records: list[TrialRecord] = []
        interrupted = False
        for number, trial in enumerate(prepared.trials, 1):
            record = self._record(prepared, trial, error=STOPPED)
            if trial.model in prepared.failures:
                record = self._record(prepared, trial, error=prepared.failures[trial.model])
            elif not interrupted:
                self.listener.trial_started(trial, number, len(prepared.trials))
                try:
                    record = self._train(prepared, trial)
                except KeyboardInterrupt:
                    interrupted = True
            if record.error != STOPPED:
                self.store.keep_trial(record)
                self.listener.trial_ended(record)
            records.append(record)
        comparison = compare_records(records, self.request.baseline or self.request.models[0])
        self.store.keep("comparison.json", to_text(comparison))
        self.store.keep("table.txt", comparison_table(comparison).render("table") + "\n")
        if interrupted:
            self.store.discard()
            raise Interrupted(comparison)
        return comparison

    def _train(self, prepared: _Prepared, trial: Trial) -> TrialRecord:
        epochs: list[EpochRecord] = []

        def hear(event: dict[str, Any]) -> None:
            kind = event.pop("event")
            if kind == "step":
                self.listener.stepped(trial, **event)
            else:
                epochs.append(from_plain(EpochRecord, event))
                self.listener.epoch_ended(trial, epochs[-1])

        try:
            process, _ = self._start(plan.identity(trial))
            with process:
                event = process.ask({"do": "train", "trial": trial}, hear)
        except NetzooError as error:
            return self._record(prepared, trial, error=str(error), history=tuple(epochs))
        event.pop("event")
        event["history"] = tuple(from_plain(EpochRecord, epoch) for epoch in event["history"])
        return self._record(prepared, trial, **event)

    def _record(self, prepared: _Prepared, trial: Trial, **results: Any) -> TrialRecord:
        return TrialRecord(
            trial=trial,
            status="failed" if results.get("error") else "ok",
            device=prepared.device,
            versions=prepared.versions,
            cost=prepared.costs.get(trial.model),
            native=prepared.natives.get(trial.model),
            **results,
        )

    def _start(self, log: str) -> tuple[Process, dict[str, Any]]:
        """Return a process whose backend has started, and its answer."""
        process = Process(self.store.log(log), self.backend)
        try:
            return process, process.ask({"do": "start", "device": self.request.device})
        except BaseException:
            process.kill()
            raise

    def _dataset(self, recipe_name: str) -> DatasetRecord:
        request = self.request
        limits = plan.limits(recipe_name, request.overrides)
        if request.dataset is None:
            will_do = recipe_name == "quick"
            images = default_images(request.data_dir, *limits, sample_will_do=will_do)
        else:
            images = open_images(request.dataset, request.data_dir)
        return images.limited(*limits).record(request.data_dir)

    def _recipe_line(self, name: str, device: Device) -> str:
        if self.request.recipe != plan.AUTO:
            return f"Recipe: {name}."
        other, what = ("quick", "minutes") if name == "lesson" else ("lesson", "the full training")
        command = " ".join(["netzoo compare", *self.request.models, "--recipe", other])
        found = "a GPU" if device.kind == "gpu" else "no GPU"
        return f"Recipe: {name}, since there is {found} here. For {what}: {command}"


def _data_lines(prepared: _Prepared) -> list[str]:
    """Return what there is to know before the training: data, device, estimate."""
    trials, versions = prepared.trials, prepared.versions
    data, backend_name = trials[0].dataset, trials[0].backend
    precisions = sorted({trial.recipe.precision for trial in trials})
    return [
        f"Data: {data.name}, {units.exact(data.train)} training and {units.exact(data.test)} test "
        f"images of {units.shape(data.image_shape)}, {len(data.class_names)} classes, "
        f"from: {data.source}.",
        f"Device: {prepared.device.name}; {backend_name} "
        f"{versions.get(backend_name, 'of unknown version')}, keras {versions['keras']}, "
        f"{', '.join(precisions)}.",
        _estimate_line(prepared),
    ]


def _estimate(trial: Trial, first_step_seconds: float, step_seconds: float) -> float:
    """Return the seconds that a trial should take from its first step on."""
    recipe, data = trial.recipe, trial.dataset
    steps = recipe.steps_per_epoch(data.train) * recipe.epochs
    tests = recipe.epochs if recipe.test_each_epoch else 1
    test_steps = tests * data.test / recipe.batch_size * TEST_SHARE
    return first_step_seconds + (steps - 1 + test_steps) * step_seconds


def _estimate_line(prepared: _Prepared) -> str:
    if not prepared.seconds:
        return "Estimate: none, since no model could be built and timed."
    each = ", ".join(f"{name} {units.seconds(s)}" for name, s in prepared.seconds.items())
    total = sum(prepared.seconds.get(trial.model, 0.0) for trial in prepared.trials)
    count = len(prepared.trials)
    return (
        f"Estimate: about {units.seconds(total)} for {count} trial{'s' if count > 1 else ''} "
        f"({each} each), from a few timed steps."
    )
