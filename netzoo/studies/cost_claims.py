"""The claims of the lesson on the cost of both networks, counted exactly or timed briefly."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netzoo import units
from netzoo.cost.result import Cost
from netzoo.records.plan import Plan
from netzoo.results.lesson import FAILS, HOLDS, MISSING, Claim

SMALL, BASE = "lenet", "alexnet"
LARGE_LENET = "lenet@image_size=224"
COUNTED = (SMALL, BASE, LARGE_LENET)

LESSON_IMAGES, LESSON_EPOCHS = 60_000, 10
PATIENCE_SECONDS = 24 * 3600.0

Costs = Mapping[str, Cost]


@dataclass(frozen=True)
class _Count:
    """A claim that counting settles.

    networks: those that it takes; measure: returns of their costs what came out, whether it holds,
    and what is to be known beside it.
    """

    text: str
    networks: tuple[str, ...]
    measure: Callable[[Costs], tuple[str, bool, str]]
    command: str = "netzoo summary lenet alexnet"


def counted(costs: Costs, failures: Mapping[str, str] | None = None) -> list[Claim]:
    """Return the claims that counting settles; costs: of `COUNTED`, at the lesson's sizes.

    failures: why, by the networks that could not be counted.
    """
    return [_settled(claim, costs, failures or {}) for claim in _COUNTS]


def _settled(claim: _Count, costs: Costs, failures: Mapping[str, str]) -> Claim:
    lost = [name for name in claim.networks if name not in costs]
    if lost:
        why = "; ".join(_lost(name, "counted", failures) for name in lost)
        return Claim(claim.text, claim.command, why, MISSING)
    measured, holds, note = claim.measure(costs)
    return Claim(claim.text, claim.command, measured, HOLDS if holds else FAILS, note=note)


def _lost(name: str, what: str, failures: Mapping[str, str]) -> str:
    """Return that a network could not be counted or timed, and why."""
    why = f" ({failures[name]})" if name in failures else ""
    return f"{name} could not be {what}{why}"


def _params(costs: Costs) -> tuple[str, bool, str]:
    small, large = costs[SMALL].params, costs[BASE].params
    note = "No count of these two networks gives 10."
    if LARGE_LENET in costs:
        note += (
            " Nearest: over a LeNet that is fed AlexNet's images of 224 px, "
            f"{units.ratio(large / costs[LARGE_LENET].params)}."
        )
    measured = f"{units.ratio(large / small)} ({units.exact(large)} / {units.exact(small)})"
    return measured, round(large / small) == 10, note


def _macs(costs: Costs) -> tuple[str, bool, str]:
    small, large = costs[SMALL].macs, costs[BASE].macs
    # LeNet's convolutions at ten times their MACs, all else as it is.
    convs = sum(row.macs for row in costs[SMALL].layers if row.name.startswith("conv"))
    note = (
        "About 260 comes out if LeNet's two convolutions are taken for ten times what they are "
        f"({units.quantity(10 * convs)} in place of {units.quantity(convs)} MACs): "
        f"{units.ratio(large / (small + 9 * convs))}."
    )
    measured = f"{units.ratio(large / small)} ({units.exact(large)} / {units.exact(small)} MACs)"
    return measured, round(large / small) == 260, note


def _padding(costs: Costs) -> tuple[str, bool, str]:
    small, large = _shapes(costs[SMALL]), _shapes(costs[BASE])
    kept = {
        "lenet conv1": (costs[SMALL].input_shape[:2], small["conv1"][:2]),
        "alexnet conv2": (large["pool1"][:2], large["conv2"][:2]),
    }
    texts = (
        f"{name} {units.shape(before)} → {units.shape(after)}"
        for name, (before, after) in kept.items()
    )
    return "; ".join(texts), all(before == after for before, after in kept.values()), ""


def _flat(costs: Costs) -> tuple[str, bool, str]:
    shapes = _shapes(costs[BASE])
    pool3, flat = shapes["pool3"], shapes["flatten"]
    measured = f"pool3 {units.shape(pool3)}, flatten {units.shape(flat)}"
    return measured, (pool3, flat) == ((5, 5, 256), (6400,)), ""


def _shapes(cost: Cost) -> dict[str, tuple[int | None, ...]]:
    return {layer.name: layer.output_shape for layer in cost.layers}


_COUNTS = (
    _Count("AlexNet has 10 times the parameters of LeNet.", (SMALL, BASE), _params),
    _Count("AlexNet needs 260 times the computation of LeNet.", (SMALL, BASE), _macs),
    _Count(
        "A padding of 2 keeps height and width in a 5 × 5 convolution.",
        (SMALL, BASE),
        _padding,
        "netzoo summary alexnet",
    ),
    _Count(
        "The first dense layer of AlexNet has 6400 inputs, 5 × 5 × 256 after the last pooling.",
        (BASE,),
        _flat,
        "netzoo summary alexnet",
    ),
)


def timed(counts: Plan, slow: Plan | None) -> Claim:
    """Return the claim on a CPU's time, from a few timed steps of the lesson's own training.

    slow: on the CPU, where counts are on a GPU.
    """
    plan = slow or counts
    text = "On a CPU the training of AlexNet may not finish."
    command = "netzoo compare alexnet --recipe lesson --device cpu"
    if BASE not in plan.timings:
        return Claim(text, command, _lost(BASE, "timed", plan.failures), MISSING)
    seconds = _seconds(plan)
    measured = (
        f"about {units.seconds(seconds)} for {LESSON_EPOCHS} epochs of {LESSON_IMAGES:,} images on "
        f"{plan.device.name}"
    )
    note = "From a few timed steps."
    if slow is None:
        note += " There is no GPU here to compare with."
    elif BASE in counts.timings:
        on_gpu = _seconds(counts)
        measured += f"; {units.seconds(on_gpu)} on {counts.device.name}"
        note += f" The GPU is {units.ratio(seconds / on_gpu)} as fast."
    else:
        note += f" On {counts.device.name} {_lost(BASE, 'timed', counts.failures)}."
    return Claim(
        text,
        command,
        measured,
        FAILS if seconds < PATIENCE_SECONDS else HOLDS,
        note=f"{note} Within a day counts as finished.",
    )


def _seconds(plan: Plan) -> float:
    """Return the seconds of the lesson's training of AlexNet, without its tests."""
    timing = plan.timings[BASE]
    recipe = next(trial.recipe for trial in plan.trials if trial.model == BASE)
    images = recipe.batch_size * recipe.steps_per_epoch(plan.trials[0].dataset.train)
    return timing.first_step + timing.epoch * LESSON_EPOCHS * LESSON_IMAGES / images
