"""The estimate of a comparison or a study, in place of it: nothing is trained, nothing written.

Every training begins with a plan (netzoo.runs.prepare.open_plan). In an estimate the plan is made
in a temporary folder, the output folder is read alone, and whoever has opened the plan raises
`Estimated` where it would train; so a study need not know of it.
"""

import contextlib
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

from netzoo import disk
from netzoo.data.variable import set_within
from netzoo.provenance import COMMAND, git_commit
from netzoo.records.arrays import Filters, Predictions
from netzoo.records.calibration import BINS, Calibration
from netzoo.records.codec import to_one_line, to_plain, to_text
from netzoo.records.plan import MANY, ModelProfile, Plan
from netzoo.records.trial import FINAL, EpochRecord, Trial, TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.estimate import TRAINING, ModelEstimate, TrainingEstimate
from netzoo.runs.places import Place
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.store import Store

# Measured, of the result and its table: once, for each model, for each trial and each epoch of it.
RESULT_BYTES, MODEL_BYTES, TRIAL_BYTES, EPOCH_BYTES = 3500, 2600, 350, 270
ROW_BYTES, ROW_EPOCH_BYTES = 400, 160  # of a packed record's row in the index
# Of a page, for each model on it, and for each epoch of a trial.
PAGE_BYTES, PAGE_MODEL_BYTES, PAGE_EPOCH_BYTES = 1_500_000, 550_000, 2_000

_ESTIMATING: ContextVar[bool] = ContextVar("estimating", default=False)


class Estimated(BaseException):
    """The end of an estimate; result: the TrainingEstimate. `estimate` catches it."""

    def __init__(self, result: TrainingEstimate) -> None:
        super().__init__("estimated")
        self.result = result


def estimate(call: Callable[..., Any], *arguments: Any, **options: Any) -> TrainingEstimate:
    """Return what a comparison or a study would take, without training, and without a file left.

    call: netzoo.compare, tune, ablate, ladder, probe or lesson. arguments, options: as it takes.
    Each model is built and a few of its steps are timed, as before every training. Trials that are
    finished in the output folder count as done; the folder is read alone. A data set or weights
    that are not on this machine are downloaded.
    Raises as the call does for a wrong request; KeyboardInterrupt at Ctrl-C.

    >>> import netzoo
    >>> few = {"seeds": [0, 1, 2], "epochs": 1, "limit_train": 100}
    >>> estimate = netzoo.estimate(netzoo.compare, ["lenet", "lenet-relu"], **few)
    >>> [(row.model, row.trials) for row in estimate.models]
    [('lenet', 3), ('lenet-relu', 3)]
    """
    before = _ESTIMATING.set(True)
    try:
        with no_bytecode():
            call(*arguments, **options)
    except Estimated as end:
        return end.result
    finally:
        _ESTIMATING.reset(before)
    name = getattr(call, "__name__", repr(call))
    raise TypeError(f"{name} does not train; give netzoo.compare or a study.")


def estimating() -> bool:
    """Return whether the running call is to be estimated alone."""
    return _ESTIMATING.get()


@contextlib.contextmanager
def no_bytecode() -> Iterator[None]:
    """Let Python write no compiled file beside a user's module, here and in the workers."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with set_within("PYTHONDONTWRITEBYTECODE", "1"):
            yield
    finally:
        sys.dont_write_bytecode = before


def of_trainings(
    plan: Plan,
    store: Store,
    output: str | Path | None,
    places: Callable[[int], Sequence[Place]],
    *,
    save_models: bool,
) -> TrainingEstimate:
    """Return the estimate of a plan's trials.

    store: the temporary folder of the plan. output: the folder whose finished trials count as done.
    places: gives so many trials to go those of the ones that run at once.
    """
    held = store if output is None else Store(Path(output))
    trials = Trials.of(plan.trials)
    done: Counter[str] = Counter()
    epochs_left: defaultdict[str, list[int]] = defaultdict(list)
    look = held.trials.look()
    for name, kind, seed, found in held.trials.each(trials, look):
        if found is not None and found.status in FINAL:
            done[kind.model] += 1
            continue
        left = held.epochs_left(kind.with_seed(seed), name, look)
        epochs_left[kind.model].append(left)
    rows = [
        model_estimate(plan, kind, done[kind.model], epochs_left[kind.model], save_models)
        for kind in trials.kinds
    ]
    epochs = sum(kind.recipe.epochs for kind in trials.kinds) * len(trials) // len(trials.kinds)
    result = RESULT_BYTES + MODEL_BYTES * len(rows) + TRIAL_BYTES * len(trials)
    whole = estimate_of(
        plan,
        store,
        rows,
        result_bytes=result + EPOCH_BYTES * epochs,
        report_bytes=PAGE_BYTES + PAGE_MODEL_BYTES * len(rows) + PAGE_EPOCH_BYTES * epochs,
    )
    todo = [(kind, left) for kind in trials.kinds for left in epochs_left[kind.model]]
    beside = places(len(todo)) if todo else ()
    if len(beside) < 2:
        return whole
    seconds = EtaEstimator(plan, todo, beside).left_seconds()
    return replace(whole, jobs=len(beside), elapsed_seconds=seconds)


def estimate_of(
    plan: Plan, store: Store, rows: list[ModelEstimate], result_bytes: int, report_bytes: int
) -> TrainingEstimate:
    """Return the estimate of these rows.

    result_bytes: of what is written at the end. The other files of the folder are in the store.
    """
    first = plan.trials[0]
    files = [path for path in store.folder.glob("*") if path.is_file()]
    working = [*store.decoded.rglob("*"), *store.compiled.rglob("*")]
    kinds = Trials.of(plan.trials).kinds
    return TrainingEstimate(
        backend=first.backend,
        device=plan.device,
        versions=plan.versions,
        command=COMMAND.get(),
        commit=git_commit(),
        dataset=first.dataset,
        recipe={
            "name": first.recipe.name,
            "seeds": sorted({*Trials.of(plan.trials).seeds}),
            "by_model": {kind.model: to_plain(kind.recipe) for kind in kinds},
        },
        models=tuple(rows),
        folder_bytes=sum(path.stat().st_size for path in files) + result_bytes,
        working_bytes=sum(path.stat().st_size for path in working if path.is_file()),
        report_bytes=report_bytes,
    )


def memory_bytes(profile: ModelProfile, trial: Trial) -> int | None:
    """Return the bytes of weights, optimizer, gradients, and activations of a batch."""
    cost, takes = profile.cost, profile.footprint
    if cost is None or takes is None:
        return None
    images = -(-trial.recipe.batch_size // profile.parts)
    gradients = 4 * cost.trainable_params  # float32
    return takes.state_bytes + gradients + images * cost.activation_bytes


def model_estimate(
    plan: Plan, kind: Trial, done: int, epochs_left: Sequence[int], save_models: bool
) -> ModelEstimate:
    """Return the estimate of a model's trials: the epochs that each has to go, and those done."""
    profile = plan.profiles[kind.model]
    timing, takes, to_go = profile.timing, profile.footprint, len(epochs_left)
    trial_seconds = None if timing is None else timing.seconds(kind.recipe.epochs)
    seconds = None if timing is None else sum(map(timing.seconds, epochs_left))
    failed = profile.failure is not None
    network = takes.network_bytes if takes is not None and save_models else 0
    return ModelEstimate(
        model=kind.model,
        work=TRAINING,
        trials=to_go,
        done=done,
        epochs=kind.recipe.epochs,
        trial_seconds=trial_seconds,
        seconds=seconds,
        record_bytes=to_go * _record_bytes(plan, kind),
        network_bytes=to_go * network,
        checkpoint_bytes=None if takes is None else takes.checkpoint_bytes,
        memory_bytes=memory_bytes(profile, kind),
        status=TrialStatus.FAILED if failed else TrialStatus.OK,
        error=profile.failure,
    )


def _record_bytes(plan: Plan, kind: Trial) -> int:
    """Return the bytes of the record of a trial: those of one with random numbers."""
    profile, about = plan.profiles[kind.model], {"command": COMMAND.get(), "commit": git_commit()}
    if profile.failure is not None:
        record = plan.record(kind, TrialStatus.FAILED, error=profile.failure, **about)
        return len(disk.sealed(to_text(record)).encode())
    draw = random.Random(0)
    curve, count = kind.recipe.curve, kind.recipe.epochs
    figures = {f"{curve}_{what}": draw.random() for what in ("loss", "accuracy") if curve}
    epochs = tuple(
        EpochRecord(epoch, draw.random(), draw.random(), draw.random(), draw.random(), **figures)
        for epoch in range(1, count + 1)
    )
    names = ("test_loss", "test_accuracy", "final_train_loss", "final_train_accuracy", "seconds")
    classes, images = range(len(kind.dataset.class_names)), kind.dataset.test
    bins = [(draw.random(), draw.random()) for _ in range(BINS)]
    filters = 0 if profile.footprint is None else profile.footprint.filter_bytes
    record = plan.record(
        kind,
        TrialStatus.OK,
        history=epochs,
        predictions=Predictions.of(
            draw.choices(classes, k=images), draw.choices(classes, k=images)
        ),
        filters=Filters("conv1", (1, 1, 1, 1), 1, bytes(filters)) if filters else None,
        calibration=Calibration(draw.random(), (images // BINS,) * BINS, *zip(*bins, strict=True)),
        **{name: draw.random() for name in names},
        **about,
    )
    text = disk.sealed(to_text(record)).encode()
    if len(plan.trials) < MANY:
        return len(text)
    return len(to_one_line(text)) + ROW_BYTES + ROW_EPOCH_BYTES * count
