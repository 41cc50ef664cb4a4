"""Log messages of a comparison: its recipe, data, device, threads and estimate."""

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from netzoo import units
from netzoo.provenance import Device
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial
from netzoo.records.trials import Trials
from netzoo.runs.checkpoint import CheckpointMeta
from netzoo.runs.messages import Started
from netzoo.runs.places import Place, places_line
from netzoo.runs.request import AUTO, AUTOMATIC, Request

LONG_SECONDS = 300.0
SMALLER = {"lesson": "quick", "quick": "brief"}


def recipe_line(request: Request, name: str, device: Device) -> str:
    """Return the message that names the recipe, and the reason for an automatic one."""
    if request.recipe not in AUTOMATIC:
        return f"Recipe: {name}."
    on_gpu, on_cpu = AUTOMATIC[request.recipe]
    other, what = (on_cpu, "minutes") if name == on_gpu else (on_gpu, "the full training")
    device_kind = "a GPU" if device.kind == "gpu" else "no GPU"
    models = [spec.text for spec in request.models]
    command = _command(request.recipe, models, other, request.command)
    return f"Recipe: {name}, since there is {device_kind} here. For {what}: {command}"


def _command(asked: str, models: Sequence[str], recipe: str, by: str = "netzoo compare") -> str:
    """Return the command, or the option of a study, for another recipe than the one asked for."""
    command = [by, *models] if asked == AUTO else []
    return " ".join([*command, "--recipe", recipe])


def parts_line(trial: Trial, parts: int) -> str:
    """Return the message that gradients are accumulated, since a whole batch does not fit."""
    size = trial.recipe.batch_size
    return (
        f"{trial.model}: a batch of {size} does not fit into the device's memory; gradients are "
        f"accumulated over {parts} micro-batches of {-(-size // parts)}."
    )


def threads_line(before: int | None, started: Started) -> str | None:
    """Return the message on the threads of a resumed or repeated trial, None if there is none.

    before: its number of threads, None if unknown. started: the reply of the worker.
    """
    now, usual = started.device.threads, started.usual_threads
    if before is None:
        return (
            f"Threads: {now}. This folder does not say how many its trials had, and the last "
            "digits depend on it."
        )
    if now == usual:
        return None
    return f"Threads: {now} as before, not {usual}, since the last digits depend on it."


def unsaved_line(folder: Path, name: str) -> str:
    """Return the message that a trial was finished before, without its network being saved."""
    return (
        f"{name} has no saved network: it was trained before. To train it again and save it: "
        f"netzoo rerun {shlex.join([str(folder), name])} --save-model"
    )


def target_line(target: float) -> str:
    """Return the message that trials stop at a target."""
    return (
        f"Target: {units.goal(target)}. Each trial stops once its curve is there and the mean over "
        "the seeds is decided; the estimate is of all epochs."
    )


def beside_line(trial: Trial) -> str:
    """Return the message that a trial found no memory beside others."""
    return (
        f"{trial.model}, seed {trial.seed}: the memory does not do for it beside the others; it "
        "runs by itself in the end."
    )


def again_line(trial: Trial, error: Exception, kept: CheckpointMeta | None) -> str:
    """Return the message that a trial runs again, since its process is lost."""
    done = 0 if kept is None else len(kept.history)
    where = f"after epoch {done} of {trial.recipe.epochs}" if done else "from its beginning"
    return f"{trial.model}, seed {trial.seed}: {error}; it runs again, {where}."


def plan_lines(
    plan: Plan, todo: Sequence[tuple[Trial, int]], whole: float, places: Sequence[Place]
) -> list[str]:
    """Return the messages before the training: data, device, estimate.

    todo: the epochs left of each trial that has not ended. whole: the estimated seconds of all.
    places: of the trials that run at once.
    """
    seconds = _seconds(plan, todo)
    return [
        *about_lines(plan, {trial.model for trial, _ in todo}, places),
        _estimate_line(seconds, whole, len(places)),
        *_smaller_lines(plan, whole),
    ]


def about_lines(plan: Plan, names: Collection[str], places: Sequence[Place]) -> list[str]:
    """Return the messages on data, device and models; names: of those that are trained.

    places: as in `plan_lines`.
    """
    first, versions = plan.trials[0], plan.versions
    unseen = {name for name, p in plan.profiles.items() if p.timing is not None and p.cost is None}
    data, name = first.dataset, first.backend
    precisions = sorted({kind.recipe.precision for kind in Trials.of(plan.trials).kinds})
    share = first.recipe.validation
    held = f" ({units.percent(share, 0)} held out for validation)" if share else ""
    return [
        f"Data: {data.name}, {units.exact(data.train)} training{held} and {units.exact(data.test)} "
        f"test images of {units.shape(data.image_shape)}, {len(data.class_names)} classes, "
        f"from: {data.source}.",
        f"Device: {plan.device.text}; {name} "
        f"{versions.get(name, 'of unknown version')}, keras {versions['keras']}, "
        f"{', '.join(precisions)}.",
        *_devices_lines(plan, first.recipe.data_parallel),
        *(f"{n} {p.head}" for n, p in plan.profiles.items() if p.head is not None and n in names),
        *(f"{n} is not counted: nothing can be seen inside it." for n in unseen if n in names),
        *([places_line(places)] if len(places) > 1 else []),
    ]


def _devices_lines(plan: Plan, count: int) -> list[str]:
    """Return the line on the devices that share each batch, if there are several, or should be."""
    on_cpu = plan.device.kind == "cpu"
    if count == 1:
        every = plan.request["overrides"].get("data_parallel") == 0
        none = "There is no GPU, so each network trains on one device; --data-parallel 2 tries two."
        return [none] if every and on_cpu else []
    stand_in = "; the CPU stands in for them, which saves no time" if on_cpu else ""
    return [f"Each batch is divided among {count} devices{stand_in}."]


def _seconds(plan: Plan, todo: Sequence[tuple[Trial, int]]) -> list[tuple[str, float]]:
    """Return the model and the estimated duration of each trial that can be estimated."""
    timings = plan.timings
    return [
        (trial.model, timings[trial.model].seconds(epochs))
        for trial, epochs in todo
        if trial.model in timings
    ]


def _estimate_line(seconds: list[tuple[str, float]], whole: float, jobs: int) -> str:
    if not seconds:
        return "Estimate: none, since no model could be built and timed."
    of_one: dict[str, float] = {}
    for name, estimate in seconds:
        of_one.setdefault(name, estimate)
    each = ", ".join(f"{name} {units.seconds(s)}" for name, s in of_one.items())
    count = len(seconds)
    one = " each" if jobs == 1 else " each without others"
    return (
        f"Estimate: about {units.seconds(whole)} for {count} "
        f"trial{'s' if count > 1 else ''} ({each}{one}), from a few timed steps."
    )


def _smaller_lines(plan: Plan, seconds: float) -> list[str]:
    """Return the line that names a smaller recipe, if the trials take long and there is one.

    None if the line of the recipe has named it, nor for whoever has set the size.
    """
    request, smaller = plan.request, SMALLER.get(plan.trials[0].recipe.name)
    is_named = smaller in AUTOMATIC.get(request["recipe"], ())
    is_set = {"epochs", "limit_train"} & request["overrides"].keys()
    if seconds <= LONG_SECONDS or smaller is None or is_named or is_set:
        return []
    command = _command(request["recipe"], request["models"], smaller)
    return [f"Sooner, from fewer images and epochs: {command}"]
