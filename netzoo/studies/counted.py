"""What the lesson claims on the cost of both networks: counted exactly, or timed by a few steps."""

from netzoo import units
from netzoo.claims import FAILS, HOLDS, Claim
from netzoo.costs import Cost
from netzoo.records import Plan

BASE = "alexnet"
LARGE_LENET = "lenet@image_size=224"
COUNTED = ("lenet", BASE, LARGE_LENET)

LESSON_IMAGES, LESSON_EPOCHS = 60_000, 10
PATIENCE_SECONDS = 24 * 3600.0


def counted(costs: dict[str, Cost]) -> list[Claim]:
    """Return the claims that counting settles; costs: of `COUNTED`, at the lesson's sizes."""
    small, large, stretched = (costs[name] for name in COUNTED)
    params, macs = large.params / small.params, large.macs / small.macs
    # LeNet's convolutions at ten times their MACs, all else as it is.
    convs = sum(layer.macs for layer in small.layers if layer.name.startswith("conv"))
    tenfold = large.macs / (small.macs + 9 * convs)
    shapes = {
        name: {layer.name: layer.output_shape for layer in cost.layers}
        for name, cost in (("lenet", small), (BASE, large))
    }
    pool3, flat = shapes[BASE]["pool3"], shapes[BASE]["flatten"]
    kept = {
        "lenet conv1": (small.input_shape[:2], shapes["lenet"]["conv1"][:2]),
        "alexnet conv2": (shapes[BASE]["pool1"][:2], shapes[BASE]["conv2"][:2]),
    }
    return [
        Claim(
            "AlexNet has 10 times the parameters of LeNet.",
            "netzoo summary lenet alexnet",
            f"{units.ratio(params)} ({units.exact(large.params)} / {units.exact(small.params)})",
            FAILS if round(params) != 10 else HOLDS,
            note="No count of these two networks gives 10. Nearest: over a LeNet that is fed "
            f"AlexNet's images of 224 px, {units.ratio(large.params / stretched.params)}.",
        ),
        Claim(
            "AlexNet needs 260 times the computation of LeNet.",
            "netzoo summary lenet alexnet",
            f"{units.ratio(macs)} ({units.exact(large.macs)} / {units.exact(small.macs)} MACs)",
            FAILS if round(macs) != 260 else HOLDS,
            note="About 260 comes out if LeNet's two convolutions are taken for ten times what "
            f"they are ({units.quantity(10 * convs)} in place of {units.quantity(convs)} MACs): "
            f"{units.ratio(tenfold)}.",
        ),
        Claim(
            "A padding of 2 keeps height and width in a 5 × 5 convolution.",
            "netzoo summary alexnet",
            "; ".join(
                f"{name} {units.shape(before)} → {units.shape(after)}"
                for name, (before, after) in kept.items()
            ),
            HOLDS if all(before == after for before, after in kept.values()) else FAILS,
        ),
        Claim(
            "The first dense layer of AlexNet has 6400 inputs, 5 × 5 × 256 after the last pooling.",
            "netzoo summary alexnet",
            f"pool3 {units.shape(pool3)}, flatten {units.shape(flat)}",
            HOLDS if (pool3, flat) == ((5, 5, 256), (6400,)) else FAILS,
        ),
    ]


def timed(counts: Plan, slow: Plan | None) -> Claim:
    """Return the claim on a CPU's time, from a few timed steps of the lesson's own training.

    slow: on the CPU, where counts are on a GPU.
    """
    plan = slow or counts
    seconds = _seconds(plan)
    measured = (
        f"about {units.seconds(seconds)} for {LESSON_EPOCHS} epochs of {LESSON_IMAGES:,} images on "
        f"{plan.device.name}"
    )
    note = "From a few timed steps."
    if slow is not None:
        on_gpu = _seconds(counts)
        measured += f"; {units.seconds(on_gpu)} on {counts.device.name}"
        note += f" The GPU is {units.ratio(seconds / on_gpu)} as fast."
    else:
        note += " There is no GPU here to compare with."
    return Claim(
        "On a CPU the training of AlexNet may not finish.",
        "netzoo compare alexnet --recipe lesson --device cpu",
        measured,
        FAILS if seconds < PATIENCE_SECONDS else HOLDS,
        note=f"{note} Within a day counts as finished.",
    )


def _seconds(plan: Plan) -> float:
    """Return the seconds of the lesson's training of AlexNet, without its tests."""
    pace = plan.paces[BASE]
    recipe = next(trial.recipe for trial in plan.trials if trial.model == BASE)
    images = recipe.batch_size * recipe.steps_per_epoch(plan.trials[0].dataset.train)
    return pace.first_step + pace.epoch * LESSON_EPOCHS * LESSON_IMAGES / images
