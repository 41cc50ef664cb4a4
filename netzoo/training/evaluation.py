"""The evaluation of a network on images, augmentation and dropout off."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.data.disk_images import Pixels
from netzoo.data.source import Split
from netzoo.recipes import Recipe
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


def evaluate(step: Step, split: Split, together: int, *, flip: bool = False) -> Scores:
    """Return the metrics of a step's network on a split; together, flip: as in `logits_of`."""
    logits = logits_of(step, split.images, together, flip=flip)
    loss = float(keras.ops.convert_to_numpy(cross_entropy()(split.labels, logits)))
    predicted = logits.argmax(axis=-1)
    return Scores(loss, float((predicted == split.labels).mean()), predicted)


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


def evaluated_together(recipe: Recipe, micro_batches: int, inputs: Inputs) -> int:
    """Return the number of images that are evaluated together."""
    if micro_batches > 1:  # as many as are known to fit into the device's memory
        return -(-recipe.batch_size // micro_batches)
    most = min(EVALUATED_IMAGES, EVALUATED_VALUES // inputs.values)
    return max(recipe.batch_size, most)
