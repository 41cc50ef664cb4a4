"""Differences over seeds and test images at once, both taken as samples.

A paired t test over seeds speaks of one set of test images. Here networks of other seeds on other
images of the kind are meant, so both vary: the difference of seed s on image i is a mean, an effect
of the seed, one of the image, and a rest. This is the design of readers and cases in radiology.
Training images are the same for all seeds, so other ones are not spoken of.

Source: Dorfman, Berbaum and Metz 1992, Receiver Operating Characteristic Rating Analysis;
Obuchowski and Rockette 1995, Hypothesis Testing of Diagnostic Accuracy for Multiple Readers and
Multiple Tests; Hillis 2007, A Comparison of Denominator Degrees of Freedom Methods for Multiple
Observer ROC Analysis, whose degrees of freedom are more.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import eq
from typing import Any

from netzoo.records.arrays import Predictions
from netzoo.records.trial import TrialRecord
from netzoo.results.metric import BALANCED
from netzoo.results.pairs import shared_values
from netzoo.results.scores import score
from netzoo.stats import LEVEL, SAME, Delta

TEST = "seeds × images"
MOST_SEEDS = 20  # whose predictions are read; the images' share of the variance needs no more

Answers = tuple[Sequence[int], bytes]  # of the test images: the classes, and 1 for each right one


class Predicted:
    """The answers of records, each read once."""

    def __init__(self) -> None:
        # By the object's id, which nothing else gets as long as the object is kept beside.
        self._read: dict[int, tuple[TrialRecord, Answers | None]] = {}

    def of(self, record: TrialRecord) -> Answers | None:
        """Return the answers of a finished trial; None if no predictions were kept."""
        if id(record) not in self._read:
            predictions = record.whole().predictions
            answers = None if predictions is None else _answers(predictions)
            self._read[id(record)] = record, answers
        return self._read[id(record)][1]


@lru_cache(maxsize=256)  # a page compares the same records with each baseline
def _answers(predictions: Predictions) -> Answers:
    labels, predicted = predictions.true_classes(), predictions.predicted_classes()
    return labels, bytes(map(eq, labels, predicted))


def crossed(
    ours: Mapping[int, TrialRecord],
    base: Mapping[int, TrialRecord],
    metric: str,
    predicted: Predicted,
    over_seeds: Delta | None,
) -> Delta | None:
    """Return the difference of two models' finished trials, by seed, over seeds and images.

    metric: what the difference is of. over_seeds: their difference by the seeds alone, not yet
    corrected. None for less than two shared seeds, and without the predictions of both on the same
    images.
    """
    records, base_records = shared_values(ours, base)
    if over_seeds is None or len(records) < 2:
        return None
    read = [predicted.of(r) for r in (*records[:MOST_SEEDS], *base_records[:MOST_SEEDS])]
    answers = [each for each in read if each is not None]
    labels = answers[0][0] if answers else ()
    if len(answers) < len(read) or any(each != labels for each, _ in answers):
        return None
    right, count = [right for _, right in answers], len(answers) // 2
    pairs = zip(records, base_records, strict=True)
    differences = [(score(a, metric) or 0.0) - (score(b, metric) or 0.0) for a, b in pairs]
    by_class = labels if metric == BALANCED else None
    return crossed_delta(over_seeds, differences, right[:count], right[count:], by_class)


def crossed_delta(
    over_seeds: Delta,
    differences: Sequence[float],
    right: Sequence[bytes],
    base_right: Sequence[bytes],
    labels: Sequence[int] | None = None,
) -> Delta | None:
    """Return the mean difference by a t test with the variance of both seeds and images.

    over_seeds: the test of the seeds alone, by `seed_delta`. differences: by seed, of accuracy;
    with labels, of balanced accuracy. right, base_right: for each of two or more of these seeds, 1
    for each test image that is classified right, else 0. labels: the class of each image; images
    are then drawn by class. None if a class has one image, whose variance nothing tells.

    The variance, by mean squares, is never below that of the seeds on these images, nor of the
    images for these seeds. The degrees of freedom grow from seeds - 1 as the share of the seeds in
    it falls; Hillis's grow as its square, which is too fast for few seeds (netzoo/studies/README.md
    has the false alarms). p is never below that of the seeds alone, nor the interval narrower, so
    what is true on such images is true on these.
    """
    import numpy as np
    from scipy import special

    mean, seeds = over_seeds.mean, over_seeds.n
    grid = _rows(right) - _rows(base_right)
    parts = [grid]
    if labels is not None:
        classes = np.asarray(labels)
        parts = [grid[:, classes == each] for each in np.unique(classes)]
    if any(part.shape[1] < 2 for part in parts):
        return None
    squares = [_mean_squares(part) for part in parts]
    # Of the mean over all seeds: of the images alone, and of the rest for one seed.
    of_images = sum((i - r) / p.size for (i, r), p in zip(squares, parts, strict=True))
    of_rest = sum(r / p.shape[1] for (_, r), p in zip(squares, parts, strict=True))
    of_images, of_rest = of_images / len(parts) ** 2, of_rest / len(parts) ** 2
    of_seeds = math.fsum((each - mean) ** 2 for each in differences) / (seeds - 1) / seeds
    variance = max(of_seeds + max(of_images, 0.0), of_images + of_rest / seeds)
    if variance < SAME**2:
        return replace(over_seeds, test=TEST)
    freedom = (seeds - 1) * variance / max(of_seeds, SAME**2)
    # Student's t, without the checks of scipy.stats, which take ten times as long.
    half = float(special.stdtrit(freedom, 1 - LEVEL / 2)) * math.sqrt(variance)
    p = 2 * float(special.stdtr(freedom, -abs(mean) / math.sqrt(variance)))
    low, high = over_seeds.ci95 or (mean, mean)
    wider = (min(low, mean - half), max(high, mean + half))
    return Delta(mean, wider, seeds, max(p, over_seeds.p), TEST)


def _rows(right: Sequence[bytes]) -> Any:
    """Return an array of whole numbers, (seeds, images)."""
    import numpy as np

    return np.frombuffer(b"".join(right), np.int8).reshape(len(right), -1)


def _mean_squares(grid: Any) -> tuple[float, float]:
    """Return the mean squares of the images and of the rest, of (seeds, images) of -1, 0 and 1."""
    import numpy as np

    seeds, images = grid.shape
    of_images, of_seeds = (grid.sum(axis=axis, dtype=np.int64) for axis in (0, 1))
    total = int(of_seeds.sum()) ** 2 / grid.size
    by_image = int(of_images @ of_images) / seeds - total
    by_seed = int(of_seeds @ of_seeds) / images - total
    rest = np.count_nonzero(grid) - total - by_image - by_seed
    freedom = images - 1
    return by_image / freedom, max(float(rest), 0.0) / (freedom * (seeds - 1))
