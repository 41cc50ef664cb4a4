"""The estimate of probes, in place of them."""

import random
from collections.abc import Collection, Sequence
from dataclasses import fields

from netzoo import disk
from netzoo.records.codec import to_text
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial, TrialStatus
from netzoo.records.trials import Trials
from netzoo.results.estimate import PROBE, ModelEstimate, TrainingEstimate
from netzoo.results.probe import LayerProbe, ProbeRecord, Snapshot
from netzoo.runs.estimate import estimate_of, memory_bytes
from netzoo.runs.identity import identity
from netzoo.runs.store import Store

# A look at the layers takes about as long as a first step: both are traced, compiled, run once.
LOOK_SHARE = 1.0
# Measured: the bytes of study.json by those of a record of each model, and of a page.
STUDY_SHARE, PAGE_BYTES = 4, 500_000


def of_probes(
    plan: Plan, store: Store, done: Collection[str], steps: Sequence[int]
) -> TrainingEstimate:
    """Return the estimate of a plan's probes after these steps.

    store: the temporary folder of the plan. done: the identities of the trials that were probed.
    """
    rows = []
    for kind in Trials.of(plan.trials).kinds:
        names = [identity(trial) for trial in plan.trials if trial.model == kind.model]
        finished = sum(name in done for name in names)
        rows.append(_row(plan, kind, len(names) - finished, finished, steps))
    return estimate_of(
        plan,
        store,
        rows,
        result_bytes=STUDY_SHARE * sum(row.record_bytes // max(row.trials, 1) for row in rows),
        report_bytes=PAGE_BYTES,
    )


def _row(plan: Plan, kind: Trial, to_go: int, done: int, steps: Sequence[int]) -> ModelEstimate:
    profile = plan.profiles[kind.model]
    seconds, timing = None, profile.timing
    if timing is not None:
        trained = round(kind.dataset.train * (1 - kind.recipe.validation))
        step = timing.epoch / kind.recipe.steps_per_epoch(trained)
        seconds = timing.first_step * (1 + LOOK_SHARE * len(steps)) + max(steps) * step
    failed = profile.failure is not None
    return ModelEstimate(
        model=kind.model,
        work=PROBE,
        trials=to_go,
        done=done,
        epochs=None,
        trial_seconds=seconds,
        seconds=None if seconds is None else to_go * seconds,
        record_bytes=0 if failed else to_go * _record_bytes(plan, kind, steps),
        network_bytes=0,
        checkpoint_bytes=None,
        memory_bytes=memory_bytes(profile, kind),
        status=TrialStatus.FAILED if failed else TrialStatus.OK,
        error=profile.failure,
    )


def _record_bytes(plan: Plan, kind: Trial, steps: Sequence[int]) -> int:
    """Return the bytes of the record of a probe: those of one with random numbers."""
    cost = plan.profiles[kind.model].cost
    draw = random.Random(0)
    figures = {
        each.name: draw.random()
        for each in fields(LayerProbe)
        if each.name not in ("name", "type", "activation")
    }
    layers = () if cost is None else cost.layers
    seen = tuple(
        LayerProbe(name=layer.name, type=layer.type, activation="relu", **figures)
        for layer in layers
    )
    moments = tuple(Snapshot(step, seen) for step in steps)
    record = ProbeRecord(kind, plan.device, plan.versions, 0, moments)
    return len(disk.sealed(to_text(record)).encode())
