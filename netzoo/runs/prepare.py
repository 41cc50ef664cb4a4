"""Before the training: what to train, on what device, with which images, and for how long."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netzoo import backend
from netzoo.cost.result import Cost, NativeCost
from netzoo.data import default_images, open_images
from netzoo.data.thumbnails import pictures
from netzoo.errors import BadInput, NetzooError, OutOfMemory, TrialFailed
from netzoo.provenance import DatasetRecord, Device
from netzoo.recipes import recipe
from netzoo.records.arrays import Pictures
from netzoo.records.codec import from_plain
from netzoo.records.plan import Pace, Plan
from netzoo.records.trial import Trial
from netzoo.runs.listener import Listener, parts_line, recipe_line
from netzoo.runs.process import Process
from netzoo.runs.request import Request, choose_recipe, planned_trials, recipe_of
from netzoo.runs.store import Store

# What a plan has of each model.
_BY_MODEL = "costs", "natives", "paces", "parts", "failures", "heads"


def start_process(
    store: Store,
    log: str,
    backend_name: str,
    device: str,
    threads: int | None,
    loaded: Process | None = None,
) -> tuple[Process, dict[str, Any]]:
    """Return a process whose backend has started, and its answer: "device" and "versions".

    threads: how many compute; None: as many as the backend takes by itself, its "usual_threads".
    loaded: a process that has loaded the backend already.
    """
    if loaded is not None:
        loaded.log_to(store.log(log))
    process = loaded or Process(store.log(log), backend_name, store.lock_fd, store.compiled)
    try:
        return process, process.ask({"do": "start", "device": device, "threads": threads})
    except BaseException:
        process.kill()
        raise


@contextlib.contextmanager
def opened(
    request: Request, output: str | Path | None, listener: Listener
) -> Iterator[tuple[Store, Plan, Process | None]]:
    """Check a request, hold its folder, and give the plan: the folder's own, or else a new one.

    output: None for a folder that is removed at the end. With a new plan comes a process for its
    first trial, which has loaded the backend. The folder goes again if nothing is kept in it.
    """
    request.check()
    chosen_backend = backend.name()
    with contextlib.ExitStack() as stack:
        if output is None:
            output = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "comparison"
        store = Store(Path(output))
        stack.enter_context(store.open_to_write())
        try:
            found, loaded = _planned(request, chosen_backend, store, listener)
            if loaded is not None:
                stack.callback(loaded.kill)
            yield store, found, loaded
        except BaseException:
            store.discard()
            raise


def _planned(
    request: Request, backend_name: str, store: Store, listener: Listener
) -> tuple[Plan, Process | None]:
    known = store.plan()
    if known is not None:
        store.pictures(known.trials[0].dataset)  # to be set aside if they are damaged
    for line in store.set_aside_damaged():
        listener.said(line)
    same = (
        known is not None
        and not known.failures
        and known.request == request.to_dict()
        and known.trials[0].backend == backend_name
        and known.versions == backend.versions()
    )
    if known is not None and same:
        return known, None
    # Another request adds to the folder's trials, which should have the same number of threads.
    kin = known is not None and known.trials[0].backend == backend_name
    threads = known.device.threads if known is not None and kin else None
    return prepare(request, backend_name, store, listener, threads)


def prepare(
    request: Request,
    backend_name: str,
    store: Store,
    listener: Listener,
    threads: int | None = None,
) -> tuple[Plan, Process]:
    """Find out device and data, settle recipes, count and time each model, and keep the plan.

    threads: as `start_process` takes them.
    Also returns a process for the first trial, which loads the backend at the same time.
    What there is to say is said at the end, so that a wrong request gives its error alone.
    """
    loaded = Process(store.log("first"), backend_name, store.lock_fd, store.compiled)
    try:
        loaded.tell({"do": "load", "device": request.device})
        found = _prepared(request, backend_name, store, listener, loaded, threads)
        store.keep_plan(found)
        return found, loaded
    except BaseException:
        loaded.kill()
        raise


def _prepared(
    request: Request,
    backend_name: str,
    store: Store,
    listener: Listener,
    loaded: Process,
    threads: int | None,
) -> Plan:
    listener.waiting(f"starting {backend_name}")
    began = time.perf_counter()
    start = partial(start_process, store, "prepare", backend_name, request.device)
    process, started = start(threads)
    start_seconds = time.perf_counter() - began
    loaded.answer()  # so that it does not disturb the timing
    with contextlib.ExitStack() as stack:
        stack.enter_context(process)
        device = from_plain(Device, started["device"])
        name = choose_recipe(request.recipe, device)
        recipes = {
            spec: recipe_of(spec, name, request.overrides, device) for spec in request.models
        }
        listener.waiting("reading the images")
        dataset, shown = _dataset(request, name)
        planned = planned_trials(recipes, dataset, request.seeds, backend_name, request.device)
        firsts = planned[: len(recipes)]
        found = _timed(firsts, process, partial(start, device.threads), start_seconds, listener)
    store.keep_pictures(shown)
    listener.said(recipe_line(request, name, device))
    return Plan(
        request=request.to_dict(),
        baseline=request.baseline or request.models[0].text,
        trials=tuple(planned),
        device=device,
        versions=started["versions"],
        **found,
    )


def _timed(
    trials: Sequence[Trial],
    process: Process,
    start: Callable[[], tuple[Process, dict[str, Any]]],
    start_seconds: float,
    listener: Listener,
) -> dict[str, Any]:
    """Count and time each model; return what the plan has of each, or why there is nothing.

    start: another process, should one be gone. Raises BadInput if every model is refused.
    """
    found: dict[str, Any] = {key: {} for key in _BY_MODEL}
    wrong: list[BadInput] = []
    with contextlib.ExitStack() as stack:
        for trial in trials:
            listener.waiting(f"timing a few steps of {trial.model}")
            try:
                answer, parts = _paced(process, trial, listener)
            except TrialFailed as error:  # its row will say so; its process may be gone
                found["failures"][trial.model] = str(error)
                process, _ = start()
                stack.enter_context(process)
                continue
            except BadInput as error:  # of this model alone
                found["failures"][trial.model] = str(error)
                wrong.append(error)
                continue
            pace = replace(from_plain(Pace, answer["pace"]), start=start_seconds)
            about = {"paces": pace, "parts": parts, **_costs(answer), **_head(answer)}
            for key, value in about.items():
                found[key][trial.model] = value
    if len(wrong) == len(trials):
        raise wrong[0]
    return found


def _costs(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a model's costs as a trial's process tells them; none of what cannot be seen into."""
    if answer["cost"] is None:
        return {}
    cost, native = from_plain(Cost, answer["cost"]), from_plain(NativeCost, answer["native"])
    return {"costs": cost, "natives": native}


def _head(answer: dict[str, Any]) -> dict[str, Any]:
    return {} if answer["head"] is None else {"heads": answer["head"]}


def more_parts(trial: Trial, parts: int) -> int | None:
    """Return in how many parts a batch that does not fit goes, None if it cannot be cut."""
    return parts * 2 if parts * 2 <= trial.recipe.batch_size else None


def _paced(process: Process, trial: Trial, listener: Listener) -> tuple[dict[str, Any], int]:
    """Return a trial's counts and pace, and the parts in which its batch fits into the memory."""
    parts = 1
    while True:
        try:
            return process.ask({"do": "pace", "trial": trial, "parts": parts}), parts
        except OutOfMemory:
            more = more_parts(trial, parts)
            if more is None:
                raise
            parts = more
            listener.said(parts_line(trial, parts))


def pictures_again(dataset: DatasetRecord) -> Pictures | None:
    """Return the pictures of a recorded data set, None if it cannot be opened or has changed."""
    try:
        images = open_images(dataset.name, dataset.data_dir).limited(dataset.train, dataset.test)
    except NetzooError:
        return None  # a trial that needs it says so
    return pictures(images.test, dataset.sha256) if images.sha256() == dataset.sha256 else None


def _dataset(request: Request, recipe_name: str) -> tuple[DatasetRecord, Pictures]:
    # Which images to take is the same for every family.
    chosen = recipe(recipe_name, "", request.overrides)
    limits = chosen.limit_train, chosen.limit_test
    if request.dataset is None:
        will_do = recipe_name in ("quick", "brief")
        images = default_images(request.data_dir, *limits, sample_will_do=will_do)
    else:
        images = open_images(request.dataset, request.data_dir)
    images = images.limited(*limits)
    images.with_validation(chosen.validation)  # or it says why not
    found = images.record(request.data_dir)
    return found, pictures(images.test, found.sha256)
