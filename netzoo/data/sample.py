"""The bundled sample of Fashion-MNIST, for a first run without a network.

The first 600 training and the first 100 test images of each class, in the full set's order: the
images that limits of 6000 and 1000 select from the full set. MIT licence, © 2017 Zalando SE.

Made from the full set by: python -m netzoo.data.make_sample
"""

import sys
from pathlib import Path

from netzoo.data import idx
from netzoo.data.fashion_mnist import CLASS_NAMES
from netzoo.data.source import SOURCES, Images

NAME = "fashion_mnist_sample"
TRAIN_IMAGES = 6000
TEST_IMAGES = 1000
FOLDER = Path(__file__).parent / NAME


@SOURCES.register(NAME)
def sample(folder: Path | None = None) -> Images:
    """Return the bundled sample; folder is ignored."""
    train, test = idx.read(FOLDER)
    return Images(NAME, "sample bundled with netzoo", CLASS_NAMES, train, test)


def holds(train: int | None, test: int | None) -> bool:
    """Return whether limits on the full set select no more images than the sample holds."""
    return (train or sys.maxsize) <= TRAIN_IMAGES and (test or sys.maxsize) <= TEST_IMAGES
