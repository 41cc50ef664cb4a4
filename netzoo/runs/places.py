"""The places of trials that run side by side: a GPU each, or a share of the processor's cores."""

import contextlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from netzoo import backend
from netzoo.data.memory import free_bytes
from netzoo.errors import BadInput
from netzoo.records.plan import Plan
from netzoo.records.trials import Trials

AUTO = "auto"
GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
# A trial's process beside what its network takes: measured 210 to 360 MB for a forked one.
PROCESS_BYTES = 4 * 10**8
# Weights, their gradients and two moments of Adam, in float32, and a copy to write.
COPIES_OF_WEIGHTS = 5
# Activations and their gradients.
COPIES_OF_ACTIVATIONS = 2
MEMORY_SHARE = 0.8  # of the free memory, for all trials together


@dataclass(frozen=True)
class Place:
    """What the process of one trial may use: a GPU, or some cores; both None: all there is.

    gpu: its number among those that this process sees, from 0. cores: their numbers.
    """

    gpu: int | None = None
    cores: tuple[int, ...] | None = None

    @property
    def shared(self) -> bool:
        """Return whether other trials may take memory of the same device."""
        return self.cores is not None


ANYWHERE = Place()


def check_jobs(jobs: int | str, per_device: int | None) -> None:
    """Raise BadInput unless both are numbers of trials; jobs may be "auto"."""
    if jobs != AUTO and (type(jobs) is not int or jobs < 1):
        raise BadInput(f"`jobs` is a number of trials, 1 or more, or auto; received {jobs!r}.")
    if per_device is not None and (type(per_device) is not int or per_device < 1):
        raise BadInput(f"`per_device` is a number of trials, 1 or more; received {per_device!r}.")


def refuse_several_devices(jobs: int | str) -> NoReturn:
    """Raise BadInput, since trials of several devices do not run side by side."""
    raise BadInput(
        f"`jobs` {jobs} and `data_parallel` do not go together: each trial takes several devices; "
        "leave one of them out."
    )


def choose_places(
    plan: Plan, jobs: int | str, per_device: int | None, gpus: int, count: int
) -> list[Place]:
    """Return a place for each of the trials that run at once, at most `count`.

    jobs, per_device: as netzoo.compare takes them. gpus: how many the backend sees, if the plan's
    device is one. Raises BadInput if so many jobs have no place.
    """
    if any(kind.recipe.data_parallel != 1 for kind in Trials.of(plan.trials).kinds):
        if jobs not in (1, AUTO) and count > 1:
            refuse_several_devices(jobs)
        return [ANYWHERE]
    devices = gpus if plan.device.kind == "gpu" else 1
    if jobs != AUTO and per_device is not None and int(jobs) > devices * per_device:
        raise BadInput(
            f"{jobs} jobs do not fit: there {'is' if devices == 1 else 'are'} {devices} "
            f"device{'s' if devices > 1 else ''}, with {per_device} trials on each."
        )
    if plan.device.kind == "gpu":
        wanted = devices * (per_device or 1) if jobs == AUTO else int(jobs)
        chosen = min(wanted, count)
        return [ANYWHERE] if chosen <= 1 else [Place(gpu=n % devices) for n in range(chosen)]
    wanted = (per_device or _that_gain(plan)) if jobs == AUTO else int(jobs)
    chosen = min(wanted, count)
    return [ANYWHERE] if chosen <= 1 else [Place(cores=each) for each in _shares(chosen)]


def at_most(jobs: int | str, count: int) -> int:
    """Return how many of `count` trials run side by side at most, before the device is known."""
    return max(1, min(count, backend.cores() if jobs == AUTO else int(jobs)))


def take(place: Place) -> None:
    """Let this process see the GPU of a place alone; before its backend has started a device."""
    if place.gpu is None:
        return
    for variable in GPU_VARIABLES:
        seen = [each for each in os.environ.get(variable, "").split(",") if each.strip()]
        chosen = seen[place.gpu] if place.gpu < len(seen) else str(place.gpu)
        if seen or variable == GPU_VARIABLES[0]:
            os.environ[variable] = chosen


def keep_to(place: Place) -> None:
    """Keep all threads of this process to the cores of a place, also those that it makes later.

    Called after the backend has counted its threads: their number decides the last digits, so it
    stays what it is without other trials.
    """
    if place.cores is None or not hasattr(os, "sched_setaffinity"):
        return
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended
            os.sched_setaffinity(int(thread.name), place.cores)


def places_line(chosen: Sequence[Place]) -> str:
    """Return the message on trials side by side."""
    first = chosen[0]
    if first == ANYWHERE:
        return f"Jobs: {len(chosen)} trials side by side; speeds are those beside the others."
    if first.gpu is not None:
        gpus = len({each.gpu for each in chosen})
        on = f"{gpus} GPU{'s' if gpus > 1 else ''}, up to {math.ceil(len(chosen) / gpus)} on each"
    else:
        sizes = sorted({len(each.cores or ()) for each in chosen})
        of_each = " or ".join(map(str, sizes))
        on = f"{backend.cores()} cores, {of_each} core{'s' if sizes[-1] > 1 else ''} for each"
    return f"Jobs: {len(chosen)} trials side by side, on {on}; speeds are those beside the others."


def _that_gain(plan: Plan) -> int:
    """Return how many trials side by side gain on this processor: one a core, as memory allows.

    Small networks use a second core little, and the start of a process uses one alone. PyTorch's
    threads wait for each other at every operation, which on fewer cores than threads costs more
    than it gains: two trials of LeNet side by side on two cores take 0.66 of the time of one after
    the other on TensorFlow, 1.4 of it on PyTorch.
    """
    if plan.trials[0].backend == "torch":
        return 1
    free = free_bytes()
    if free is None:
        return backend.cores()
    needed = max(bytes_needed(plan, model) for model in plan.profiles)
    return max(1, min(backend.cores(), int(MEMORY_SHARE * free) // needed))


def bytes_needed(plan: Plan, model: str) -> int:
    """Return an estimate of the memory that the training of a model takes, in bytes."""
    cost = plan.profiles[model].cost
    if cost is None:
        return PROCESS_BYTES
    batch = next(trial.recipe.batch_size for trial in plan.trials if trial.model == model)
    return (
        PROCESS_BYTES
        + COPIES_OF_WEIGHTS * cost.weight_bytes
        + COPIES_OF_ACTIVATIONS * batch * cost.activation_bytes
    )


def _shares(count: int) -> list[tuple[int, ...]]:
    """Return the cores of this process dealt out: to each its own, or one that several share."""
    if not hasattr(os, "sched_getaffinity"):
        return [()] * count
    cores = sorted(os.sched_getaffinity(0))
    if count >= len(cores):
        return [(cores[number % len(cores)],) for number in range(count)]
    return [tuple(cores[number::count]) for number in range(count)]
