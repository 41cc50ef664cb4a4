"""The weights of training images in the loss, by class."""

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from netzoo.data.source import Split
from netzoo.recipes import Recipe


def class_weights(train: Split, recipe: Recipe) -> Any:
    """Return the weight of an image of each class, float32 (classes,); None if all are 1."""
    if recipe.class_weight == "none":
        return None
    return ops.convert_to_tensor(balanced(train.labels))


def balanced(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return images / (classes × images of the class) for each class; 0 for one without images.

    Classes that have no image count for nothing. The mean over all images is 1.
    """
    counts = np.bincount(labels)
    weights = np.zeros(len(counts))
    weights[counts > 0] = len(labels) / (np.count_nonzero(counts) * counts[counts > 0])
    return weights.astype(np.float32)
