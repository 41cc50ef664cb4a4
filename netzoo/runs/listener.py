"""What a comparison tells while it runs: who hears it, and the lines that are said."""

from typing import Any

from netzoo import units
from netzoo.provenance import Device
from netzoo.records.plan import Plan
from netzoo.records.trial import EpochRecord, Trial, TrialRecord
from netzoo.runs.request import AUTO, AUTOMATIC, Request


class Listener:
    """Hears how a comparison goes; override what you want to hear.

    >>> import netzoo
    >>> class Epochs(netzoo.Listener):
    ...     def epoch_ended(self, trial, record):
    ...         print(trial.model, record.epoch)
    >>> few = {"recipe": "quick", "epochs": 2, "limit_train": 100}
    >>> comparison = netzoo.compare("lenet", listener=Epochs(), **few)
    lenet 1
    lenet 2
    """

    def said(self, line: str) -> None:
        """Hear a line: recipe, data, device, estimate, and whatever happens on the way."""

    def waiting(self, what: str) -> None:
        """Hear what is being waited for before the training."""

    def trial_started(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        """Hear that the number-th of count trials starts, from 1, or goes on after some epochs."""

    def stepped(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        """Hear, a few times a second, how far an epoch is; all count from 1."""

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """Hear the end of an epoch."""

    def trial_ended(self, record: TrialRecord) -> None:
        """Hear the end of a trial, well or not."""

    def time_left(self, seconds: float, done_seconds: float) -> None:
        """Hear how long the whole will still take, and has taken; at each step and end."""


def recipe_line(request: Request, name: str, device: Device) -> str:
    """Return the line that says which recipe is taken, and, if nobody chose it, why."""
    if request.recipe not in AUTOMATIC:
        return f"Recipe: {name}."
    on_gpu, on_cpu = AUTOMATIC[request.recipe]
    other, what = (on_cpu, "minutes") if name == on_gpu else (on_gpu, "the full training")
    found = "a GPU" if device.kind == "gpu" else "no GPU"
    told = f"Recipe: {name}, since there is {found} here. For {what}: "
    if request.recipe != AUTO:
        return f"{told}--recipe {other}"
    return told + " ".join(["netzoo compare", *map(str, request.models), "--recipe", other])


def parts_line(trial: Trial, parts: int) -> str:
    """Return the line that says that a batch does not fit, and what is done about it."""
    size = trial.recipe.batch_size
    return (
        f"{trial.model}: a batch of {size} does not fit into the device's memory; it goes in "
        f"{parts} parts of {-(-size // parts)}, whose gradients are added up."
    )


def threads_line(before: int | None, started: dict[str, Any]) -> str | None:
    """Return the line about the threads of what goes on or is repeated, None if there is none.

    before: how many it had, None if that is not known. started: as a trial's process answers.
    """
    now, usual = started["device"]["threads"], started["usual_threads"]
    if before is None:
        return (
            f"Threads: {now}. This folder does not say how many its trials had, and the last "
            "digits depend on it."
        )
    if now == usual:
        return None
    return f"Threads: {now} as before, not {usual}, since the last digits depend on it."


def plan_lines(found: Plan, todo: list[tuple[Trial, int]]) -> list[str]:
    """Return what there is to know before the training: data, device, estimate.

    todo: the epochs to go of each trial that has not ended.
    """
    first, versions = found.trials[0], found.versions
    names = {trial.model for trial, _ in todo}
    unseen = found.paces.keys() - found.costs.keys()
    data, name = first.dataset, first.backend
    precisions = sorted({trial.recipe.precision for trial in found.trials})
    share = first.recipe.validation
    held = f" ({units.percent(share, 0)} held out for validation)" if share else ""
    return [
        f"Data: {data.name}, {units.exact(data.train)} training{held} and {units.exact(data.test)} "
        f"test images of {units.shape(data.image_shape)}, {len(data.class_names)} classes, "
        f"from: {data.source}.",
        f"Device: {found.device.text}; {name} "
        f"{versions.get(name, 'of unknown version')}, keras {versions['keras']}, "
        f"{', '.join(precisions)}.",
        *(f"{name} {head}" for name, head in found.heads.items() if name in names),
        *(f"{name} is not counted: nothing can be seen inside it." for name in unseen & names),
        _estimate_line(found, todo),
    ]


def _estimate_line(found: Plan, todo: list[tuple[Trial, int]]) -> str:
    seconds = [
        (trial.model, found.paces[trial.model].seconds(epochs))
        for trial, epochs in todo
        if trial.model in found.paces
    ]
    if not seconds:
        return "Estimate: none, since no model could be built and timed."
    of_one: dict[str, float] = {}
    for name, estimate in seconds:
        of_one.setdefault(name, estimate)
    each = ", ".join(f"{name} {units.seconds(s)}" for name, s in of_one.items())
    count = len(seconds)
    return (
        f"Estimate: about {units.seconds(sum(s for _, s in seconds))} for {count} "
        f"trial{'s' if count > 1 else ''} ({each} each), from a few timed steps."
    )
