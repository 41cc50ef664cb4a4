"""The claims of the lesson, as tests of counts, timings, trainings and probes.

Source: the facts and claims of Zhang et al., "Dive into Deep Learning", section AlexNet, and of the
lecture on it.
"""

from dataclasses import dataclass, replace

from netzoo import units
from netzoo.records.plan import Plan
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import FAILS, HOLDS, MISSING, UNCLEAR, Claim
from netzoo.results.model_row import ModelRow
from netzoo.results.probe import Probe, Ratio
from netzoo.stats import LEVEL, corrected_ps
from netzoo.studies.cost_claims import BASE, counted, timed
from netzoo.studies.effects import paired, rows_by_name

AUGMENTED = "alexnet@augment=flip+crop"
COLORED = "alexnet@augment=flip+crop+color"
# AlexNet's channels and layers on small images, whatever size AlexNet itself is given.
AT_28_PX = "lenet-modern-wide-deep@as=alexnet,image_size=28"
TRAINED = (
    BASE,
    "alexnet-avgpool",
    "alexnet-nodropout",
    "alexnet-onefc",
    AUGMENTED,
    COLORED,
    AT_28_PX,
)
PROBED = (BASE, "alexnet-sigmoid", "alexnet-avgpool")


def claims(
    counts: Plan,
    slow: Plan | None,
    comparison: Comparison | None,
    probe: Probe | None,
    recipe: str,
) -> tuple[Claim, ...]:
    """Return the claims in the lesson's order; those that are tested are corrected together.

    counts: of what is counted, by the lesson's recipe. slow: the same on the CPU, where counts are
    on a GPU. comparison: of `TRAINED`; probe: of `PROBED`; None where they were not run.
    recipe: its name, for the commands.
    """
    tested = [*_probed(probe, recipe), *_trained(comparison, recipe)]
    ps = iter(corrected_ps([claim.p for claim in tested if claim.p is not None]))
    fair = [claim if claim.p is None else _judged(claim, next(ps)) for claim in tested]
    return (*counted(counts.costs, counts.failures), *fair, timed(counts, slow))


@dataclass(frozen=True)
class _Ratio:
    """A claim on a figure of a layer: that of `model` / that of alexnet is below 1."""

    text: str
    model: str
    layer: str
    figure: str
    words: str


_RATIOS = (
    _Ratio(
        "The gradient is larger with ReLU than with sigmoid: it vanishes less on its way down.",
        "alexnet-sigmoid",
        "conv1",
        "weight_gradient_norm",
        "gradient of conv1's weights, sigmoid / ReLU",
    ),
    _Ratio(
        "Max pooling gives larger outputs than average pooling.",
        "alexnet-avgpool",
        "pool1",
        "activation_mean",
        "mean output of pool1, average / max",
    ),
    _Ratio(
        "Max pooling gives larger gradients than average pooling.",
        "alexnet-avgpool",
        "conv1",
        "weight_gradient_norm",
        "gradient of conv1's weights, average / max",
    ),
)


def _probed(probe: Probe | None, recipe: str) -> list[Claim]:
    """Return the claims on layers, at initialization; the notes have the later steps."""
    claims = []
    for each in _RATIOS:
        command = _command(f"probe alexnet {each.model}", recipe)
        ratios = [] if probe is None else [r for r in probe.ratios if _of(r, each)]
        first = next((ratio for ratio in ratios if ratio.step == 0), None)
        if first is None or first.p is None:
            why = "this takes two seeds or more" if first else _unprobed(probe, each)
            claims.append(Claim(each.text, command, why, MISSING))
            continue
        note = "; ".join(f"after {r.step} steps {_factor(r)}" for r in ratios if r.step)
        claim = Claim(
            each.text,
            command,
            f"{each.words}: {_factor(first)}",
            HOLDS if first.ratio < 1 else FAILS,
            n=first.n,
            p=first.p,
            note=f"At the initial weights; {note}." if note else "At the initial weights.",
        )
        claims.append(claim)
    return claims


def _unprobed(probe: Probe | None, claim: _Ratio) -> str:
    """Return why there is no ratio at the initial weights."""
    if probe is None:
        return "the probe has not run"
    errors = [
        f"{model.name} was not probed ({model.error})"
        for model in probe.models
        if model.name in (BASE, claim.model) and model.error
    ]
    return "; ".join(errors) or f"{claim.layer} has no ratio at the initial weights: a figure is 0"


def _of(ratio: Ratio, claim: _Ratio) -> bool:
    wanted = (claim.model, claim.layer, claim.figure)
    return (ratio.model, ratio.layer, ratio.figure) == wanted


def _factor(ratio: Ratio) -> str:
    low, high = ratio.ci95 or (ratio.ratio, ratio.ratio)
    return f"{units.factor(ratio.ratio)} ({units.factor(low)} … {units.factor(high)})"


@dataclass(frozen=True)
class _Difference:
    """A claim on one model minus another: that it is above 0, or below.

    figure: "test_accuracy" or "gap".
    """

    text: str
    model: str
    base: str
    figure: str
    above: bool
    command: str
    note: str = ""


_DIFFERENCES = (
    _Difference(
        "Max pooling makes training easier than average pooling.",
        "alexnet-avgpool",
        BASE,
        "test_accuracy",
        False,
        "ablate alexnet --changes pooling",
    ),
    _Difference(
        "Dropout controls the capacity of the larger model: without it, the gap between training "
        "and test accuracy is larger.",
        "alexnet-nodropout",
        BASE,
        "gap",
        True,
        "ablate alexnet --changes dropout",
    ),
    _Difference(
        "One dense layer of 4096 in place of two is worse.",
        "alexnet-onefc",
        BASE,
        "test_accuracy",
        False,
        "ablate alexnet --changes fc_layers",
    ),
    _Difference(
        "Colour and geometric augmentation together do worse than geometric alone.",
        COLORED,
        AUGMENTED,
        "test_accuracy",
        False,
        f"compare {AUGMENTED} {COLORED} --seeds 3",
        "On somebody's cell images; here on grey images, where colour is brightness and contrast.",
    ),
    _Difference(
        "Resizing the images to AlexNet's input is not sensible: the same channels and layers do "
        "better at 28 px.",
        AT_28_PX,
        BASE,
        "test_accuracy",
        True,
        f"compare {BASE} {AT_28_PX} --seeds 3",
    ),
)


def _trained(comparison: Comparison | None, recipe: str) -> list[Claim]:
    rows = {} if comparison is None else rows_by_name(comparison)
    return [_on_difference(each, rows, recipe) for each in _DIFFERENCES]


def _on_difference(claim: _Difference, rows: dict[str, ModelRow], recipe: str) -> Claim:
    command = _command(claim.command, recipe)
    if not rows:
        return Claim(claim.text, command, "the trainings have not run", MISSING)
    row, base = rows[claim.model], rows[claim.base]
    delta = paired(row, base, claim.figure)
    if delta is None or delta.n < 2:
        return Claim(claim.text, command, "this takes two finished seeds or more", MISSING)
    what = claim.figure.replace("_", " ")
    notes = [claim.note] if claim.note else []
    if claim.model == AT_28_PX and row.macs and base.macs:
        sizes = f"{units.shape(row.input_shape)} and {units.shape(base.input_shape)}"
        notes.append(
            f"Inputs {sizes}; the second takes {units.ratio(base.macs / row.macs)} the MACs."
        )
    notes += [f"{r.name} {said}." for r in (row, base) if (said := _untrained(r))]
    return Claim(
        claim.text,
        command,
        f"{what} of {claim.model} minus that of {claim.base}: "
        f"{units.points(delta.mean, delta.ci95)} points",
        HOLDS if (delta.mean > 0) == claim.above else FAILS,
        n=delta.n,
        p=delta.p,
        note=" ".join(notes),
    )


def _untrained(row: ModelRow) -> str | None:
    """Return why a model did not learn, None if it did; a baseline's row has no verdict."""
    if row.seeds and row.untrained == row.seeds:
        return "did not train"
    return row.verdict if row.verdict == "diverged" else None


def _judged(claim: Claim, p: float) -> Claim:
    """Return a tested claim with its corrected p and its verdict."""
    return replace(claim, p=p, verdict=claim.verdict if p < LEVEL else UNCLEAR)


def _command(words: str, recipe: str) -> str:
    return f"netzoo {words} --recipe {recipe}"
