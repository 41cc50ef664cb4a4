"""What is said of seeds, against scipy and statsmodels by another way each."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from netzoo import stats

OURS, BASE = [0.861, 0.874, 0.873, 0.869], [0.767, 0.763, 0.797, 0.781]


def test_mean_deviation_and_interval():
    found = stats.estimate(OURS)
    described = DescrStatsW(OURS)
    assert (found.n, found.values) == (4, tuple(OURS))
    assert found.mean == pytest.approx(described.mean)
    assert found.sd == pytest.approx(np.std(OURS, ddof=1))
    assert found.ci95 == pytest.approx(described.tconfint_mean(0.05))


def test_an_interval_holds_what_the_figure_can_be():
    assert stats.estimate([0.6, 0.99], most=1.0).ci95 == (0.0, 1.0)
    assert stats.estimate([0.5, 0.5]).ci95 is None  # no spread to tell it by


def test_one_seed_has_no_deviation_and_none_has_no_spread():
    assert (stats.estimate([0.5]).sd, stats.estimate([0.5]).ci95) == (None, None)
    assert stats.estimate([]) is None


def test_seeds_are_paired():
    found = stats.seed_delta(OURS, BASE)
    other = scipy_stats.ttest_1samp(np.subtract(OURS, BASE), 0)
    assert (found.test, found.n) == ("paired t", 4)
    assert found.mean == pytest.approx(np.mean(OURS) - np.mean(BASE))
    assert found.p == pytest.approx(other.pvalue)
    assert found.ci95 == pytest.approx(tuple(other.confidence_interval(0.95)))


@pytest.mark.parametrize(
    ("ours", "base", "p"),
    [
        ([0.8, 0.8], [0.8, 0.8], 1.0),
        ([0.78, 0.80], [0.76, 0.78], 0.5),  # equal differences, but for rounding
        ([0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 2**-5),
    ],
)
def test_seeds_that_all_differ_by_the_same_have_no_spread_to_judge_by(ours, base, p):
    found = stats.seed_delta(ours, base)
    assert (found.test, found.ci95) == ("sign", None)
    assert found.p == pytest.approx(p)


def test_two_networks_over_the_same_images():
    rng = np.random.default_rng(0)
    base = rng.random(1000) < 0.8
    ours = np.where(rng.random(1000) < 0.1, ~base, base)
    found = stats.image_delta(ours.tolist(), base.tolist())
    gained, lost = int((ours & ~base).sum()), int((base & ~ours).sum())
    assert (found.test, found.n) == ("McNemar", 1)
    assert found.mean == (gained - lost) / 1000
    assert found.p == pytest.approx(scipy_stats.binomtest(gained, gained + lost).pvalue)
    assert found.ci95[0] < found.mean < found.ci95[1]
    same = stats.image_delta(base.tolist(), base.tolist())
    assert (same.mean, same.p, same.ci95) == (0.0, 1.0, None)


def test_holms_correction():
    deltas = [stats.Delta(0.1, None, 5, p, "paired t") for p in (0.01, 0.04, 0.03, 0.6)]
    assert [d.p for d in stats.corrected(deltas)] == pytest.approx([0.04, 0.09, 0.09, 0.6])
    assert stats.corrected([]) == []


def test_holms_correction_is_that_of_statsmodels():
    rng = np.random.default_rng(3)
    for count in (1, 2, 9):
        ps = [*rng.uniform(0, 0.3, count).tolist(), 0.01, 0.01]
        assert stats.corrected_ps(ps) == multipletests(ps, method="holm")[1].tolist()


def test_the_deviation_of_many_values_is_that_of_few():
    values = np.random.default_rng(4).uniform(0.5, 0.9, 1000).tolist()
    assert stats.estimate(values).sd == pytest.approx(statistics.stdev(values), rel=1e-14)
    assert stats.estimate(values[:99]).sd == statistics.stdev(values[:99])


def test_verdicts():
    def said(mean, p):
        return stats.verdict(stats.Delta(mean, None, 5, p, "paired t"))

    assert said(0.1, 0.049) == "better"
    assert said(-0.1, 0.001) == "worse"
    assert said(0.1, 0.05) == "not separable"


@pytest.mark.parametrize("comparisons", [1, 3])
def test_how_many_more_seeds(comparisons):
    ours, base = [0.80, 0.83, 0.79, 0.82], [0.79, 0.80, 0.80, 0.80]
    differences = np.subtract(ours, base)
    effect = differences.mean() / differences.std(ddof=1)
    exact = TTestPower().solve_power(effect, alpha=0.05 / comparisons, power=0.8)
    assert stats.more_seeds(ours, base, comparisons) == math.ceil(exact) - 4
    assert stats.more_seeds([0.8, 0.7], [0.7, 0.8000001], 1) == stats.MOST_SEEDS
    assert stats.more_seeds([0.8], [0.7], 1) is None


@pytest.mark.parametrize(
    ("effect", "seeds", "comparisons", "more"), [(10, 2, 1, 1), (4.3, 2, 3, 2)]
)
def test_how_many_more_seeds_for_a_large_effect(effect, seeds, comparisons, more):
    """The power of these two-sided tests is NaN in statsmodels for some numbers of seeds."""
    differences = [effect - 0.5**0.5, effect + 0.5**0.5]
    assert stats.more_seeds(differences, [0.0] * seeds, comparisons) == more
    needed = seeds + more
    level = stats.LEVEL / comparisons
    powers = [
        scipy_stats.nct.sf(scipy_stats.t.isf(level / 2, n - 1), n - 1, effect * n**0.5)
        for n in (needed - 1, needed)
    ]
    assert powers[1] >= stats.POWER
    assert powers[0] < stats.POWER or more == 1


@pytest.mark.parametrize(
    ("accuracy", "loss", "expected"),
    [
        (0.100, math.log(10), True),
        (0.112, 2.31, True),  # 112 of 1000 happen by chance
        (0.125, 2.30, False),  # 125 do not
        (0.100, 2.0, False),  # it has learned something of the classes' shares, or overfits
        (0.100, 14.0, True),
    ],
)
def test_a_network_that_did_not_train(accuracy, loss, expected):
    assert stats.did_not_train(accuracy, loss, 1000, 10, None) is expected


def test_chance_is_the_commonest_class():
    assert stats.did_not_train(0.5, math.log(2), 1000, 2, 0.5)
    assert stats.did_not_train(0.69, math.log(2), 1000, 2, 0.7)
    assert not stats.did_not_train(0.69, math.log(2), 1000, 2, None)


@pytest.mark.parametrize(
    "seeds", [pytest.param(2, marks=pytest.mark.slow), 3, pytest.param(5, marks=pytest.mark.slow)]
)
def test_identical_models_are_not_separable_in_95_of_100_tables(seeds):
    """Four models of one true accuracy, measured on 1,000 images; as many tables as time allows.

    The rate of wrong verdicts is not more than 5 %, as far as so many tables can tell.
    """
    rng = np.random.default_rng(seeds)
    clean = 0
    for _ in range(100):
        true = rng.normal(0.85, 0.01, (4, seeds)).clip(0, 1)
        base, *others = rng.binomial(1000, true) / 1000
        deltas = [stats.seed_delta(other.tolist(), base.tolist()) for other in others]
        # The correction only raises p: it is left out where nothing is to be raised.
        if any(delta.p < stats.LEVEL for delta in deltas):
            deltas = stats.corrected(deltas)
        clean += all(stats.verdict(delta) == "not separable" for delta in deltas)
    assert scipy_stats.binomtest(100 - clean, 100, 0.05, alternative="greater").pvalue > 0.05
