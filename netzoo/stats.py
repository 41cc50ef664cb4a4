"""Confidence intervals and significance tests over seeds, by scipy and statsmodels.

Intervals are Student's t: with the usual three to ten seeds a bootstrap interval is too narrow,
since it resamples so few values; the t interval is exact for normally distributed values.
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

LEVEL = 0.05  # significance level, familywise over a table
POWER = 0.8
MOST_SEEDS = 1000
EXACT = 100  # values, from which on a standard deviation may be off in its last digit
FLIPS = 9999  # so that the smallest p is 0.0001
SAME = 1e-9  # smaller differences of accuracies are rounding errors
UNTRAINED_LOSS = 0.98  # of ln(classes), the loss of a uniform prediction


@dataclass(frozen=True)
class Estimate:
    """The estimate of a figure over n seeds.

    values: one for each seed. sd: the sample standard deviation; ci95: the 95 % confidence interval
    of the mean, by Student's t. Both are None for one seed, ci95 also if all values are equal.
    """

    mean: float
    sd: float | None
    n: int
    values: tuple[float, ...]
    ci95: tuple[float, float] | None = None


@dataclass(frozen=True)
class Delta:
    """A model's accuracy, or balanced accuracy, minus the baseline's, over the n seeds of both.

    ci95: the 95 % confidence interval, not corrected. p: two-sided, corrected for all comparisons
    of the table (Holm).
    test: "paired t", over seeds; "McNemar", over the test images of one seed; "permutation", the
    same of a balanced accuracy; "sign", over seeds whose differences are all equal; "seeds ×
    images", over both (`netzoo.results.crossed`); "none" for one seed, where p is 1.
    """

    mean: float
    ci95: tuple[float, float] | None
    n: int
    p: float
    test: str


def estimate(
    values: Sequence[float], *, least: float = 0.0, most: float = math.inf
) -> Estimate | None:
    """Return mean, sample standard deviation (n - 1), n and 95 % interval; None without values.

    least, most: the bounds of the figure, at which the interval is cut off.
    """
    if not values:
        return None
    mean, n = statistics.fmean(values), len(values)
    if n == 1:
        return Estimate(mean, None, 1, tuple(values))
    sd = _deviation(values, mean)
    interval = None
    if sd > 0:
        from scipy import stats

        low, high = stats.t.interval(1 - LEVEL, n - 1, loc=mean, scale=sd / math.sqrt(n))
        interval = (max(float(low), least), min(float(high), most))
    return Estimate(mean, sd, n, tuple(values), interval)


def _deviation(values: Sequence[float], mean: float) -> float:
    """Return the sample standard deviation (n - 1).

    The module statistics computes in fractions, which takes 2 ms for a thousand values.
    """
    if len(values) < EXACT:
        return statistics.stdev(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def seed_delta(values: Sequence[float], base: Sequence[float]) -> Delta:
    """Return the difference of two models over the same two or more seeds: a paired t test.

    If all differences are equal, their variance is 0 and a sign test replaces the t test.
    """
    from scipy import stats

    differences = [value - other for value, other in zip(values, base, strict=True)]
    mean, n = statistics.fmean(differences), len(differences)
    if max(differences) - min(differences) < SAME:
        p = 1.0 if abs(mean) < SAME else float(stats.binomtest(n, n, 0.5).pvalue)
        return Delta(mean, None, n, p, "sign")
    result = stats.ttest_rel(values, base)
    return Delta(mean, _interval(result), n, float(result.pvalue), "paired t")


def image_delta(correct: Sequence[bool], base: Sequence[bool]) -> Delta:
    """Return the difference of two trained networks over the same test images: McNemar's test.

    McNemar 1947, the exact (binomial) form. The interval is that of a paired t over the images.
    """
    from scipy import stats
    from statsmodels.stats.contingency_tables import mcnemar

    pairs = list(zip(correct, base, strict=True))
    gained, lost = pairs.count((True, False)), pairs.count((False, True))
    mean = (gained - lost) / len(pairs)
    if gained + lost == 0:
        return Delta(mean, None, 1, 1.0, "McNemar")
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    p = float(mcnemar([[both, gained], [lost, neither]], exact=True).pvalue)
    over_images = stats.ttest_rel([int(a) for a, _ in pairs], [int(b) for _, b in pairs])
    return Delta(mean, _interval(over_images), 1, p, "McNemar")


def class_delta(labels: Sequence[int], correct: Sequence[bool], base: Sequence[bool]) -> Delta:
    """Return the difference in balanced accuracy of two trained networks over the same test images.

    labels: the class of each image. A permutation test, which exchanges the two networks' results
    on each image at random (Fisher 1935, section 21), FLIPS times; where classes have equally many
    images, it is McNemar's. The interval is a normal one, over images that are drawn by class.
    """
    from scipy import stats

    by_class: dict[int, list[int]] = {}
    for label, ours, theirs in zip(labels, correct, base, strict=True):
        by_class.setdefault(label, []).append(int(ours) - int(theirs))
    shares = [(1 / (len(by_class) * len(each)), each) for each in by_class.values()]
    parts = [share * each for share, all_of in shares for each in all_of if each]
    mean = math.fsum(parts)
    if not parts:
        return Delta(mean, None, 1, 1.0, "permutation")
    result = stats.permutation_test(
        (parts,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=FLIPS,
        batch=100,
        random_state=0,
    )
    variances = (
        statistics.variance(each) * len(each) * share**2 for share, each in shares if len(each) > 1
    )
    half = statistics.NormalDist().inv_cdf(1 - LEVEL / 2) * math.sqrt(math.fsum(variances))
    return Delta(mean, (mean - half, mean + half), 1, float(result.pvalue), "permutation")


def corrected(deltas: Sequence[Delta]) -> list[Delta]:
    """Return the deltas with their p values corrected for multiple comparisons (Holm 1979)."""
    ps = corrected_ps([delta.p for delta in deltas])
    return [replace(delta, p=p) for delta, p in zip(deltas, ps, strict=True)]


def corrected_ps(ps: Sequence[float]) -> list[float]:
    """Return the p values corrected for multiple comparisons (Holm 1979).

    As statsmodels' multipletests does, whose import takes a second, and which collects garbage.
    """
    corrected, highest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, ps[place] * (len(ps) - rank))
        corrected[place] = min(highest, 1.0)
    return corrected


def log_ratio(
    pairs: Sequence[tuple[float, float]],
) -> tuple[float, tuple[float, float] | None, float | None]:
    """Return the geometric mean of the pairs' ratios, its 95 % interval, and p for a ratio of 1.

    By Student's t of the logarithms, one pair for each seed; interval and p are None for a single
    pair and for equal ratios. All figures are above 0.
    """
    from scipy import stats

    logs = [math.log(value / other) for value, other in pairs]
    mean = math.exp(statistics.fmean(logs))
    if len(logs) < 2 or max(logs) - min(logs) < SAME:
        return mean, None, None
    result = stats.ttest_1samp(logs, 0.0)
    low, high = _interval(result)
    return mean, (math.exp(low), math.exp(high)), float(result.pvalue)


def verdict(delta: Delta) -> str:
    """Return the verdict on a difference with a corrected p: better, worse or not separable."""
    if delta.p >= LEVEL:
        return "not separable"
    return "better" if delta.mean > 0 else "worse"


def more_seeds(values: Sequence[float], base: Sequence[float], comparisons: int) -> int | None:
    """Return the number of additional seeds for 80 % power at the observed effect size.

    comparisons: of the table; the level is Bonferroni's, the strictest of Holm's. MOST_SEEDS if
    more are needed; None for one seed or equal differences.
    """
    differences = [value - other for value, other in zip(values, base, strict=True)]
    if len(differences) < 2 or max(differences) - min(differences) < SAME:
        return None
    from statsmodels.stats.power import TTestPower

    effect = abs(statistics.fmean(differences)) / statistics.stdev(differences)
    # One-sided at half the level: the other side of the two-sided test adds less than 1e-5 where
    # the power is POWER, and is NaN for some large effects.
    level = LEVEL / comparisons / 2

    def is_enough(n: int) -> bool:
        return bool(TTestPower().power(effect, n, level, alternative="larger") >= POWER)

    # The power grows with n. It is asked for from below, as it is NaN where it is almost 1.
    low = high = len(differences) + 1
    while high < MOST_SEEDS and not is_enough(high):
        low, high = high + 1, 2 * high
    high = min(high, MOST_SEEDS)
    n = bisect_left(range(high), True, low, high, key=is_enough)
    return n - len(differences) if n < MOST_SEEDS else MOST_SEEDS


def did_not_train(
    accuracy: float, loss: float, images: int, classes: int, chance: float | None
) -> bool:
    """Return whether a network is untrained: accuracy not above chance, loss at ln(classes).

    chance: the accuracy of always predicting the most common class, None if unknown. An accuracy is
    above chance by a one-sided binomial test.
    """
    from scipy import stats

    if loss < UNTRAINED_LOSS * math.log(classes):
        return False
    right = round(accuracy * images)
    guess = max(chance or 0.0, 1 / classes)
    return float(stats.binomtest(right, images, guess, alternative="greater").pvalue) >= LEVEL


def _interval(result: Any) -> tuple[float, float]:
    low, high = result.confidence_interval(1 - LEVEL)
    return float(low), float(high)
