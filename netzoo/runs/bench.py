"""The speed of models on this machine: each kind of work of each in a process of its own."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from netzoo import backend, disk
from netzoo.data import open_images
from netzoo.data.memory import budget
from netzoo.errors import BadInput, Interrupted, no_such
from netzoo.provenance import COMMAND, DatasetRecord, Device, git_commit
from netzoo.records.codec import from_plain, to_text
from netzoo.results.bench import WORKS, Bench
from netzoo.runs.backend_names import chosen_backends, skipped_words
from netzoo.runs.bench_jobs import Jobs
from netzoo.runs.callback import Callback, CallbackList
from netzoo.runs.lock import refuse_file
from netzoo.runs.request import AUTO, Request, check_one_device
from netzoo.runs.store import BENCH, sealed_in

BATCH_SIZES = (1, 8, 32, 128)
SECONDS = 2.0
MOST_SECONDS, MOST_BATCH = 3600.0, 1_000_000


def bench(
    models: Sequence[str] | str,
    *,
    backends: Sequence[str] | str | None = None,
    batch_sizes: Sequence[int] = BATCH_SIZES,
    work: Sequence[str] | str = WORKS,
    seconds: float = SECONDS,
    recipe: str = AUTO,
    dataset: str | Path | None = None,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    device: str = "auto",
    output: str | Path | None = None,
    callbacks: Sequence[Callback] = (),
    **overrides: Any,
) -> Bench:
    """Time training and inference of models on this machine, by batch size; return the figures.

    models: as in netzoo.compare. backends: names, or "all" for each that is installed; None: the
    one of KERAS_BACKEND. batch_sizes: training is also timed at the recipe's, inference at 1, which
    is the latency of one image. work: "training", "inference", or both. seconds: of each
    measurement, at least.
    recipe, overrides: as in netzoo.compare, for what changes a step: precision, optimizer,
    image_size, batch_size. dataset: its images' shape and number of classes are taken, of
    Fashion-MNIST by default; the images are random.
    memory, device: as in netzoo.compare. output: a folder for bench.json; a report of the folder
    has the latency beside the accuracy.

    The step is that of the training, without the pipeline that feeds it. It runs until it is
    compiled and warm; then single steps of inference, and blocks of training steps, are timed by
    time.perf_counter, each until its result is in the machine's memory. Given are the median, the
    quartiles, for single steps the 99th percentile, and n. Each model's work on each backend has a
    process of its own, so that its peak memory and its time to the first step are its own.

    A run that fails is told with its reason; the others go on.
    Raises NetzooError for a wrong request; StoreError if the output cannot be written; Interrupted,
    with what was measured, at Ctrl-C.

    >>> import netzoo
    >>> bench = netzoo.bench("lenet", work="inference", batch_sizes=[1], seconds=0.1)
    >>> (run,) = bench.runs
    >>> run.measurements[0].batch_size, run.measurements[0].n >= 100
    (1, True)
    """
    request = Request.of(
        models, recipe=recipe, dataset=dataset, data_dir=data_dir, device=device, **overrides
    )
    request.check()
    check_one_device(request, "bench times networks")
    sizes = _checked_sizes(batch_sizes)
    works = _checked_works(work)
    _check_seconds(seconds)
    names, skipped = ([backend.name()], []) if backends is None else chosen_backends(backends)
    if output is not None:
        refuse_file(Path(output))
    callback = CallbackList(callbacks)
    with budget(memory):
        described = _images_of(request)
    for name in skipped:
        callback.on_message(f"{name} {skipped_words(name)}")
    stopped = False
    with tempfile.TemporaryDirectory() as logs:
        jobs = Jobs(request, described, sizes, seconds, Path(logs), callback)
        try:
            jobs.run(list(product(request.models, names, works)))
        except KeyboardInterrupt:
            stopped = True
    devices = [run.device for run in jobs.runs if run.device is not None]
    result = Bench(
        backend=names[0],
        device=devices[0] if devices else Device("unknown", "unknown"),
        versions=backend.versions(),
        command=COMMAND.get(),
        commit=git_commit(),
        dataset=described.name,
        image_shape=described.image_shape,
        classes=len(described.class_names),
        seconds=seconds,
        runs=tuple(jobs.runs),
        skipped=tuple(skipped),
    )
    if output is not None and any(run.measurements for run in result.runs):
        keep_bench(Path(output), result)
    if stopped:
        raise Interrupted(result)
    return result


def keep_bench(folder: Path, result: Bench) -> None:
    """Write a bench's result into a folder, perhaps that of a comparison. Raises StoreError."""
    kept = {"kind": "bench", "result": result.to_dict()}
    disk.write_text(folder / BENCH, disk.sealed(to_text(kept)))


def saved_bench(folder: str | Path) -> Bench | None:
    """Return the bench's result in a folder; None if there is none.

    Raises DataError if it is damaged.
    """
    path = Path(folder) / BENCH
    kept = sealed_in(path)
    return None if kept is None else from_plain(Bench, kept.get("result"), str(path))


def _checked_sizes(sizes: Sequence[int]) -> list[int]:
    """Return the batch sizes in ascending order. Raises BadInput."""
    wrong = [size for size in sizes if type(size) is not int or not 1 <= size <= MOST_BATCH]
    if wrong or not sizes or len(set(sizes)) < len(sizes):
        raise BadInput(
            f"`batch_sizes` are whole numbers from 1 to {MOST_BATCH}, each once; received "
            f"{wrong[0] if wrong else list(sizes)!r}."
        )
    return sorted(sizes)


def _checked_works(work: Sequence[str] | str) -> list[str]:
    """Return the kinds of work in their order. Raises UnknownName, BadInput for none."""
    chosen = [work] if isinstance(work, str) else list(work)
    for name in chosen:
        if name not in WORKS:
            raise no_such("work", name, WORKS)
    if not chosen:
        raise BadInput("`work` is inference, training or both; received none.")
    return [name for name in WORKS if name in chosen]


def _check_seconds(seconds: float) -> None:
    if type(seconds) not in (int, float) or not 0 < seconds <= MOST_SECONDS:
        raise BadInput(
            f"`seconds` is a number above 0 and up to {MOST_SECONDS:g}; received {seconds!r}."
        )


def _images_of(request: Request) -> DatasetRecord:
    """Return the description of the data set whose shape the random images have."""
    if request.dataset is None:  # the sample has the shape of the whole
        return replace(open_images("fashion_mnist_sample").record(None), name="fashion_mnist")
    return open_images(request.dataset, request.data_dir).record(request.data_dir)
