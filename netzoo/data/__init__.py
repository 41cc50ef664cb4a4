"""Data sources, and the one tf.data pipeline that feeds every backend."""

import os
from dataclasses import replace
from pathlib import Path

from netzoo.data import fashion_mnist, huggingface, paths, sample, spilled, tfds
from netzoo.data.memory import budget
from netzoo.data.settings import split_settings
from netzoo.data.source import SOURCES, Images
from netzoo.errors import BadInput

__all__ = ["SOURCES", "Images", "default_images", "open_images"]


def open_images(
    name: str | Path,
    data_dir: str | Path | None = None,
    *,
    memory: str | int | None = None,
) -> Images:
    """Return a data set by its path or its name.

    name: one of netzoo's sources; the path of a folder of images (a folder a class), of an .npz,
    CSV or Parquet file, or of a folder with those, IDX files or CIFAR's binary files; hf:NAME; else
    one of TFDS. Settings may follow: "photos/@size=64"; netzoo/data/README.md lists them.
    data_dir: the only folder to search; by default NETZOO_DATA_DIR, else the usual places of each
    source, for a path the working folder.
    memory: the most that the images may take, in bytes or as "2GB"; larger data sets stay on disk,
    and images.train.images[places] reads them. By default NETZOO_MEMORY, else half of what is free.
    Raises UnknownName, BadInput for a folder that does not exist or a wrong setting, DataError,
    MissingPackage.

    >>> import netzoo
    >>> images = netzoo.open_images("fashion_mnist_sample")
    >>> images.train.images.shape, images.class_names[0]
    ((6000, 28, 28, 1), 'T-shirt/top')
    """
    return _within_budget(name, data_dir, memory, inspects=False)


def open_to_inspect(
    name: str | Path, data_dir: str | Path | None = None, *, memory: str | int | None = None
) -> Images:
    """Return a data set as `open_images` does, without its damaged files, which it names."""
    return _within_budget(name, data_dir, memory, inspects=True)


def _within_budget(
    name: str | Path, data_dir: str | Path | None, memory: str | int | None, *, inspects: bool
) -> Images:
    with budget(memory):
        return spilled.within_budget(_opened(name, data_dir, inspects=inspects))


def _opened(name: str | Path, data_dir: str | Path | None, *, inspects: bool) -> Images:
    folder = _folder(data_dir)
    if isinstance(name, Path):  # also where it looks like a name
        name = os.path.abspath(name.expanduser())
    text, settings = split_settings(name)
    settings = replace(settings, inspects=inspects)
    if text in SOURCES:
        settings.only(f"the images of {text}")
        return SOURCES[text](folder)
    if text.startswith(huggingface.PREFIX):
        return huggingface.open_named(name, text, settings)

    def is_prepared() -> bool:
        return tfds.find_prepared(folder or tfds.default_folder(), text) is not None

    path = paths.path_of(text, folder if data_dir else None, is_prepared)
    if path is None:
        return tfds.open_dataset(name, folder, inspects=inspects)
    return paths.open_path(f"{path}{name[len(text) :]}", path, settings)


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
    if images is None and sample_will_do and folder is None and sample.holds(train, test):
        images = sample.sample()
    with budget(None):
        return spilled.within_budget(images or fashion_mnist.fashion_mnist(folder))


def _folder(data_dir: str | Path | None) -> Path | None:
    chosen = data_dir or os.environ.get("NETZOO_DATA_DIR")
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise BadInput(f"the data folder {str(chosen)!r} does not exist.")
    return folder
