"""Preparation of a comparison: device, images, recipes, and each model's profile."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netzoo import backend
from netzoo.data import cache, default_images, open_images
from netzoo.data.source import Images
from netzoo.data.thumbnails import thumbnails
from netzoo.errors import BadInput, NetzooError, OutOfMemory, StoreError, TrialFailed
from netzoo.provenance import DatasetRecord
from netzoo.recipes import recipe
from netzoo.records.arrays import Thumbnails
from netzoo.records.plan import ModelProfile, Plan
from netzoo.records.trial import Trial
from netzoo.records.trials import Trials
from netzoo.runs.announcements import parts_line, recipe_line
from netzoo.runs.callback import Callback, told_of_images
from netzoo.runs.estimate import estimating
from netzoo.runs.forkserver import Forkserver
from netzoo.runs.messages import Profile, Profiled, Start, Started, pass_on
from netzoo.runs.process import Process, environment
from netzoo.runs.request import (
    Request,
    choose_recipe,
    devices_of,
    has_its_files,
    is_search,
    planned_trials,
    recipe_of,
)
from netzoo.runs.store import SPLIT, Store, is_store


def start_process(
    store: Store,
    log: str,
    backend_name: str,
    device: str,
    threads: int | None,
    server: Forkserver | None = None,
    devices: int = 1,
) -> tuple[Process, Started]:
    """Return a process whose backend has started, and its reply.

    threads: how many compute; None: as many as the backend takes by itself.
    server: what forks the process, if it can. devices: how many share each batch.
    """
    process = Process(store.log(log), backend_name, store.lock_fd, store.compiled, server)
    try:
        return process, process.ask(Start(device, threads, devices=devices), Started)
    except BaseException:
        process.kill()
        raise


@contextlib.contextmanager
def open_plan(
    request: Request,
    output: str | Path | None,
    callback: Callback,
    backend_name: str | None = None,
    *,
    side_by_side: bool = False,
) -> Iterator[tuple[Store, Plan, Forkserver]]:
    """Validate the request, lock the folder, and yield its plan, reusing a stored one that matches.

    output: None for a folder that is removed at the end; also in an estimate, which only reads the
    output. backend_name: None for that of `netzoo.backend.name`. side_by_side: whether trials may
    share the processor. The plan comes with the forkserver of its trials. The folder is removed if
    nothing is saved in it.
    """
    request.check()
    chosen_backend = backend_name or backend.name()
    with contextlib.ExitStack() as stack:
        named = held = None if output is None else Store(Path(output))
        if named is not None and not estimating():
            store, held = named, None
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=cache.folder()))
            store = Store(Path(folder) / "comparison")
        if held is not None:
            held.check_to_write()
        stack.enter_context(store.open_to_write())
        stack.enter_context(cache.kept_in(store.decoded))
        ready = environment(chosen_backend, store.compiled, side_by_side=side_by_side)
        server = Forkserver(store.log("forkserver"), ready, request.device)
        stack.enter_context(server)
        try:
            plan = _stored_or_new(request, chosen_backend, store, held, callback, server)
            yield store, plan, server
        except BaseException as error:
            store.discard()
            if (
                not isinstance(error, StoreError)
                or store is not named
                or not is_store(store.folder)
            ):
                raise
            advice = "Finished trials are kept; resolve this and run the same command again."
            raise StoreError(f"{error} {advice}") from error


def _stored_or_new(
    request: Request,
    backend_name: str,
    store: Store,
    held: Store | None,
    callback: Callback,
    server: Forkserver,
) -> Plan:
    """Return the plan; held: the folder that an estimate only reads, in place of the store."""
    known = (held or store).plan()
    if known is not None and is_search(known.request) != is_search(request.to_dict()):
        what = "a search" if is_search(known.request) else "a comparison"
        raise BadInput(f"{(held or store).folder} holds {what}; name another folder.")
    if known is not None and held is None:
        store.pictures(known.trials[0].dataset)  # to be set aside if they are damaged
    for line in store.set_aside_damaged():
        callback.on_message(line)
    same = (
        known is not None
        and not known.failures
        and known.request == request.to_dict()
        and known.trials[0].backend == backend_name
        and known.versions == backend.versions()
        and all(map(has_its_files, Trials.of(known.trials).kinds))
    )
    if known is not None and same:
        return known
    # Another request adds to the folder's trials, which should have the same number of threads.
    kin = known is not None and known.trials[0].backend == backend_name
    threads = known.device.threads if known is not None and kin else None
    return prepare(request, backend_name, store, callback, server, threads)


def prepare(
    request: Request,
    backend_name: str,
    store: Store,
    callback: Callback,
    server: Forkserver,
    threads: int | None = None,
) -> Plan:
    """Detect the device, open the data, settle the recipes, profile each model, save the plan.

    threads: as `start_process` takes them. Messages come at the end: a wrong request has its error.
    """
    plan = _new_plan(request, backend_name, store, callback, server, threads)
    store.keep_plan(plan)
    return plan


def _new_plan(
    request: Request,
    backend_name: str,
    store: Store,
    callback: Callback,
    server: Forkserver,
    threads: int | None,
) -> Plan:
    callback.on_wait(f"starting {backend_name}")
    server.start()  # once; what follows is the start of each process
    began = time.perf_counter()
    about = store, "prepare", backend_name, request.device
    start = partial(start_process, *about, server=server, devices=devices_of(request))
    process, started = start(threads)
    start_seconds = time.perf_counter() - began
    with contextlib.ExitStack() as stack:
        stack.enter_context(process)
        device = started.device
        name = choose_recipe(request.recipe, device)
        recipes = {
            spec: recipe_of(spec, name, request.overrides, device, started.devices)
            for spec in request.models
        }
        callback.on_wait("reading the images")
        with told_of_images(callback):
            images = _images(request, name)
        dataset = images.record(request.data_dir)
        planned = planned_trials(recipes, dataset, request.seeds, backend_name, request.device)
        firsts = planned[: len(recipes)]
        again = partial(start, device.threads)
        profiles, required = _profiles(firsts, process, again, start_seconds, callback)
    store.keep_pictures(thumbnails(images.test, dataset.sha256))
    if images.split_table is not None:
        store.keep(SPLIT, images.split_table)
    callback.on_message(recipe_line(request, name, device))
    for line in images.lines:
        callback.on_message(line)
    return Plan(
        request=request.to_dict(),
        baseline=request.baseline or request.models[0].text,
        trials=planned.changed(lambda kind: replace(kind, **required.get(kind.model, {}))),
        device=device,
        versions=started.versions,
        profiles=profiles,
    )


def _profiles(
    trials: Sequence[Trial],
    process: Process,
    start: Callable[[], tuple[Process, Started]],
    start_seconds: float,
    callback: Callback,
) -> tuple[dict[str, ModelProfile], dict[str, dict[str, Any]]]:
    """Count and time each model, and return their profiles; a failure is one, too.

    Also return, by model, the fields of a trial that the model requires to be as they are.
    start: starts another process after a failure. Raises BadInput if every model is refused.
    """
    profiles, required = {}, {}
    wrong: list[BadInput] = []
    with contextlib.ExitStack() as stack:
        for trial in trials:
            callback.on_wait(f"timing a few steps of {trial.model}")
            try:
                profile, fitted = _profile(process, trial, start_seconds, callback)
                required[trial.model] = {
                    "input_shape": fitted.input_shape,
                    "recipe": fitted.recipe,
                }
            except TrialFailed as error:  # its row will say so; its process may be gone
                profile = ModelProfile(failure=str(error))
                process, _ = start()
                stack.enter_context(process)
            except BadInput as error:  # of this model alone
                profile = ModelProfile(failure=str(error))
                wrong.append(error)
            profiles[trial.model] = profile
    if len(wrong) == len(trials):
        raise wrong[0]
    return profiles, required


def _profile(
    process: Process, trial: Trial, start_seconds: float, callback: Callback
) -> tuple[ModelProfile, Trial]:
    """Return a model's profile, with the micro-batches that fit into the memory, and its trial."""
    parts = 1
    while True:
        try:
            reply = process.ask(Profile(trial, parts), Profiled, pass_on(trial, callback))
        except OutOfMemory:
            more = more_parts(trial, parts)
            if more is None:
                raise
            parts = more
            callback.on_message(parts_line(trial, parts))
        else:
            timing = replace(reply.pace, start=start_seconds)
            known = reply.cost, reply.native, timing, parts, reply.head
            return ModelProfile(*known, footprint=reply.footprint), reply.trial


def more_parts(trial: Trial, parts: int) -> int | None:
    """Return the next larger number of micro-batches, None if a batch cannot be cut further."""
    if trial.backend == "tensorflow" and trial.recipe.data_parallel > 1:
        return None  # Keras cannot accumulate gradients over a strategy's devices
    return parts * 2 if parts * 2 <= trial.recipe.batch_size else None


def pictures_again(dataset: DatasetRecord) -> Thumbnails | None:
    """Return the pictures of a recorded data set, None if it cannot be opened or has changed."""
    try:
        images = open_images(dataset.name, dataset.data_dir).as_recorded(dataset)
    except NetzooError:
        return None  # a trial that needs it says so
    return thumbnails(images.test, dataset.sha256)


def _images(request: Request, recipe_name: str) -> Images:
    """Return the images of a request, limited as its recipe says.

    A limit of the recipe itself, which nobody has asked for, is no more than there are.
    """
    chosen = recipe(recipe_name, "", request.overrides)  # the same images for every family
    limits = chosen.limit_train, chosen.limit_test
    if request.dataset is None:
        will_do = recipe_name in ("quick", "brief")
        images = default_images(request.data_dir, *limits, sample_will_do=will_do)
    else:
        images = open_images(request.dataset, request.data_dir)
        names = ("limit_train", "limit_test")
        sizes = len(images.train), len(images.test)
        train, test = (
            size if name not in request.overrides and (limit or 0) > size else limit
            for name, limit, size in zip(names, limits, sizes, strict=True)
        )
        limits = train, test
    images = images.limited(*limits)
    images.with_validation(chosen.validation)  # or it says why not
    return images
