"""What a finished trial reached by each metric, from its test predictions."""

import statistics
from collections.abc import Sequence
from functools import lru_cache

from netzoo.records.arrays import Predictions
from netzoo.records.trial import ListedRecord, TrialRecord
from netzoo.results.metric import ACCURACY

UNEVEN = 1.5  # most over fewest test images of a class, above which accuracy alone misleads

# The recall of each class, None for a class without test images.
Recalls = tuple[float | None, ...]


def score(record: TrialRecord, metric: str) -> float | None:
    """Return what a finished trial reached by a metric, as a share of one; None if unknown."""
    if metric == ACCURACY:
        return record.test_accuracy
    found = recalls_of(record)
    return None if found is None else balanced_accuracy(found)


def recalls_of(record: TrialRecord) -> Recalls | None:
    """Return the recall of each class in a record; None without predictions."""
    if isinstance(record, ListedRecord):
        return record.class_recalls
    if record.predictions is None:
        return None
    return recalls(record.predictions, len(record.trial.dataset.class_names))


def ece_of(record: TrialRecord) -> float | None:
    """Return the expected calibration error of a record; None in those of older versions."""
    if isinstance(record, ListedRecord):
        return record.ece
    return None if record.calibration is None else record.calibration.ece


def counts_of(record: TrialRecord) -> tuple[int, ...]:
    """Return the number of test images of each class in a record; () without predictions."""
    if isinstance(record, ListedRecord):
        return record.test_counts
    if record.predictions is None:
        return ()
    return counts(record.predictions, len(record.trial.dataset.class_names))


@lru_cache(maxsize=256)  # a page compares the same records with each baseline
def recalls(predictions: Predictions, classes: int) -> Recalls:
    """Return the recall of each class: the share of its test images that are predicted right."""
    images, right = counts(predictions, classes), [0] * classes
    for label, correct in zip(predictions.true_classes(), predictions.correct(), strict=True):
        right[label] += correct
    return tuple(n / of if of else None for n, of in zip(right, images, strict=True))


def counts(predictions: Predictions, classes: int) -> tuple[int, ...]:
    """Return the number of test images of each class."""
    images = [0] * classes
    for label in predictions.true_classes():
        images[label] += 1
    return tuple(images)


def balanced_accuracy(values: Sequence[float | None]) -> float | None:
    """Return the mean recall over the classes that have test images; None if none has."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def mean_recalls(of_seeds: Sequence[Recalls]) -> Recalls:
    """Return the mean recall of each class over seeds; () without any."""
    return tuple(balanced_accuracy(values) for values in zip(*of_seeds, strict=True))


def is_uneven(images: Sequence[int]) -> bool:
    """Return whether classes differ so much in test images that accuracy alone misleads."""
    present = [count for count in images if count]
    return bool(present) and max(present) > UNEVEN * min(present)
