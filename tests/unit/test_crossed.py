"""Verdicts over seeds and test images: against other computations, and by simulation."""

import math
import re

import chance
import numpy as np
import pytest
from scipy import stats as scipy_stats
from study_records import record

import netzoo
from netzoo.records.arrays import Predictions
from netzoo.report.answer import answer
from netzoo.report.words import dictionary
from netzoo.results.comparison import Comparison
from netzoo.results.crossed import MOST_SEEDS, crossed_delta
from netzoo.results.rows import compare_records
from netzoo.stats import seed_delta
from netzoo.studies import effects


def answers(seeds=4, images=300, own=1.0, gain=0.3, seed=0.2):
    sizes = chance.Sizes(mean=0.8, image=1.0, own=own, seed=seed)
    return chance.draw(np.random.default_rng(5), seeds, images, sizes, gain)


@pytest.mark.parametrize("own", [0.0, 2.0])
def test_it_is_the_wider_of_two_tests(own):
    """Of an analysis of variance, and of the seeds alone."""
    right, base = answers(own=own)
    mean, of_seeds, of_images, rest = chance.mean_squares(right, base)
    larger = max(of_images - rest, 0)
    freedom = 3 * (of_seeds + larger) / of_seeds
    error = math.sqrt((of_seeds + larger) / right.size)
    alone = scipy_stats.ttest_rel(right.mean(axis=1), base.mean(axis=1))
    p = 2 * scipy_stats.t.sf(abs(mean) / error, freedom)
    assert (p > alone.pvalue) == (own > 0)
    found = chance.delta(right, base)
    assert (found.n, found.test) == (4, "seeds × images")
    assert found.mean == pytest.approx(mean)
    assert found.p == pytest.approx(max(p, alone.pvalue))
    both = scipy_stats.t.interval(0.95, freedom, mean, error), alone.confidence_interval(0.95)
    (low, high), (other_low, other_high) = both
    assert found.ci95 == pytest.approx((min(low, other_low), max(high, other_high)))


def test_images_that_are_all_answered_alike_leave_the_seeds():
    right = np.repeat([[True], [True], [False], [True]], 50, axis=1)
    base = np.repeat([[False], [True], [True], [False]], 50, axis=1)
    found, other = chance.delta(right, base), seed_delta([1, 1, 0, 1], [0, 1, 1, 0])
    assert found.p == pytest.approx(other.p)
    assert found.ci95 == pytest.approx(other.ci95)


def test_seeds_that_all_answer_alike_leave_the_images():
    """And the sign test of the seeds, which three of them never pass."""
    right, base = (np.repeat(each[:1], 3, axis=0) for each in answers())
    each = right[0].astype(float) - base[0]
    error = each.std(ddof=1) / math.sqrt(300)
    found = chance.delta(right, base)
    assert 2 * scipy_stats.norm.sf(abs(each.mean()) / error) < found.p == 0.25
    assert found.ci95 == pytest.approx(scipy_stats.norm.interval(0.95, each.mean(), error))


def test_seeds_that_differ_less_than_chance_leave_the_variance_of_the_images():
    """Each seed is right on as many images, on others each time."""
    once = np.random.default_rng(7).random(90) < 0.6
    right = np.array([np.roll(once, shift) for shift in (0, 30, 60)])
    found = chance.delta(right, np.tile(np.arange(90) < 40, (3, 1)))
    each = right.mean(axis=0) - (np.arange(90) < 40)
    interval = scipy_stats.norm.interval(0.95, each.mean(), each.std(ddof=1) / math.sqrt(90))
    assert found.ci95 == pytest.approx(interval)


def test_without_any_variance_it_is_the_sign_test():
    right, base = np.ones((3, 20), bool), np.zeros((3, 20), bool)
    found = chance.delta(right, base)
    assert (found.mean, found.ci95, found.p, found.test) == (1.0, None, 0.25, "seeds × images")
    assert chance.delta(right, right).p == 1.0


def test_many_seeds_need_the_predictions_of_some():
    """The images' share of the variance is of the seeds that are there, for the mean of all."""
    right, base = answers(seeds=40, seed=0.0)
    whole = chance.delta(right, base)
    differences = (right.mean(axis=1) - base.mean(axis=1)).tolist()
    over_seeds = seed_delta(differences, [0.0] * 40)
    some = [[each.tobytes() for each in one.view(np.int8)[:MOST_SEEDS]] for one in (right, base)]
    found = crossed_delta(over_seeds, differences, *some)
    assert (found.mean, found.n) == (pytest.approx(whole.mean), 40)
    assert np.diff(found.ci95) == pytest.approx(np.diff(whole.ci95), rel=0.1)
    assert np.diff(found.ci95) > 1.2 * np.diff(over_seeds.ci95)


def test_images_of_balanced_accuracy_are_drawn_by_class():
    """Against the same sums, class by class; of one class it is the accuracy."""
    labels = np.array([0] * 250 + [1] * 50)
    right, base = answers(own=2.0)
    right[:, 250:] &= np.random.default_rng(6).random(50) < 0.7
    halves = [(one[:, :250], one[:, 250:]) for one in (right, base)]
    balanced = [sum(part.mean(axis=1) for part in one) / 2 for one in halves]
    differences = balanced[0] - balanced[1]
    of_images = 0.0
    for part in zip(*halves, strict=True):
        _, _, image, rest = chance.mean_squares(*part)
        of_images += (image - rest) / part[0].size / 4
    of_seeds = differences.var(ddof=1) / 4
    freedom = 3 * (of_seeds + of_images) / of_seeds
    error = math.sqrt(of_seeds + of_images)
    found = chance.delta(right, base, labels)
    assert found.mean == pytest.approx(differences.mean())
    assert found.p == pytest.approx(2 * scipy_stats.t.sf(abs(found.mean) / error, freedom))
    assert found.p > 1.2 * seed_delta(*(each.tolist() for each in balanced)).p
    assert chance.delta(right, base, np.full(300, 7)) == chance.delta(right, base)
    assert chance.delta(right, base, np.array([0] * 299 + [1])) is None


LABELS = [0, 1] * 150


def trained(model, seed, right, labels=LABELS):
    """Return the record of a training that is right on these images."""
    predicted = [label if good else 2 for label, good in zip(labels, right, strict=True)]
    predictions = Predictions.of(labels, predicted)
    return record(model, seed, float(np.mean(right)), predictions=predictions)


def pair(seeds=3, labels=LABELS, **options):
    right, base = answers(seeds, **options)
    lenet = [trained("lenet", seed, base[seed]) for seed in range(seeds)]
    return [*lenet, *(trained("lenet-relu", seed, right[seed], labels) for seed in range(seeds))]


def test_a_comparison_tells_both_verdicts():
    comparison = compare_records(pair(own=3.0), "lenet")
    _, relu = comparison.models
    right, base = answers(3, own=3.0)
    assert relu.crossed_delta.p == pytest.approx(chance.delta(right, base).p)
    assert relu.crossed_delta.mean == pytest.approx(relu.delta.mean)
    assert relu.crossed_verdict == "not separable"
    (line,) = [line for line in comparison.table().footer if line.startswith("On such images")]
    assert re.fullmatch(
        r"On such images, with seeds and test images both as samples \(Δ in points\): lenet-relu "
        r"not separable, [+-][\d.]+ \(-[\d.]+ … \+[\d.]+\), p = 0\.\d{3}\.",
        line,
    )
    told = comparison.to_dict()["models"][1]
    assert told["crossed_verdict"] == "not separable"
    assert told["crossed_delta"]["test"] == "seeds × images"
    assert Comparison.from_dict(comparison.to_dict(), "it") == comparison
    frame = comparison.to_pandas()
    assert frame["crossed_delta_p"]["lenet-relu"] == relu.crossed_delta.p
    assert answer(comparison).sentences[-1][0] in dictionary()
    assert "such images" in answer(comparison).sentences[-1][0]


def test_it_is_corrected_for_all_rows():
    _, base = answers(3)
    third = [trained("lenet-maxpool", seed, base[seed]) for seed in range(3)]
    two = pair(gain=1.0)
    alone, both = (compare_records(each, "lenet") for each in (two, [*two, *third]))
    assert both.models[1].crossed_delta.p == pytest.approx(2 * alone.models[1].crossed_delta.p)
    assert both.models[2].crossed_delta.p == 1.0


def test_balanced_accuracy_has_it_too():
    comparison = compare_records(pair(own=3.0), "lenet", "balanced_accuracy")
    found, expected = comparison.models[1].crossed_delta, answers(3, own=3.0)
    by_class = chance.delta(*expected, np.array(LABELS)).p
    assert by_class != pytest.approx(chance.delta(*expected).p)
    assert found.p == pytest.approx(by_class)


@pytest.mark.parametrize(
    "records",
    [
        pair(seeds=1),
        [record(model, seed, 0.6) for model in ("lenet", "lenet-relu") for seed in range(3)],
        pair(labels=[1, 0] * 150),
        pair()[1:4],
    ],
    ids=["one seed", "no predictions", "other images", "one seed in common"],
)
def test_where_images_or_seeds_are_missing_there_is_none(records):
    comparison = compare_records(records, "lenet")
    assert comparison.models[1].crossed_delta is comparison.models[1].crossed_verdict is None
    assert "On such images" not in "\n".join(comparison.table().footer)


def test_an_ablation_tells_it(monkeypatch):
    records = {(r.trial.model, r.trial.seed): r for r in pair()}

    def compare(models, *, recipe, seeds, output=None, **options):
        found = [records.get((model, seed)) for seed in seeds for model in models]
        return compare_records([each for each in found if each], models[0])

    monkeypatch.setattr(effects, "compare", compare)
    ablation = netzoo.ablate("lenet", changes=["activation"])
    assert sum(line.startswith("On such images") for line in ablation.table().footer) == 1


def alarms(seeds, images, sizes, gain, count):
    """Return by test how many of so many comparisons have p below 0.05, in percent."""
    rng, bootstrap = np.random.default_rng(0), chance.Bootstrap(seeds, images)
    found = [
        chance.ps(*chance.draw(rng, seeds, images, sizes, gain), bootstrap) for _ in range(count)
    ]
    return {test: 100 * np.mean([each[test] < 0.05 for each in found]) for test in found[0]}


def test_what_is_true_of_this_test_set_may_not_be_of_such_images():
    """Where neither model is better; five seeds, 300 images."""
    rates = alarms(5, 300, chance.REAL, 0.0, count=400)
    assert rates["netzoo"] <= 5 + 2 * 1.1  # two standard errors
    assert rates["Paired t"] > 15


@pytest.mark.slow
def test_false_alarms_and_power(capsys):
    """The table of netzoo/studies/README.md; two standard errors are 1 point."""
    for images in (1000, 10_000):
        for seeds in (3, 5, 10):
            for what, sizes, gain in chance.SETTINGS:
                rates = alarms(seeds, images, sizes, gain, count=2000)
                shown = ", ".join(f"{test} {rate:.1f}" for test, rate in rates.items())
                with capsys.disabled():
                    print(f"\n{images:,} images, {seeds} seeds, {what}: {shown}", flush=True)
                assert gain or rates["netzoo"] <= 5 + 1
