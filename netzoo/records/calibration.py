"""How far a network's confidence on the test images is from its accuracy."""

from dataclasses import dataclass

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """The calibration of a network on the test images.

    Confidence: the probability of the predicted class, the largest of the softmax, a share of one.
    ece: the expected calibration error, a share of one: the mean, over the images, of the distance
    between accuracy and mean confidence of their bin.
    counts, confidences, accuracies: of BINS bins of equal width, each with its upper end, from the
    least confidence to the most: the number of images, their mean confidence, and the share that is
    predicted right; the latter two are None for a bin without images.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
    """

    ece: float
    counts: tuple[int, ...]
    confidences: tuple[float | None, ...]
    accuracies: tuple[float | None, ...]
