"""Fashion-MNIST: 60,000 training and 10,000 test images, 28 × 28 × 1, ten kinds of clothes.

Source: Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST: a novel image dataset for benchmarking
machine learning algorithms". MIT licence, © 2017 Zalando SE.
"""

import os
from pathlib import Path

import numpy as np

from netzoo.data import idx, prepared, tfds
from netzoo.data.source import SOURCES, Images, Split
from netzoo.errors import DataError

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHA256 = "abf4cdc7be0d9c228398ac0cf5e497a09c7e922e721564006ac1a5942474e36e"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
DOWNLOAD_URL = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz"
)


@SOURCES.register("fashion_mnist")
def fashion_mnist(folder: Path | None = None) -> Images:
    """Return Fashion-MNIST from the first place that has it; every place gives the same arrays.

    The order is: a folder prepared by TFDS, IDX files, a download by TFDS.
    folder: the only place to search and to download to; by default the usual ones.
    Raises DataError if it is not available, or if its files are damaged or hold other images.
    """
    images = find_local(folder)
    if images is None:
        places = [str(place) for place in _places(folder)]
        if not tfds.reachable(DOWNLOAD_URL):
            files = ", ".join(stem for stems in idx.FILES.values() for stem in stems)
            raise DataError(
                f"no Fashion-MNIST in {', '.join(places)}, and no network to download it. Three "
                "ways to get it: apt-get install dataset-fashion-mnist; put its four IDX files "
                f"({files}; .idx for -idx and .gz at the end will do) in a folder and name it with "
                "`data_dir` or NETZOO_DATA_DIR; run again with a network, and TFDS downloads it. "
                "Or train on the bundled sample: `dataset` fashion_mnist_sample."
            )
        images = _from_tfds(tfds.prepare("fashion_mnist", folder))
    return images


def find_local(folder: Path | None = None) -> Images | None:
    """Return Fashion-MNIST from this machine's disk, None without it. Raises DataError."""
    for place in _places(folder):
        found = tfds.find_prepared(place, "fashion_mnist")
        if found is not None:
            return _from_tfds(found)
    for place in _places(folder):
        if idx.has_files(place):
            train, test = idx.read(place)
            return _verified(f"IDX files in {place}", train, test)
    return None


def _places(folder: Path | None) -> list[Path]:
    if folder is not None:
        return [folder]
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return [tfds.default_folder(), DEBIAN_FOLDER, keras_home / "datasets" / "fashion-mnist"]


def _from_tfds(folder: Path) -> Images:
    _, train, test = prepared.read(folder)
    return _verified(
        f"TFDS folder {folder}",
        prepared.in_file_order(train, "train"),
        prepared.in_file_order(test, "test"),
    )


def _verified(source: str, train: Split, test: Split) -> Images:
    """Return the images. Raises DataError unless they are Fashion-MNIST, bit for bit."""
    images = Images("fashion_mnist", source, CLASS_NAMES, train, test)
    sha256 = images.sha256()
    if sha256 != SHA256:
        raise DataError(
            f"{source}: these are not the images and labels of Fashion-MNIST: expected SHA-256 "
            f"{SHA256[:16]}…, found {sha256[:16]}… ({len(train)} training and "
            f"{len(test)} test images, {np.prod(images.image_shape)} values each)."
        )
    return images
