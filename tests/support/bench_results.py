"""Measurements of speed that never were."""

from study_records import CPU, VERSIONS, trial_of

from netzoo.results.bench import Bench, BenchRun, Measurement, Startup

SIZES = (1, 32)


def measured(batch_size, step_seconds=0.001, **fields):
    rate = batch_size / step_seconds
    given = {
        "step_seconds_p99": None,
        "n": 40,
        "steps_per_sample": 10,
        "drift": 0.01,
        "process_bytes": 412_000_000,
        **fields,
    }
    return Measurement(batch_size, rate, (0.9 * rate, 1.1 * rate), step_seconds, **given)


def run(model, work="inference", step_seconds=0.001, sizes=SIZES, backend="tensorflow", **fields):
    """Return a run by the recipe of small studies; fields: of each measurement."""
    trial = trial_of(model, 0)
    alone = {"step_seconds_p99": 0.002, "steps_per_sample": 1, "n": 2000}
    measurements = tuple(
        measured(
            size,
            step_seconds * size**0.5,
            **{**(alone if (work, size) == ("inference", 1) else {}), **fields},
        )
        for size in sizes
    )
    return BenchRun(
        model=model,
        backend=backend,
        work=work,
        status="ok",
        device=CPU,
        recipe=trial.recipe,
        input_shape=trial.input_shape,
        startup=Startup(4.0, 0.5, 1.5),
        measurements=measurements,
    )


def benched(*runs, **fields):
    """Return the bench of two models; fields: of each measurement."""
    two = [
        run(model, work, seconds, **fields)
        for model, seconds in (("lenet", 0.000412), ("alexnet", 0.0153))
        for work in ("inference", "training")
    ]
    return Bench(
        backend="tensorflow",
        device=CPU,
        versions=VERSIONS,
        command="netzoo bench lenet alexnet",
        commit=None,
        dataset="fashion_mnist",
        image_shape=(28, 28, 1),
        classes=10,
        seconds=2.0,
        runs=tuple(runs or two),
    )
