"""Probes: the layers of networks at initialization and after some steps of training."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netzoo import disk, units
from netzoo.data.memory import budget
from netzoo.errors import BadInput, DataError, Interrupted, NetzooError, StoreError
from netzoo.provenance import COMMAND, git_commit
from netzoo.records.codec import from_text, to_line, to_plain, to_text
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial, TrialStatus
from netzoo.results.layers import layers_side_by_side
from netzoo.results.probe import Probe, ProbedModel, ProbeRecord
from netzoo.runs import messages
from netzoo.runs.announcements import threads_line
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.estimate import Estimated, estimating
from netzoo.runs.forkserver import Forkserver
from netzoo.runs.identity import identity
from netzoo.runs.prepare import open_plan, start_process
from netzoo.runs.process import Process
from netzoo.runs.request import BRIEF, Request, check_one_device
from netzoo.runs.store import Store, keep_study
from netzoo.studies.probe_estimate import of_probes

MOST_STEPS = 1_000_000


def probe(
    models: Sequence[str] | str,
    *,
    steps: Sequence[int] = (0, 50),
    images: int = 100,
    recipe: str = BRIEF,
    seeds: Sequence[int] = (0, 1, 2),
    memory: str | int | None = None,
    output: str | Path | None = None,
    callbacks: Sequence[Callback] = (),
    listener: Callback | None = None,
    **options: Any,
) -> Probe:
    """Probe the layers of models after some training steps: outputs and gradients.

    steps: training steps to probe at; 0: initialization. images: number of training images to
    probe on, the first of each class, without augmentation.
    recipe, seeds, memory, output, callbacks, options: as in netzoo.compare; the recipe by default
    is "lesson" on a GPU, "brief" on a CPU, and the precision float32: half the digits would blur
    small gradients. One process probes all of them, a new one after a failure; finished probes in
    the output folder are reused.
    Raises NetzooError for a wrong request; Interrupted, with what was finished, at Ctrl-C.

    >>> import netzoo
    >>> probe = netzoo.probe("lenet", steps=[0], images=10, seeds=[0])
    >>> probe.layers[0].layer, probe.layers[0].activation
    ('conv1', 'sigmoid')
    """
    wanted = _checked(steps, images)
    asked = {"precision": "float32", **options}
    request = Request.of(models, recipe=recipe, seeds=seeds, **asked)
    request.check()
    check_one_device(request, "probe trains")
    callback = callback_of(callbacks, listener)
    with budget(memory), open_plan(request, output, callback) as (store, plan, server):
        probing = _Probing(plan, store, callback, server, wanted, images)
        if estimating():
            held = store if output is None else Store(Path(output))
            raise Estimated(of_probes(plan, store, probing.done(held), wanted))
        return probing.run()


def _checked(steps: Sequence[int], images: int) -> list[int]:
    """Return the steps in order. Raises BadInput."""
    wrong = [step for step in steps if type(step) is not int or not 0 <= step <= MOST_STEPS]
    if wrong or not steps or len(set(steps)) < len(steps):
        received = wrong[0] if wrong else list(steps)
        raise BadInput(
            f"steps are whole numbers from 0 to {MOST_STEPS}, each once; received {received!r}."
        )
    if type(images) is not int or images < 1:
        raise BadInput(f"images is a whole number, at least 1; received {images!r}.")
    return sorted(steps)


class _Probing:
    """Runs the probes of a plan's trials, one after another."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        callback: Callback,
        server: Forkserver,
        steps: list[int],
        images: int,
    ) -> None:
        self._plan, self._store, self._callback = plan, store, callback
        self._server, self._steps, self._images = server, steps, images
        self._process: Process | None = None
        self._threads = plan.device.threads
        self._device, self._versions = plan.device, plan.versions
        self._records: list[ProbeRecord] = []
        self._errors: dict[str, str] = dict(plan.failures)

    def run(self) -> Probe:
        """Probe what is not done yet; return all side by side, and keep it."""
        for name, profile in self._plan.profiles.items():
            if profile.head is not None:
                self._callback.on_message(f"{name} {profile.head}")
        try:
            for number, trial in enumerate(self._plan.trials, 1):
                if trial.model not in self._errors:
                    self._take(number, trial)
        except KeyboardInterrupt:
            raise Interrupted(self._told(stopped=True)) from None
        finally:
            self._end_process()
        return self._told()

    def done(self, held: Store) -> set[str]:
        """Return the identities of the trials whose probe a folder holds."""
        trials = (trial for trial in self._plan.trials if self._path(trial, held).exists())
        return {identity(trial) for trial in trials}

    def _take(self, number: int, trial: Trial) -> None:
        path = self._path(trial)
        record = self._kept(path, trial)
        if record is None:
            self._callback.on_trial_begin(trial, number, len(self._plan.trials), 0)
            began = time.monotonic()
            try:
                record = self._look(trial)
            except StoreError:
                raise
            except NetzooError as error:
                self._end_process()  # it may be without memory, or dead
                self._errors[trial.model] = f"seed {trial.seed}: {error}"
                return
            disk.write_text(path, disk.sealed(to_text(record)))
            seconds = units.seconds(time.monotonic() - began)
            self._callback.on_message(f"  {trial.model}, seed {trial.seed}: done in {seconds}")
        self._records.append(record)

    def _path(self, trial: Trial, store: Store | None = None) -> Path:
        """Return where a probe is kept: its name holds all that changes it.

        store: another one than that of the plan.
        """
        when = to_line({"steps": self._steps, "images": self._images})
        digest = hashlib.sha256(when.encode()).hexdigest()[:8]
        return (store or self._store).folder / "probes" / f"{identity(trial)}-at-{digest}.json"

    def _kept(self, path: Path, trial: Trial) -> ProbeRecord | None:
        if not path.exists():
            return None
        try:
            record = from_text(ProbeRecord, disk.read_sealed(path), str(path))
        except DataError as error:
            aside = disk.set_aside(path).name
            self._callback.on_message(
                f"{error} It is set aside as {aside}; the probe is taken again."
            )
            return None
        return record if identity(record.trial) == identity(trial) else None

    def _look(self, trial: Trial) -> ProbeRecord:
        process = self._running_process(trial)

        parts = self._plan.profiles[trial.model].parts
        request = messages.Probe(trial, parts, self._steps, self._images)
        probed = process.ask(request, messages.Probed, messages.pass_on(trial, self._callback))
        return ProbeRecord(trial, self._device, self._versions, self._images, probed.moments)

    def _running_process(self, trial: Trial) -> Process:
        """Return the process that looks; nothing is timed in it, so one does for all trials."""
        if self._process is None:
            before = self._threads
            self._process, started = start_process(
                self._store, "probes", trial.backend, trial.device, before, self._server
            )
            self._device, self._versions = started.device, started.versions
            self._threads = started.device.threads
            line = threads_line(before, started)
            if line is not None:
                self._callback.on_message(line)
        return self._process

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _told(self, stopped: bool = False) -> Probe:
        """Return all that is done side by side, and keep it."""
        probe = self._side_by_side(stopped)
        keep_study(self._store.folder, probe)
        return probe

    def _side_by_side(self, stopped: bool) -> Probe:
        first = self._plan.trials[0]
        names = list(dict.fromkeys(trial.model for trial in self._plan.trials))
        records = sorted(self._records, key=lambda record: names.index(record.trial.model))
        layers, ratios = layers_side_by_side(records, names[0])
        models = []
        for name in names:
            seeds = tuple(r.trial.seed for r in records if r.trial.model == name)
            missing = sum(t.model == name for t in self._plan.trials) - len(seeds)
            error = self._errors.get(name)
            status = TrialStatus.OK if error is None else TrialStatus.FAILED
            if error is None and missing and stopped:
                error = f"stopped by Ctrl-C; {len(seeds)} of {len(seeds) + missing} seeds are done."
                status = TrialStatus.UNFINISHED
            models.append(ProbedModel(name, status, seeds, error))
        return Probe(
            dataset=first.dataset,
            recipe={
                "name": first.recipe.name,
                "seeds": sorted({trial.seed for trial in self._plan.trials}),
                "by_model": {t.model: to_plain(t.recipe) for t in self._plan.trials},
            },
            backend=first.backend,
            device=self._plan.device,
            versions=self._plan.versions,
            images=self._images,
            models=tuple(models),
            layers=layers,
            ratios=ratios,
            command=COMMAND.get(),
            commit=git_commit(),
        )
