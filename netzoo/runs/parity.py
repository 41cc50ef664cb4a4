"""The parity of backends: the same steps on each, in a process of its own, beside a reference."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netzoo import backend
from netzoo.data import open_images
from netzoo.data.memory import budget
from netzoo.errors import BadInput, Interrupted, NetzooError
from netzoo.models.spec import ModelSpec
from netzoo.provenance import COMMAND, DatasetRecord, Device, git_commit
from netzoo.recipes import Recipe, check_overrides
from netzoo.records.trial import Trial
from netzoo.results.parity import BEYOND, FAILED, TOLERANCES, Parity, ParityRun, judged
from netzoo.runs import messages
from netzoo.runs.backend_names import ALL, chosen_backends
from netzoo.runs.callback import Callback, CallbackList
from netzoo.runs.messages import Compared, Referenced, Start, Started
from netzoo.runs.process import Process
from netzoo.runs.request import Request, choose_recipe, planned_trials, recipe_of

STEPS, BATCH_SIZE = 3, 8
MOST_STEPS = 1000
DATASET = "fashion_mnist_sample"
REFERENCE = "tensorflow"  # every installation has it


def parity(
    models: Sequence[str] | str,
    *,
    backends: Sequence[str] | str = ALL,
    steps: int = STEPS,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
    recipe: str = "quick",
    precision: str = "float32",
    dataset: str | Path | None = None,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    device: str = "auto",
    callbacks: Sequence[Callback] = (),
    **overrides: Any,
) -> Parity:
    """Compare a few training steps of models on each backend with the same steps in float64.

    Each backend gets the same initial weights, drawn once, and the same batches. Told are the
    differences of the loss, of the logits, of the gradients and of the weights after the steps, by
    layer; and whether they are within the tolerance of the precision, that is rounding
    (netzoo.results.parity.TOLERANCES has them, and why).

    models: as in netzoo.compare. backends: names, or "all" for each that is installed. steps:
    training steps, 1 to 1000, of batch_size images each, the first training images of each class.
    seed: of the initial weights. recipe, overrides: as in netzoo.compare; its optimizer, schedule,
    loss and scaling are taken, its augmentation is not. precision: float32 by default.
    dataset: the bundled sample by default. data_dir, memory, device: as in netzoo.compare.

    The steps are those of netzoo's training, with all that it does in another way than Keras.
    Dropout and noise are off; batch normalisation trains, and its moving averages are weights. The
    reference is computed by Keras's own layers on TensorFlow, operation by operation, on the CPU.

    A model that fails is told with its reason; the others go on.
    Raises NetzooError for a wrong request, Interrupted, with what was compared, at Ctrl-C.

    >>> import netzoo
    >>> found = netzoo.parity("lenet", backends="tensorflow", steps=1)
    >>> found.runs[0].status, found.runs[0].loss < 1e-4
    ('within', True)
    """
    check_overrides({"batch_size": batch_size})
    if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        raise BadInput(f"`steps` is a whole number from 1 to {MOST_STEPS}; received {steps!r}.")
    given = {**overrides, "batch_size": batch_size, "precision": precision}
    request = Request.of(
        models,
        recipe=recipe,
        dataset=DATASET if dataset is None else dataset,
        data_dir=data_dir,
        seeds=(seed,),
        device=device,
        **given,
    )
    request.check()
    names, skipped = chosen_backends(backends)
    callback = CallbackList(callbacks)
    with budget(memory):
        images = open_images(request.dataset or DATASET, request.data_dir)
        described = images.record(request.data_dir)
    for name in skipped:
        callback.on_message(f"{name} is not installed, and skipped: {backend.INSTALL[name]}")
    stopped = False
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides = _Sides(request, described, steps, Path(folder), callback, stack)
        try:
            sides.compare(names)
        except KeyboardInterrupt:
            stopped = True
    devices = [run.device for run in sides.runs if run.device is not None]
    result = Parity(
        backend=names[0],
        device=devices[0] if devices else Device("unknown", "unknown"),
        versions=backend.versions(),
        command=COMMAND.get(),
        commit=git_commit(),
        dataset=described,
        reference=REFERENCE,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
        runs=tuple(sides.runs),
        skipped=tuple(skipped),
    )
    if stopped:
        raise Interrupted(result)
    return result


@dataclass(frozen=True)
class _Side:
    """A process whose backend has started."""

    process: Process
    device: Device


class _Sides:
    """The reference's process and that of each backend; `runs` has what is compared so far."""

    def __init__(
        self,
        request: Request,
        dataset: DatasetRecord,
        steps: int,
        folder: Path,
        callback: Callback,
        stack: ExitStack,
    ) -> None:
        self.runs: list[ParityRun] = []
        self._request, self._dataset, self._steps = request, dataset, steps
        self._folder, self._callback, self._stack = folder, callback, stack
        self._running: dict[str, _Side] = {}  # by its name in logs

    def compare(self, names: list[str]) -> None:
        """Compare each model on each backend. Raises BadInput if each of them is refused."""
        wrong: list[BadInput] = []
        for spec in self._request.models:
            failure = self._reference_failure(spec)
            for name in names:
                try:
                    if failure is not None:
                        raise failure
                    run = self._compared(spec, name)
                except NetzooError as error:
                    wrong += [error] if isinstance(error, BadInput) else []
                    run = ParityRun(spec.text, name, FAILED, error=str(error))
                self.runs.append(run)
                self._callback.on_message(f"  {spec.text} on {name}: {_told(run)}")
            self._arrays.unlink(missing_ok=True)
        if wrong and len(wrong) == len(self.runs):
            raise wrong[0]

    def _reference_failure(self, spec: ModelSpec) -> NetzooError | None:
        """Compute the reference; return the error of a model that has none, None otherwise."""
        try:
            self._refer(spec)
        except NetzooError as error:
            return error
        return None

    def _compared(self, spec: ModelSpec, name: str) -> ParityRun:
        if not self._arrays.exists():
            self._refer(spec)
        side = self._side(name, name, self._request.device)
        self._callback.on_wait(f"{spec.text} on {name}")
        trial = self._trial(spec, name, side.device)
        arrays, steps = str(self._arrays), self._steps
        reply = self._ask(name, messages.Parity(trial, steps, arrays), Compared)
        assert reply.differences is not None
        about = {
            "model": spec.text,
            "backend": name,
            "device": side.device,
            "recipe": reply.trial.recipe,
            "input_shape": reply.trial.input_shape,
            "head": reply.head,
        }
        allowed = TOLERANCES[reply.trial.recipe.precision]
        run = judged(about, reply.differences, allowed)
        if run.status != BEYOND:
            return run
        # Rarely, so that it is computed again: the outputs of all layers, to name the first other.
        self._refer(spec, outputs=True)
        ask = messages.Parity(trial, steps, arrays, outputs=allowed.loss)
        other = self._ask(name, ask, Compared).other
        self._arrays.unlink()  # of no use to the next backend
        return replace(run, cause=other)

    def _refer(self, spec: ModelSpec, *, outputs: bool = False) -> None:
        side = self._side("reference", REFERENCE, "cpu")
        self._callback.on_wait(f"{spec.text} in float64")
        trial = self._trial(spec, REFERENCE, side.device)
        about = trial, self._steps, str(self._arrays), outputs
        self._ask("reference", messages.Reference(*about), Referenced)

    def _trial(self, spec: ModelSpec, name: str, device: Device) -> Trial:
        request = self._request
        chosen = choose_recipe(request.recipe, device)
        recipe = recipe_of(spec, chosen, request.overrides, device)
        recipe = replace(recipe, validation=0.0, augment="none")
        recipes: dict[ModelSpec, Recipe] = {spec: recipe}
        about = self._dataset, request.seeds, name, request.device
        (trial,) = planned_trials(recipes, *about)
        return trial

    def _side(self, key: str, name: str, device: str) -> _Side:
        """Return the process of a side, which is started if it is not there."""
        if key not in self._running:
            self._callback.on_wait(f"starting {name}")
            process = self._stack.enter_context(Process(self._folder / f"{key}.log", name))
            started = process.ask(Start(device, None), Started)
            self._running[key] = _Side(process, started.device)
        return self._running[key]

    def _ask(self, key: str, request: messages.Request, reply: type[Any]) -> Any:
        """Return the reply of a side's process; after a failure, the next one is a new process."""
        try:
            return self._running[key].process.ask(request, reply)
        except BaseException as error:
            if not isinstance(error, BadInput):
                self._running.pop(key).process.kill()
            raise

    @property
    def _arrays(self) -> Path:
        return self._folder / "arrays.npz"


def _told(run: ParityRun) -> str:
    if run.error is not None:
        return f"failed: {run.error}"
    figures = f"loss {run.loss:.1e}, logits {run.logits:.1e}"
    for name in ("gradient", "weights"):
        value = getattr(run, name)
        figures += "" if value is None else f", {name} {value:.1e}"
    return f"{run.status} ({figures})"
