"""The expected calibration error and its bins, against a count by hand."""

import math

import numpy as np
import pytest

from netzoo.records.calibration import BINS
from netzoo.training.evaluation import calibration, confidence_of

pytestmark = pytest.mark.backend_independent


def by_hand(logits, labels):
    """Return the error and the bins: each image, its softmax, its bin, one after the other."""
    bins = [[] for _ in range(BINS)]
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        powers = [math.exp(value - max(row)) for value in row]
        shares = [power / sum(powers) for power in powers]
        best = shares.index(max(shares))
        place = next(b for b in range(BINS) if shares[best] <= (b + 1) / BINS)
        bins[place].append((shares[best], best == label))
    error = 0.0
    for held in filter(None, bins):
        confidence = sum(share for share, _ in held) / len(held)
        accuracy = sum(right for _, right in held) / len(held)
        error += len(held) / len(logits) * abs(accuracy - confidence)
    return error, bins


def found(logits, labels):
    return calibration(confidence_of(logits), logits.argmax(axis=1) == labels)


@pytest.mark.parametrize(("classes", "scale"), [(2, 1.0), (10, 0.3), (10, 3.0), (3, 30.0)])
def test_it_is_that_of_a_count_by_hand(classes, scale):
    rng = np.random.default_rng(classes)
    logits = (scale * rng.standard_normal((2500, classes))).astype(np.float32)  # three parts
    labels = np.where(rng.random(2500) < 0.6, logits.argmax(axis=1), 0)
    error, bins = by_hand(logits, labels)
    told = found(logits, labels)
    assert 0.01 < error < 0.9
    assert told.ece == pytest.approx(error, rel=1e-12)
    assert told.counts == tuple(map(len, bins))
    for held, confidence, accuracy in zip(bins, told.confidences, told.accuracies, strict=True):
        if not held:
            assert confidence is accuracy is None
            continue
        assert confidence == pytest.approx(sum(share for share, _ in held) / len(held))
        assert accuracy == pytest.approx(sum(right for _, right in held) / len(held))


def test_a_bin_has_its_upper_end():
    thirds = found(np.zeros((1, 3), np.float32), np.zeros(1, int))  # 1/3 is 5/15
    assert thirds.counts.index(1) == 4
    sure = found(np.array([[1000.0, 0.0]], np.float32), np.array([1]))
    assert (sure.counts.index(1), sure.ece) == (BINS - 1, 1.0)


def test_a_network_that_is_as_often_right_as_it_is_sure_has_none():
    logits = np.log(np.array([[0.75, 0.25]] * 8, np.float32))
    told = found(logits, np.array([0] * 6 + [1] * 2))
    assert told.ece == pytest.approx(0, abs=1e-7)
    assert told.accuracies[11] == 0.75


def test_logits_that_are_not_finite_end_in_no_error_of_their_own():
    logits = np.array([[math.inf, 0.0], [math.nan, 0.0]], np.float32)
    assert sum(found(logits, np.zeros(2, int)).counts) == 2
