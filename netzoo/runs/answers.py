"""The answers of a worker to its requests: it profiles, trains, probes, times, describes."""

import contextlib
import gc
import importlib
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netzoo import backend, disk
from netzoo.errors import DataError, StoreError, telling_line
from netzoo.models.catalog import model_spec
from netzoo.models.spec import REGISTERED
from netzoo.provenance import Device
from netzoo.records.trial import Trial
from netzoo.runs import checkpoint, messages, parity_steps, places
from netzoo.runs.fence import end_if_shut
from netzoo.runs.identity import identity
from netzoo.runs.request import has_its_files, native_shape
from netzoo.runs.trial_hooks import TrialHooks

TIMED_SECONDS, SLOW_CODE_SECONDS = 0.5, 20.0


class Worker:
    """Answers requests; the backend is loaded with the first."""

    def __init__(self, emit: Callable[[messages.Event], None], stop: threading.Event) -> None:
        self.emit, self._stop = emit, stop
        self._images: dict[str, Any] = {}
        self.threads: int | None = None
        self.rank, self.meeting = 0, ""  # of several processes of one training

    def start(self, request: messages.Start) -> messages.Started:
        """Start the backend on a device: "auto", "gpu" or "cpu"."""
        device, threads, count = request.device, request.threads, request.devices
        places.take(request.place)
        if request.meeting is not None:
            self.rank, self.meeting = request.rank, request.meeting
            if device == "gpu":
                os.environ["KERAS_TORCH_DEVICE"] = f"cuda:{self.rank}"
        backend.start(device, data=True)
        import keras

        from netzoo.training import devices

        keras.config.set_floatx("float32")  # the recipe says the precision, and no keras.json
        keras.config.set_epsilon(1e-7)
        usual = backend.usual_threads()
        self.threads = threads or usual
        backend.set_threads(self.threads)
        devices.provide(count)
        about = backend.device()
        if device == "gpu":
            backend.require_gpu(about)
        gpus = backend.gpus() if about["kind"] == "gpu" else 0
        count = devices.checked(count, about["kind"])
        started = Device(**about, threads=self.threads)
        places.keep_to(request.place)
        return messages.Started(started, backend.versions(), usual, gpus, count)

    def profile(self, trial: Trial, parts: int) -> messages.Profiled:
        """Build a trial's model, count it, and time a few of its steps."""
        from netzoo.training import prepared
        from netzoo.training.footprint import footprint
        from netzoo.training.timing import timing

        trial = self._fitted(trial)
        images, model = self._open(trial), self._build(trial)
        cost = prepared.cost(trial, model)  # as the user has it
        head, size = prepared.ready(trial, parts, images, model)
        takes = footprint(model)  # before a step, to which JAX gives its variables away
        about = model, images, trial.recipe, trial.seed, TIMED_SECONDS
        measured = timing(*about, micro_batches=parts, size=size)
        native = prepared.native_cost(trial, cost, native_shape(trial.spec, trial.dataset))
        return messages.Profiled(trial, cost, native, measured, head.note, takes)

    def probe(self, trial: Trial, parts: int, steps: list[int], count: int) -> messages.Probed:
        """Train for some steps, and look inside the network at each of them, on so many images."""
        from netzoo.training import prepared
        from netzoo.training.snapshots import snapshots

        def on_step(step: int) -> None:
            self.emit(messages.Step(1, step, steps[-1]))

        gc.collect()  # the network of the probe before, whose layers and tensors know each other
        images, model = self._open(trial), self._build(trial)
        _, size = prepared.ready(trial, parts, images, model)
        about = trial.recipe, trial.seed, steps, count, on_step
        layers = snapshots(model, images, *about, micro_batches=parts, size=size)
        return messages.Probed(tuple(layers))

    def bench(self, trial: Trial, work: str, sizes: list[int], seconds: float) -> messages.Benched:
        """Time steps of a trial's model, and emit each measurement."""
        from netzoo.training import device, prepared, speed

        began, imported = time.perf_counter(), device.process_peak()
        trial = self._fitted(trial)
        trial = replace(trial, recipe=speed.timed_recipe(trial.recipe, work))
        images, model = speed.random_images(trial.dataset, max(sizes)), self._build(trial)
        head, size = prepared.ready(trial, 1, images, model)
        build = time.perf_counter() - began
        about = model, images, trial.recipe, work, sizes, seconds, size
        for first_step, measurement in speed.measurements(*about):
            about_it = build, first_step, imported, head.note, measurement, trial.input_shape
            self.emit(messages.Measured(*about_it))
        return messages.Benched()

    def parity(self, request: messages.Reference | messages.Parity) -> messages.Event:
        """Take steps of a trial to compare backends by."""
        gc.collect()  # the network before, whose layers and tensors know each other
        return parity_steps.answer(request, self._fitted, self._open, self._build)

    def describe(self, text: str) -> messages.Described:
        """Tell the arguments of the builder that a spec names."""
        from netzoo.models import yours

        with self._telling(text):
            found = yours.builder(model_spec(text))
        return messages.Described(found.options, found.choices)

    def train(self, request: messages.Train) -> messages.Ended:
        """Train a trial to its end, from its checkpoint if there is one, and save its network."""
        from netzoo.training import device, fit, prepared, ranks, state

        began = time.perf_counter()
        trial, path = request.trial, Path(request.checkpoint)
        before = None if self.rank else self._checkpoint(path, trial)
        parts = ranks.told(request.parts if before is None else before[0].parts)
        images, model = self._open(trial), self._build(trial)
        head, size = prepared.ready(trial, parts, images, model)
        done = None
        if before is not None:
            meta, arrays = before
            try:
                state.restore(model, arrays)
                done = fit.Done(meta.history, meta.seconds, meta.test_reads)
            except DataError as error:
                self._set_aside(path, f"{path}: {error}.")
        done = ranks.told(done)  # and the state, as the step is made
        check = partial(end_if_shut, request.fence)
        hooks = TrialHooks(self.emit, self._stop, model, trial, parts, path, self.threads, check)
        about_it = trial.recipe, trial.seed, hooks
        how = {"micro_batches": parts, "done": done, "size": size, "until": request.until}
        fitted = fit.fit(model, images, *about_it, **how)
        if fitted is None:
            return messages.Stopped()
        fitted = replace(
            fitted,
            first_step_seconds=hooks.first_step and hooks.first_step - began,
            process_bytes=device.process_peak(),
            device_bytes=device.device_peak(),
        )
        ended = messages.Finished(fitted, parts, head.note)
        if request.model is not None and not self.rank:
            check()
            self._save(Path(request.model), trial, images, model, head.size, ended)
        return ended

    def _save(
        self,
        path: Path,
        trial: Trial,
        images: Any,
        model: Any,
        size: tuple[int, int],
        ended: messages.Finished,
    ) -> None:
        """Write the trained network, or say why it cannot be written."""
        from netzoo.training import saving

        device = Device(**backend.device(), threads=self.threads)
        about = saving.describe(
            trial, images.train, size, ended.fitted, ended.parts, ended.head, device
        )
        try:
            fresh = saving.copy_weights(model, self._build(trial), trial.input_shape)
            wrong = saving.save(path, fresh, about)
        except StoreError:
            raise
        except Exception as error:  # as a lack of memory for both; the training is done
            traceback.print_exc()
            wrong = f"is not saved: {type(error).__name__}: {telling_line(error)}"
        if wrong is not None:
            self.emit(messages.Said(f"The network of {trial.model} {wrong}"))

    def _checkpoint(self, path: Path, trial: Trial) -> Any:
        if not path.exists():
            return None
        try:
            return checkpoint.read(path, identity(trial))
        except DataError as error:
            self._set_aside(path, str(error))
            return None

    def _set_aside(self, path: Path, reason: str) -> None:
        aside = disk.set_aside(path).name
        line = f"{reason} It is set aside as {aside}; the trial begins again."
        self.emit(messages.Said(line))

    def _open(self, trial: Trial) -> Any:
        from netzoo.data import open_images

        wanted = trial.dataset
        if wanted.sha256 not in self._images:
            images = open_images(wanted.name, wanted.data_dir).as_recorded(wanted)
            self._images[wanted.sha256] = images
        return self._images[wanted.sha256].with_validation(trial.recipe.validation)

    def _build(self, trial: Trial) -> Any:
        """Return the trial's model with its seed's weights."""
        from netzoo.training import prepared

        importlib.import_module(trial.module)
        if not has_its_files(trial):
            raise DataError(
                f"the files of {trial.model} have changed since this comparison began; begin again."
            )
        with self._telling(trial.model):
            return prepared.build(trial)

    def _fitted(self, trial: Trial) -> Trial:
        """Return a trial with what its model requires, which of a registered one is known."""
        if trial.spec.origin == REGISTERED:
            return trial
        from netzoo.training import prepared

        with self._telling(trial.model):
            return prepared.fitted(trial)

    @contextlib.contextmanager
    def _telling(self, model: str) -> Iterator[None]:
        """Tell the user if the user's own code takes long."""
        line = f"{model} is still being imported and built, after {SLOW_CODE_SECONDS:.0f} s."
        timer = threading.Timer(SLOW_CODE_SECONDS, self.emit, [messages.Said(line)])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
