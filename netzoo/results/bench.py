"""The speed of networks: images/s, latency, memory and time to the first step, by batch size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netzoo import units
from netzoo.provenance import Device, Provenance
from netzoo.recipes import Recipe
from netzoo.records.trial import TrialStatus
from netzoo.results.result import Result
from netzoo.tables.cells import bytes_cell, seconds_cell
from netzoo.tables.notes import versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

INFERENCE, TRAINING = "inference", "training"
WORKS = (INFERENCE, TRAINING)
STEADY = 0.1  # a larger drift is told


@dataclass(frozen=True)
class Measurement:
    """The speed of one kind of work at one batch size, over n samples.

    images_per_second: batch_size over step_seconds, the median duration of a step; its quartiles,
    low and high, likewise. A sample is the mean duration of steps_per_sample steps, one of
    inference. step_seconds_p99: the 99th percentile of single steps, None for less than 100 or for
    blocks of them. drift: the median of the second half of the samples over that of the first,
    minus 1.
    device_bytes, process_bytes: peak memory on the device, and of the process in the machine's
    memory, from the start of the process to the end of this measurement; None if unknown.
    """

    batch_size: int
    images_per_second: float
    images_per_second_quartiles: tuple[float, float]
    step_seconds: float
    step_seconds_p99: float | None
    n: int
    steps_per_sample: int
    drift: float
    device_bytes: int | None = None
    process_bytes: int | None = None


@dataclass(frozen=True)
class Startup:
    """The seconds from the start of a process to its first result.

    process: start of Python, imports and the device. build: the network, its weights and optimizer.
    first_step: tracing, compilation and the first step, of the smallest batch.
    """

    process: float
    build: float
    first_step: float

    @property
    def seconds(self) -> float:
        """Return their sum."""
        return self.process + self.build + self.first_step


@dataclass(frozen=True)
class BenchRun:
    """One kind of work of a model on one backend, in a process of its own.

    work: "inference", from uint8 images in the machine's memory to float32 logits there, or
    "training", whole steps. measurements: by ascending batch size; status: of a run with an error,
    those before it. device, recipe, input_shape, startup: None if it never came so far.
    imported_bytes: the process's peak memory before the network was built. head: the change of the
    network's end, in words; None without one.
    """

    model: str
    backend: str
    work: str
    status: TrialStatus
    device: Device | None = None
    recipe: Recipe | None = None
    input_shape: tuple[int, int, int] | None = None
    startup: Startup | None = None
    imported_bytes: int | None = None
    measurements: tuple[Measurement, ...] = ()
    head: str | None = None
    error: str | None = None


_COLUMNS = (
    Column("Work", "work", numeric=False),
    Column("Batch", "batch_size"),
    Column("Model", "model", numeric=False),
    Column("Backend", "backend", numeric=False),
    Column("Images/s", "images_per_second"),
    Column("Quartiles", "images_per_second_quartiles"),
    Column("Time of\na step", "step_seconds"),
    Column("99th\npercentile", "step_seconds_p99"),
    Column("n", "n"),
    Column("Peak memory\nof device", "device_bytes"),
    Column("Peak memory\nof process", "process_bytes"),
    Column("Time to\nfirst step", "first_step_seconds"),
)
_SPARE = ("first_step_seconds", "images_per_second_quartiles")


@dataclass(frozen=True)
class Bench(Provenance, Result):
    """The speed of models side by side, as `netzoo bench --format json` prints it.

    backend, device: of the first run; each run has its own. dataset, image_shape, classes: the data
    set whose shape the random images have. seconds: of each measurement. skipped: backends that
    are not installed.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    dataset: str
    image_shape: tuple[int, int, int]
    classes: int
    seconds: float
    runs: tuple[BenchRun, ...]
    skipped: tuple[str, ...] = ()

    def _table(self, *, every: bool) -> Table:
        return bench_table(self, every=every)


def bench_table(bench: Bench, *, every: bool = False) -> Table:
    """Return the table: models and backends side by side, by work and batch size.

    every: with the column of the device's memory even if no backend tells it.
    """
    order = {run: place for place, run in enumerate(_key(run) for run in bench.runs)}
    pairs = [(run, each) for run in bench.runs for each in run.measurements]
    pairs.sort(
        key=lambda pair: (WORKS.index(pair[0].work), pair[1].batch_size, order[_key(pair[0])])
    )
    told = every or any(each.device_bytes is not None for _, each in pairs)
    columns = [column for column in _COLUMNS if told or column.key != "device_bytes"]
    cells = [_cells(run, each) for run, each in pairs]
    rows = [[row[column.key] for column in columns] for row in cells]
    return Table(columns, rows, _footer(bench), names=4, spare=_SPARE)


def _key(run: BenchRun) -> tuple[str, str, str]:
    return run.model, run.backend, run.work


def _cells(run: BenchRun, each: Measurement) -> dict[str, Cell]:
    low, high = each.images_per_second_quartiles
    startup = run.startup
    return {
        "work": Cell(run.work, run.work),
        "batch_size": Cell(each.batch_size, units.exact(each.batch_size)),
        "model": Cell(run.model, run.model),
        "backend": Cell(run.backend, run.backend),
        "images_per_second": Cell(
            round(each.images_per_second, 2), units.rate(each.images_per_second)
        ),
        "images_per_second_quartiles": Cell(
            f"{low:.2f} {high:.2f}", f"{units.rate(low)} … {units.rate(high)}"
        ),
        "step_seconds": _duration(each.step_seconds),
        "step_seconds_p99": _duration(each.step_seconds_p99),
        "n": Cell(each.n, units.exact(each.n)),
        "device_bytes": bytes_cell(each.device_bytes),
        "process_bytes": bytes_cell(each.process_bytes),
        "first_step_seconds": seconds_cell(None if startup is None else startup.seconds),
    }


def _duration(seconds: float | None) -> Cell:
    return EMPTY if seconds is None else Cell(round(seconds, 8), units.latency(seconds))


def _footer(bench: Bench) -> list[str]:
    return [
        *(f"{_name(run)} {run.status}: {run.error}" for run in bench.runs if run.error),
        *(f"{name} is not installed: skipped." for name in bench.skipped),
        f"Inference: from {units.shape(bench.image_shape)} uint8 images (random, of the shape of "
        f"{bench.dataset}, {bench.classes} classes) in the machine's memory to float32 logits "
        "there; batch 1 is the latency of one image. Training: a whole step, with the loss, the "
        "backward pass and the update of the weights. Both resize and scale the images on the "
        "device; the pipeline that reads, shuffles and augments them is not timed.",
        "Images/s: batch / median time of a step, with its quartiles over n samples in about "
        f"{units.seconds(bench.seconds)}, after a warm-up: single steps of inference, blocks of "
        "steps of training, each until its result is in the machine's memory. Clock: "
        "time.perf_counter; the processor's frequency is not fixed.",
        "Peak memory: from the start of the process, in which a model does one kind of work at "
        f"ascending batch sizes{_imported(bench.runs)}. Time to first step: from the start of the "
        "process, with imports, building and compilation, to the first result of the smallest "
        "batch.",
        *_drift_lines(bench.runs),
        *dict.fromkeys(f"{run.model} {run.head}" for run in bench.runs if run.head),
        *_recipe_lines(bench.runs),
        *_device_lines(bench),
        *([f"Command: {bench.command}{_commit(bench)}"] if bench.command else []),
    ]


def _name(run: BenchRun) -> str:
    return f"{run.model}, {run.work} on {run.backend}"


def _imported(runs: Sequence[BenchRun]) -> str:
    """Return the largest memory of the process before the network was built, by backend."""
    largest: dict[str, int] = {}
    for run in runs:
        if run.imported_bytes is not None:
            largest[run.backend] = max(largest.get(run.backend, 0), run.imported_bytes)
    words = [f"{name} {units.quantity(count, 'B')}" for name, count in largest.items()]
    return f"; of the process, before the network is built: {', '.join(words)}" if words else ""


def _drift_lines(runs: Sequence[BenchRun]) -> list[str]:
    drifts = [
        f"{_name(run)}, batch {each.batch_size}: {100 * each.drift:+.0f} %"
        for run in runs
        for each in run.measurements
        if abs(each.drift) > STEADY
    ]
    if not drifts:
        return []
    return [
        "Warning: not steady, by the median time of the second half of the samples over that of "
        f"the first: {'; '.join(drifts)}."
    ]


def _recipe_lines(runs: Sequence[BenchRun]) -> list[str]:
    """Return a line for each recipe: the settings that change a step, and the models it is for."""
    models: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.recipe is not None and run.input_shape is not None:
            recipe = run.recipe
            words = (
                f"Recipe {recipe.name}: optimizer {recipe.optimizer}, schedule {recipe.schedule}, "
                f"scaling {recipe.scaling}, precision {recipe.precision}"
            )
            shape = units.shape(run.input_shape)
            models.setdefault(words, {})[f"{run.model} ({shape}) on {run.backend}"] = None
    return [f"{words}: {', '.join(names)}." for words, names in models.items()]


def _device_lines(bench: Bench) -> Iterator[str]:
    """Yield the device of each backend, and the versions."""
    devices: dict[str, list[str]] = {}
    for run in bench.runs:
        if run.device is not None:
            names = devices.setdefault(run.device.text, [])
            names += [run.backend] if run.backend not in names else []
    for device, backends in devices.items():
        several = "s" if len(backends) > 1 else ""
        yield f"Device: {device}. Backend{several}: {', '.join(backends)}."
    yield f"{versions_text(bench.versions)}."


def _commit(bench: Bench) -> str:
    return f" (git {bench.commit[:12]})" if bench.commit else ""
