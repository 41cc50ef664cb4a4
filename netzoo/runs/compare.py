"""The comparison of models: check, plan, estimate, train one process a trial, save, compare."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netzoo.data.memory import budget
from netzoo.errors import BadInput
from netzoo.records.trials import Trials
from netzoo.results.comparison import Comparison
from netzoo.results.metric import ACCURACY, check_metric
from netzoo.results.target import check_curves, check_target
from netzoo.runs.backends import on_backends
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.estimate import Estimated, estimating, of_trainings
from netzoo.runs.executor import LOCAL, Local, check_executor, open_executor
from netzoo.runs.logs import logged
from netzoo.runs.places import AUTO as AUTO_JOBS
from netzoo.runs.places import at_most, check_jobs, refuse_several_devices
from netzoo.runs.prepare import (
    open_plan,
)
from netzoo.runs.request import AUTO, Request
from netzoo.runs.run import Run
from netzoo.runs.target import check_target_of


def compare(
    models: Sequence[str] | str,
    *,
    backends: Sequence[str] | str | None = None,
    recipe: str = AUTO,
    dataset: str | Path | None = None,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "auto",
    baseline: str | None = None,
    metric: str = ACCURACY,
    target: float | None = None,
    output: str | Path | None = None,
    save_models: bool = False,
    log: Sequence[str] | str = (),
    jobs: int | str | None = None,
    per_device: int | None = None,
    executor: str = LOCAL,
    address: str | None = None,
    callbacks: Sequence[Callback] = (),
    listener: Callback | None = None,
    **overrides: Any,
) -> Comparison:
    """Train models, each trial in its own process, and return their comparison.

    models: names or specs ("alexnet", "alexnet:dropout=0.2").
    backends: train on each of these, "all" for all that are installed; the result is a
    netzoo.results.backends.BackendComparison, with a row for each model on each backend, against
    the same model on the first. None: on the one of KERAS_BACKEND.
    recipe: "lesson", "quick", or "auto": lesson on a GPU, quick on a CPU.
    dataset: a name or a path, as in netzoo.open_images; None: Fashion-MNIST, and for the quick
    recipe the bundled sample of it where the full set is not on this machine.
    data_dir: look for the data set there only.
    memory: the most that the images may take, in bytes or as "2GB"; larger data sets are read from
    disk as they train, with the same numbers. By default NETZOO_MEMORY, else half of what is free.
    seeds: each model is trained once with each. device: "auto", "gpu" or "cpu".
    baseline: the model that the others are compared with; by default the first.
    metric: what the verdicts are of, "accuracy" or "balanced_accuracy", the mean recall over the
    classes.
    target: an accuracy as a share of one. The rows then have, beside it, the first epoch at whose
    end the mean over the seeds of the validation accuracy is there (of the test accuracy, where
    the recipe evaluates that by epoch), with its seconds and training FLOPs. Each trial is trained
    only as far as that is decided, and has no test accuracy if that is before its end; the same
    call without a target continues it.
    output: a folder for records, checkpoints, logs and the table; finished trials found there are
    reused. None: nothing is saved.
    save_models: also write each trained network to the output, as models/TRIAL.keras, for
    netzoo.evaluate and netzoo.predict.
    log: "tensorboard", "mlflow" or both: curves and results of each trial that is trained also go
    there, by the packages of these extras. A log that fails costs a line, no trial.
    jobs: the number of trials that run at once, with the numbers of one after the other; "auto":
    one a GPU, or on a CPU one a core as the memory allows, on PyTorch one. By default 1, with Ray
    "auto".
    per_device: at most so many on each GPU, or on the CPU; by default one a GPU with jobs="auto".
    executor: "local", or "ray" for trials on the nodes of a Ray cluster, with the same numbers; the
    output is then a folder that all of them share. address: of the cluster, "HOST:PORT" or "auto";
    by default Ray is started on this machine.
    callbacks: netzoo.Callback objects, called as the comparison runs; listener: the old name for
    one of them.
    overrides: fields of netzoo.Recipe, such as epochs=2.

    A trial that fails is a row with its reason; the others are trained. The first Ctrl-C finishes
    the running epoch, the second stops at once; with an output, the same call resumes there.
    Raises NetzooError for a wrong request, before any training; StoreError if the output can no
    longer be written; Interrupted, with what was finished, at Ctrl-C.

    >>> import netzoo
    >>> few = {"recipe": "quick", "epochs": 1, "limit_train": 100}
    >>> comparison = netzoo.compare(["lenet", "lenet-relu"], **few)
    >>> [(row.name, row.params, row.status) for row in comparison.models]
    [('lenet', 61706, 'ok'), ('lenet-relu', 61706, 'ok')]
    """
    check_metric(metric)
    target = None if target is None else check_target(target)
    check_jobs(1 if jobs is None else jobs, per_device)
    check_executor(executor, address)
    if jobs not in (None, 1, AUTO_JOBS) and overrides.get("data_parallel", 1) != 1:
        refuse_several_devices(jobs)
    if save_models and output is None:
        raise BadInput("`save_models` writes to an output folder; name one by `output`.")
    request = Request.of(
        models,
        baseline,
        recipe=recipe,
        dataset=dataset,
        data_dir=data_dir,
        seeds=seeds,
        device=device,
        **overrides,
    )
    if target is not None:
        check_target_of(request)
    beside = at_most(jobs or 1, len(request.models) * len(request.seeds))
    with (
        budget(memory, beside),
        logged(log, output, callback_of(callbacks, listener)) as callback,
    ):

        def train(
            request: Request, backend: str | None, output: str | Path | None
        ) -> tuple[Comparison, bool]:
            side = beside > 1
            with open_plan(request, output, callback, backend, side_by_side=side) as opened:
                store, plan, server = opened
                if target is not None:
                    check_curves(Trials.of(plan.trials).kinds)
                if estimating():
                    places = partial(Local(store, server, jobs or 1, per_device).places, plan)
                    about_it = plan, store, output, places
                    raise Estimated(of_trainings(*about_it, save_models=save_models))
                if (plan.metric, plan.target) != (metric, target):
                    plan = replace(plan, metric=metric, target=target)
                    store.keep_plan(plan)
                about = store, server, jobs, per_device, callback
                with open_executor(executor, address, *about) as chosen:
                    run = Run(plan, store, callback, chosen, save_models)
                    return run.train(), run.stopped

        if backends is None:
            return train(request, None, output)[0]
        return on_backends(backends, request, output, callback, train)
