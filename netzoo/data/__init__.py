"""Where images come from, and the one tf.data pipeline that feeds them to every backend."""

import os
from pathlib import Path

from netzoo.data import fashion_mnist, sample, tfds
from netzoo.data.source import SOURCES, Images
from netzoo.errors import BadInput

__all__ = ["SOURCES", "Images", "default_images", "open_images"]


def open_images(name: str, data_dir: str | Path | None = None) -> Images:
    """Return a data set by its name: one of netzoo's sources, else one of TFDS.

    data_dir: look there only; by default NETZOO_DATA_DIR, else the places that each source knows.
    Raises UnknownName, BadInput for a folder that is not there, DataError.

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
    """Return the images of a comparison that names none: Fashion-MNIST.

    Where it is not on this machine, and no folder was named, the bundled sample stands in if that
    will do and it holds all that the limits take: the same images, with nothing to download.
    """
    folder = _folder(data_dir)
    found = fashion_mnist.find_local(folder)
    if found is not None:
        return found
    if sample_will_do and folder is None and sample.holds(train, test):
        return sample.sample()
    return fashion_mnist.fashion_mnist(folder)


def _folder(data_dir: str | Path | None) -> Path | None:
    chosen = data_dir or os.environ.get("NETZOO_DATA_DIR")
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise BadInput(f"the data folder {str(chosen)!r} is not there.")
    return folder
