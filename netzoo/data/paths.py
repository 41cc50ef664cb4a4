"""Data sets by their path: which kind of files lies there, and how to open it."""

import os
import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NoReturn

from netzoo.data import cifar, csv_files, mnist_like, npz, parquet, pictures, prepared, tfds
from netzoo.data.folder import ARCHIVES, open_folder
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.errors import BadInput, DataError, no_such

Opener = Callable[[str, Path, Settings], Images]
SUFFIXES = (".csv", ".npz", ".parquet", *ARCHIVES)
KINDS = (
    "folders of images, .npz, .csv and .parquet files, and folders with those, IDX files or "
    "CIFAR's binary files"
)


def path_of(text: str, folder: Path | None, is_name: Callable[[], bool]) -> Path | None:
    """Return the absolute path that a text names, None for the name of a data set.

    A text is a path if it is written as one (./photos, photos/, ~/a.npz), or if it lies there and
    is_name returns false. folder: where relative paths begin; None: the working folder.
    Raises UnknownName for what is written as a path and does not exist.
    """
    if "\0" in text:
        raise BadInput(f"{text!r} is no path: it holds a zero byte.")
    path = Path(os.path.abspath((folder or Path()) / os.path.expanduser(text)))
    written = text.startswith((".", "~", os.sep)) or text.endswith(("/", os.sep))
    if written or text.lower().endswith(SUFFIXES):
        if not os.path.exists(path):
            raise no_such("file or folder", path.name, _beside(path), where=str(path.parent))
        return path
    return path if text and os.path.exists(path) and not is_name() else None


def open_path(name: str, path: Path, settings: Settings) -> Images:
    """Return the images of a file or a folder; name: what finds it again, for records.

    Raises BadInput for a setting that its kind does not take, DataError.
    """
    return (_folder(path) if path.is_dir() else _file(path))(name, path, settings)


def _beside(path: Path) -> Iterable[str]:
    try:
        return [each.name for each in path.parent.iterdir() if not each.name.startswith(".")]
    except OSError:
        return []


def _folder(path: Path) -> Opener:
    """Return what opens a folder. Raises DataError if it holds several kinds of files."""
    try:
        files = [each for each in path.iterdir() if each.is_file()]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    if (path / "dataset_info.json").is_file() and (path / "features.json").is_file():
        return _prepared
    if (newest := _newest(path)) is not None:
        return lambda name, _, settings: _prepared(name, newest, settings)
    has_folders = any(each.is_dir() and not each.name.startswith(".") for each in path.iterdir())
    of = {
        each: [file for file in files if file.suffix.lower() == each] for each in (".csv", ".npz")
    }
    found: dict[str, Opener] = {}
    if mnist_like.has_files(path):
        found["IDX files"] = mnist_like.open_idx
    if cifar.has_files(path):
        found["CIFAR's binary files"] = cifar.open_cifar
    elif cifar.has_pickles(path):
        cifar.refuse_pickles(path)
    if tables := parquet.files_in(path):
        found["Parquet files"] = lambda name, _, settings: parquet.open_parquet(
            name, tables, settings
        )
    if any(npz.KMNIST.fullmatch(file.name) for file in of[".npz"]):
        found[".npz files"] = npz.open_kmnist
    elif has_folders:
        of = {each: [] for each in of}  # they lie beside the folders of images
    elif len(of[".npz"]) == 1:
        found[".npz files"] = partial(_inside, npz.open_npz, of[".npz"][0])
    elif of[".npz"]:
        names = few(sorted(file.name for file in of[".npz"]))
        raise DataError(f"{path} holds the .npz files {names}; name one.")
    if not found and of[".csv"]:
        found["CSV files"] = lambda name, folder, settings: csv_files.open_csv(
            name, csv_files.pair(folder), settings
        )
    if len(found) > 1:
        raise DataError(f"{path} holds {' and '.join(found)}; put each into a folder of its own.")
    return next(iter(found.values()), open_folder)


def _newest(path: Path) -> Path | None:
    """Return the newest version in the folder of a TFDS set, None in another folder."""
    try:
        return tfds.find_prepared(path.parent, path.name) if path.name else None
    except OSError:  # a folder in it that nobody may open
        return None


def _inside(opener: Opener, path: Path, name: str, folder: Path, settings: Settings) -> Images:
    return opener(name, path, settings)


def _prepared(name: str, path: Path, settings: Settings) -> Images:
    return prepared.open_prepared(name, path, f"TFDS folder {path}", settings)


def _file(path: Path) -> Opener:
    """Return what opens a file. Raises DataError for a kind that is not read."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return npz.open_npz
    if suffix == ".csv":
        return lambda name, file, settings: csv_files.open_csv(name, {"train": file}, settings)
    if suffix == ".parquet":
        return lambda name, file, settings: parquet.open_parquet(name, [file], settings)
    _refuse(path)


def _refuse(path: Path) -> NoReturn:
    """Raise DataError with what to do instead."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DataError(f"{path} is neither a file nor a folder.")
    if suffix in ARCHIVES or zipfile.is_zipfile(path):
        raise DataError(f"{path} is an archive; unpack it, and name the folder.")
    if suffix in (".pkl", ".pickle", ".pt", ".pth"):
        raise DataError(
            f"{path} is a pickle, which can run any program as it is read, and is not opened; save "
            "images and labels with numpy.savez."
        )
    if suffix in pictures.ENDINGS or pictures.is_image(path):
        raise DataError(f"{path} is one image; name a folder with a folder of images a class.")
    if suffix == ".npy":
        raise DataError(
            f"{path} is one array; save images and labels together: numpy.savez(file, "
            "x_train=…, y_train=…)."
        )
    if suffix == ".bin" or "ubyte" in path.name:
        raise DataError(f"{path} is one file of several; name the folder that holds them.")
    raise DataError(f"{path} is of no kind that netzoo reads: {KINDS}.")
