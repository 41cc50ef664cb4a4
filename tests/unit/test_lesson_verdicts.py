"""What the lesson's trainings and probes let it say; none of them ever was."""

from dataclasses import replace

import numpy as np
import pytest
from lesson_records import (
    ACCURACIES,
    AUGMENTED,
    COLORED,
    GAP,
    GAPS,
    GRADIENTS,
    OUTPUTS,
    SMALL_IMAGES,
    page_of,
    probed,
    trained,
    usual,
)
from reference import COUNTS
from scipy import stats
from study_records import holm

HOLDS, FAILS, UNCLEAR, MISSING = "holds", "does not hold", "not separable", "not measured"
PROBED, DIFFERENCES = slice(0, 3), slice(3, 8)


def logs(figures, model):
    return np.log(np.divide(figures[model], figures["alexnet"]))


def minus(model, base):
    return np.subtract(ACCURACIES[model], ACCURACIES[base])


SAMPLES = [  # a value a seed, tested against 0: logarithms of ratios, then differences
    logs(GRADIENTS, "alexnet-sigmoid"),
    logs(OUTPUTS, "alexnet-avgpool"),
    logs(GRADIENTS, "alexnet-avgpool"),
    minus("alexnet-avgpool", "alexnet"),
    np.subtract(GAPS["alexnet-nodropout"], GAP),
    minus("alexnet-onefc", "alexnet"),
    minus(COLORED, AUGMENTED),
    minus(SMALL_IMAGES, "alexnet"),
]
VERDICTS = [HOLDS, FAILS, UNCLEAR, HOLDS, HOLDS, UNCLEAR, FAILS, UNCLEAR]
WORDS = [
    "gradient of conv1's weights, sigmoid / ReLU: ",
    "mean output of pool1, average / max: ",
    "gradient of conv1's weights, average / max: ",
    "test accuracy of alexnet-avgpool minus that of alexnet: ",
    "gap of alexnet-nodropout minus that of alexnet: ",
    "test accuracy of alexnet-onefc minus that of alexnet: ",
    f"test accuracy of {COLORED} minus that of {AUGMENTED}: ",
    f"test accuracy of {SMALL_IMAGES} minus that of alexnet: ",
]
FAILED = {"status": "failed", "error": "its process was ended by SIGKILL."}


def eight(comparison=None, probe=None):
    """Return the claims that are tested."""
    return page_of(comparison, probe).claims[4:12]


def text(place, values):
    """Return what is to be said of a sample: its mean with the interval."""
    figures = [values.mean(), *stats.ttest_1samp(values, 0).confidence_interval(0.95)]
    if place < 3:
        mean, low, high = (f"{np.exp(figure):.3g}×" for figure in figures)
        return f"{mean} ({low} … {high})"
    mean, low, high = (f"{100 * figure:+.1f}" for figure in figures)
    return f"{mean} ({low} … {high}) points"


def test_interval_and_p_are_of_the_seeds_and_corrected_for_all_eight_together():
    ps = [stats.ttest_1samp(sample, 0).pvalue for sample in SAMPLES]
    fair = holm(ps)
    assert ps[5] < 0.05 < fair[5]  # one dense layer: alone, and among all
    claims = eight(*usual())
    assert [claim.p for claim in claims] == pytest.approx(fair)
    assert [claim.n for claim in claims] == [4] * 8
    assert [claim.verdict for claim in claims] == VERDICTS
    assert [claim.measured for claim in claims] == [
        WORDS[place] + text(place, sample) for place, sample in enumerate(SAMPLES)
    ]


@pytest.mark.parametrize("ran", [PROBED, DIFFERENCES, slice(0)])
def test_what_has_not_run_is_not_measured_and_nothing_is_corrected_for_it(ran):
    comparison, probe = usual()
    claims = eight(comparison if ran == DIFFERENCES else None, probe if ran == PROBED else None)
    ps = holm([stats.ttest_1samp(sample, 0).pvalue for sample in SAMPLES[ran]])
    assert [claim.p for claim in claims[ran]] == pytest.approx(ps)
    missing = [place for place in range(8) if place not in range(8)[ran]]
    for place in missing:
        told = claims[place]
        why = "the probe has not run" if place < 3 else "the trainings have not run"
        assert (told.measured, told.verdict, told.n, told.p) == (why, MISSING, None, None)


def test_figures_that_go_the_other_way_turn_each_verdict_around():
    """Every difference and every ratio of the figures above, upside down."""
    accuracies = {model: 1.7 - np.array(values) for model, values in ACCURACIES.items()}
    gaps = {model: 2 * GAP - np.array(values) for model, values in GAPS.items()}
    gradients, outputs = (
        {model: 1 / np.array(values) for model, values in figures.items()}
        for figures in (GRADIENTS, OUTPUTS)
    )
    claims = eight(
        trained(accuracies=accuracies, gaps=gaps), probed(gradients=gradients, outputs=outputs)
    )
    other = {HOLDS: FAILS, FAILS: HOLDS, UNCLEAR: UNCLEAR}
    assert [claim.verdict for claim in claims] == [other[verdict] for verdict in VERDICTS]


def test_one_seed_measures_nothing_that_is_to_be_tested():
    claims = eight(trained((0,)), probed((0,)))
    assert {(claim.verdict, claim.n, claim.p) for claim in claims} == {(MISSING, None, None)}
    assert {claim.measured for claim in claims[PROBED]} == {"this takes two seeds or more"}
    assert {claim.measured for claim in claims[DIFFERENCES]} == {
        "this takes two finished seeds or more"
    }


def test_a_model_that_failed_leaves_the_seeds_that_it_finished():
    """One dense layer failed with all seeds but one, colour with one."""
    comparison = trained(
        **{
            "alexnet-onefc": lambda seed: FAILED if seed else {},
            COLORED: lambda seed: FAILED if seed == 1 else {},
        }
    )
    claims = eight(comparison, usual()[1])
    onefc, colored = claims[5], claims[6]
    assert (onefc.verdict, onefc.n, onefc.p) == (MISSING, None, None)
    assert onefc.measured == "this takes two finished seeds or more"
    samples = [*SAMPLES[:5], SAMPLES[6][[0, 2, 3]], SAMPLES[7]]
    assert colored.n == 3
    assert colored.measured == WORDS[6] + text(6, samples[5])
    fair = holm([stats.ttest_1samp(sample, 0).pvalue for sample in samples])
    assert [claim.p for claim in claims if claim.p is not None] == pytest.approx(fair)


def test_without_a_base_only_what_needs_none_is_measured():
    claims = eight(trained(alexnet=FAILED))
    assert [claim.verdict for claim in claims[DIFFERENCES]] == [
        MISSING, MISSING, MISSING, FAILS, MISSING,
    ]  # fmt: skip
    assert claims[6].p == pytest.approx(stats.ttest_1samp(SAMPLES[6], 0).pvalue)


UNTRAINED = {"test_accuracy": 0.1, "test_loss": 2.303}


@pytest.mark.parametrize(
    ("model", "results", "words"),
    [
        ("alexnet-avgpool", UNTRAINED, "alexnet-avgpool did not train."),
        ("alexnet-avgpool", lambda seed: UNTRAINED if seed else {}, None),
        (
            "alexnet-avgpool",
            lambda seed: {} if seed else {"status": "diverged", "error": "its loss is NaN."},
            "alexnet-avgpool diverged.",
        ),
        ("alexnet", UNTRAINED, "alexnet did not train."),  # and so all are better than it
    ],
)
def test_a_model_that_did_not_train_is_named_beside_what_is_said_of_it(model, results, words):
    pooling, *others = eight(trained(**{model: results}))[DIFFERENCES]
    assert pooling.note == (words or "")
    named = [words is not None and words in claim.note for claim in others]
    assert named == ([True, True, False, True] if model == "alexnet" else [False] * 4)


def test_beside_two_image_sizes_stands_what_they_cost():
    # Of AlexNet at 72 px, by hand: 16 px after conv1, 7 after pool1, 3 after pool2, 1 after pool3.
    large = 16**2 * 11_616 + 7**2 * 614_400 + 3**2 * 3_096_576 + 256 * 4096 + 4096**2 + 40_960
    small = COUNTS["lenet-modern-wide-deep"][1]
    note = eight(*usual())[7].note
    assert note == (
        f"Inputs 28 × 28 × 1 and 72 × 72 × 1; the second takes {large / small:.2f}× the MACs."
    )
    assert eight(trained(alexnet={"cost": None}))[7].note == ""
    assert eight(*usual())[6].note.startswith("On somebody's cell images; here on grey images")


def test_a_probe_is_judged_by_the_initial_weights_and_tells_the_later_steps():
    sigmoid, outputs, gradients = eight(*usual())[PROBED]
    later = [text(place, 2 * SAMPLES[place]) for place in range(3)]  # the ratios squared
    for claim, words in zip((sigmoid, outputs, gradients), later, strict=True):
        assert claim.note == f"At the initial weights; after 20 steps {words}."
    alone = eight(probe=probed(steps=(0,)))[0]
    assert alone.note == "At the initial weights."
    assert (alone.measured, alone.verdict) == (sigmoid.measured, HOLDS)


def test_gradients_that_are_gone_at_the_initial_weights_are_not_those_of_later_steps():
    """A gradient of 0 has no ratio; that of 20 steps later must not stand for it."""
    _, probe = usual()
    later = [r for r in probe.ratios if (r.model, r.step) != ("alexnet-sigmoid", 0)]
    sigmoid = eight(probe=replace(probe, ratios=tuple(later)))[0]
    assert (sigmoid.verdict, sigmoid.p) == (MISSING, None)


def test_a_model_that_could_not_be_probed_is_not_said_to_be_left_out():
    failed = {"alexnet-sigmoid": "seed 0: its process was ended by SIGKILL."}
    sigmoid, outputs, _ = eight(probe=probed(failed=failed))[PROBED]
    assert sigmoid.verdict == MISSING
    assert sigmoid.measured != "the probe has not run"
    assert outputs.verdict == FAILS
