"""Data sources, and the one tf.data pipeline that feeds every backend."""

import os
from pathlib import Path

from netzoo.data import fashion_mnist, sample, tfds
from netzoo.data.source import SOURCES, Images
from netzoo.errors import BadInput

__all__ = ["SOURCES", "Images", "default_images", "open_images"]


def open_images(name: str, data_dir: str | Path | None = None) -> Images:
    """Return a data set by its name: one of netzoo's sources, else one of TFDS.

    data_dir: the only folder to search; by default NETZOO_DATA_DIR, else the usual places of each
    source.
    Raises UnknownName, BadInput for a folder that does not exist, DataError.

    >>> import netzoo
    >>> images = netzoo.open_images("fashion_mnist_sample")
    >>> images.train.images.shape, images.class_names[0]
    ((6000, 28, 28, 1), 'T-shirt/top')
    """
    folder = _folder(data_dir)
    return SOURCES[name](folder) if name in SOURCES else tfds.open_dataset(name, folder)


def default_images(
    data_dir: str | Path | None, train: int | None, test: int | None, *, sample_will_do: bool
) -> Images:
    """Return the default images of a comparison, Fashion-MNIST.

    train, test: the recipe's limits. If the full set is not on this machine and no folder was
    named, the bundled sample replaces it, provided that sample_will_do is true and the limits
    select the same images from both.
    """
    folder = _folder(data_dir)
    images = fashion_mnist.find_local(folder)
    if images is not None:
        return images
    if sample_will_do and folder is None and sample.holds(train, test):
        return sample.sample()
    return fashion_mnist.fashion_mnist(folder)


def _folder(data_dir: str | Path | None) -> Path | None:
    chosen = data_dir or os.environ.get("NETZOO_DATA_DIR")
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise BadInput(f"the data folder {str(chosen)!r} does not exist.")
    return folder
