"""The evaluation of a network on images, augmentation and dropout off."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.data.disk_images import Pixels
from netzoo.data.source import Split
from netzoo.recipes import Recipe
from netzoo.records.calibration import BINS, Calibration
from netzoo.training.inputs import Inputs
from netzoo.training.losses import cross_entropy
from netzoo.training.step import Step

# The most images that are evaluated together, and the most values of them, after resizing.
EVALUATED_IMAGES = 1000
EVALUATED_VALUES = 1 << 23


@dataclass(frozen=True)
class Scores:
    """The metrics of a network on a split; predicted: the class of each image, (images,)."""

    loss: float
    accuracy: float
    predicted: NDArray[np.int64]
    calibration: Calibration


def evaluate(step: Step, split: Split, together: int, *, flip: bool = False) -> Scores:
    """Return the metrics of a step's network on a split; together, flip: as in `logits_of`."""
    logits = logits_of(step, split.images, together, flip=flip)
    loss = float(keras.ops.convert_to_numpy(cross_entropy()(split.labels, logits)))
    predicted = logits.argmax(axis=-1)
    correct = predicted == split.labels
    confidence = confidence_of(logits)
    return Scores(loss, float(correct.mean()), predicted, calibration(confidence, correct))


def logits_of(
    step: Step, images: Pixels, together: int, *, flip: bool = False
) -> NDArray[np.float32]:
    """Return the logits of images, (images, classes), in batches of so many.

    flip: the mean of those of an image and of its mirror image.
    """
    starts = range(0, len(images), together)
    batches = (images[start : start + together] for start in starts)
    if not flip:
        return np.concatenate([step.logits(batch) for batch in batches])
    return np.concatenate([_with_mirrored(step, batch) for batch in batches])


def _with_mirrored(step: Step, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
    mirrored = np.ascontiguousarray(batch[:, :, ::-1])
    return (step.logits(batch) + step.logits(mirrored)) / np.float32(2)


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability of each class, (images, classes): the softmax of logits."""
    exact = logits.astype(np.float64)
    # Logits that are not finite make the loss so, too, which ends the training by that name.
    with np.errstate(invalid="ignore"):
        powers = np.exp(exact - exact.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def confidence_of(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability of the predicted class of each image, (images,)."""
    # A part at a time: float64 of many images and classes would take twice the memory of all.
    starts = range(0, len(logits), EVALUATED_IMAGES)
    parts = [probabilities(logits[start : start + EVALUATED_IMAGES]) for start in starts]
    return np.concatenate([part.max(axis=-1) for part in parts])


def calibration(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Calibration:
    """Return the calibration; correct: whether each image is predicted right, (images,)."""
    ends = np.arange(1, BINS) / BINS  # a confidence that is one belongs below it
    places = np.searchsorted(ends, confidence)
    counts = np.bincount(places, minlength=BINS)
    filled = np.maximum(counts, 1)
    confidences = np.bincount(places, confidence, BINS) / filled
    accuracies = np.bincount(places, correct, BINS) / filled
    distances = counts * np.abs(accuracies - confidences)
    ece = float(distances.sum()) / len(confidence)

    def means(values: NDArray[np.float64]) -> tuple[float | None, ...]:
        pairs = zip(counts.tolist(), values.tolist(), strict=True)
        return tuple(value if count else None for count, value in pairs)

    return Calibration(ece, tuple(counts.tolist()), means(confidences), means(accuracies))


def evaluated_together(recipe: Recipe, micro_batches: int, inputs: Inputs) -> int:
    """Return the number of images that are evaluated together."""
    if micro_batches > 1:  # as many as are known to fit into the device's memory
        return -(-recipe.batch_size // micro_batches)
    most = min(EVALUATED_IMAGES, EVALUATED_VALUES // inputs.values)
    return max(recipe.batch_size, most)
