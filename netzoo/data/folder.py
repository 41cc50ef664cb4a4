"""A folder of images: the class is the first folder below the root, or below the split."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from netzoo import units
from netzoo.data import pictures, splits
from netzoo.data.from_files import from_files
from netzoo.data.labels import by_number
from netzoo.data.reading import Files
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.errors import DataError

KIND = "folder of images"
TAKES = ("size", "test", "links", "damaged", "range", "group")
OTHERS = ("__MACOSX", "@eaDir")  # what archives of macOS and a maker's servers add
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
_HIDDEN, _OTHER, _NO_FILE = "hidden", "not an image", "not a file"
_LINK, _CIRCLE = "links out of the folder", "links to a folder above"


@dataclass
class _Walk:
    """Every file of a folder. root: without links. skipped: the reason by path."""

    root: Path
    follows: bool
    skipped: dict[str, str] = field(default_factory=dict)
    unpacked: list[str] = field(default_factory=list)  # archives that were met

    def entries(self, folder: Path | str) -> list[os.DirEntry[str]]:
        """Return what is in a folder by name, without what is hidden or leads out of the root."""
        try:
            with os.scandir(folder) as found:
                listed = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise DataError(f"{folder}: cannot be read: {error.strerror or error}.") from error
        return [entry for entry in listed if self._is_seen(entry)]

    def files(self, folder: str, above: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the images of a folder and of those in it; a link to a folder above is skipped."""
        real = os.path.realpath(folder)
        if real in above:
            self.skipped[folder] = _CIRCLE
            return
        for entry in self.entries(folder):
            if is_folder(entry):
                yield from self.files(entry.path, (*above, real))
            elif self.is_image(Path(entry.path)):
                yield entry.path  # a text, of which there may be millions

    def is_image(self, path: Path) -> bool:
        """Return whether a file is an image by its name or its content; count it if not."""
        if not os.path.isfile(path):  # a pipe would never end
            self.skipped[str(path)] = _NO_FILE
            return False
        suffix = path.suffix.lower()
        if suffix in pictures.ENDINGS or pictures.is_image(path):
            return True
        if suffix in ARCHIVES:
            self.unpacked.append(path.name)
        self.skipped[str(path)] = _OTHER
        return False

    def skipped_words(self) -> str:
        """Return the number of skipped files by reason: "4 hidden, 2 not an image"."""
        counts = Counter(self.skipped.values())
        return ", ".join(f"{units.exact(count)} {reason}" for reason, count in counts.items())

    def _is_seen(self, entry: os.DirEntry[str]) -> bool:
        if entry.name.startswith(".") or entry.name in OTHERS:
            self.skipped[entry.path] = _HIDDEN
            return False
        if entry.is_symlink() and not self.follows:
            target = Path(os.path.realpath(entry.path))
            if self.root not in (target, *target.parents):
                self.skipped[entry.path] = _LINK
                return False
        return True


def open_folder(name: str, root: Path, settings: Settings) -> Images:
    """Return the images of a folder.

    With splits where every folder in it is named as one (train, val, valid, validation, test) and
    holds folders of classes; else a share of each class is held out. The classes are those of all
    splits, by code point, or by value where all are numbers. Raises DataError.
    """
    settings.only("folders of images", *TAKES)
    walk = _Walk(Path(os.path.realpath(root)), settings.links)
    places = _splits(walk, root)
    by_split: dict[str, dict[str, list[str]]] = {}
    for split, folder in places.items():
        by_split[split] = _classes(walk, folder)
    class_names = by_number(sorted({each for found in by_split.values() for each in found}))
    total = sum(len(paths) for found in by_split.values() for paths in found.values())
    if not total:
        raise DataError(_nothing(root, walk))
    found = {split: _files(root, classes, class_names) for split, classes in by_split.items()}
    nested = _holds_folders(walk, places, class_names)
    if len(class_names) == 1 and nested:
        raise DataError(
            f"{root} holds the one class {class_names[0]!r}, with the folders {few(nested)} in it; "
            f"if these are the classes, name {root / class_names[0]}."
        )
    skipped, told = len(walk.skipped), walk.skipped_words()
    lines = [
        f"Files: {units.exact(total + skipped)} seen, {units.exact(total)} images"
        f"{f', {units.exact(skipped)} skipped ({told})' if told else ''}."
    ]
    kind = KIND if len(places) == 1 else f"{KIND} with the splits {', '.join(places)}"
    return from_files(name, kind, found, class_names, settings, lines)


def _splits(walk: _Walk, root: Path) -> dict[str, Path]:
    """Return the folder of each split; the root alone as "train" where it has none."""
    top = walk.entries(root)
    stray = [
        entry.name for entry in top if not is_folder(entry) and walk.is_image(Path(entry.path))
    ]
    folders = [entry.name for entry in top if is_folder(entry)]
    _check_stray(root, stray, folders)
    if not folders:
        raise DataError(_nothing(root, walk))
    if not all(folder.lower() in splits.NAMES for folder in folders):
        return {splits.TRAIN: root}
    places: dict[str, Path] = {}
    for folder in folders:
        split = splits.NAMES[folder.lower()]
        if split in places:
            raise DataError(
                f"{root} holds {places[split].name} and {folder}, which both name the {split} "
                "split; expected one of them."
            )
        places[split] = root / folder
    flat = [p.name for p in places.values() if not any(map(is_folder, walk.entries(p)))]
    if flat:
        raise DataError(
            f"{root}: {few(flat)} is named as a split and holds no folders of classes; expected "
            f"{flat[0]}/CLASS/IMAGE."
        )
    return places


def _classes(walk: _Walk, folder: Path) -> dict[str, list[str]]:
    """Return the images of each class in a folder, with the classes that have none."""
    found: dict[str, list[str]] = {}
    stray = []
    for entry in walk.entries(folder):
        if is_folder(entry):
            found.setdefault(readable(entry.name), []).extend(walk.files(entry.path))
        elif walk.is_image(Path(entry.path)):
            stray.append(entry.name)
    _check_stray(folder, stray, list(found))
    return found


def _check_stray(folder: Path, stray: Sequence[str], folders: Sequence[str]) -> None:
    """Raise DataError for images that lie in no folder of a class."""
    names = few(map(readable, stray), 3)
    if stray and folders:
        raise DataError(
            f"{folder}: images beside the folders of classes: {names}; move each into one."
        )
    if stray:
        raise DataError(
            f"{folder}: images ({names}) and no folders; expected a folder for each class."
        )


def _nothing(root: Path, walk: _Walk) -> str:
    """Return the words of the error for a folder without images."""
    if walk.unpacked:
        names = few(dict.fromkeys(walk.unpacked))
        return f"{root} holds no images, but archives ({names}); unpack them first."
    told, reasons = walk.skipped_words(), walk.skipped.values()
    hint = "; follow links by @links=follow behind the path" if _LINK in reasons else ""
    return (
        f"{root} holds no images in folders of classes"
        f"{f' (skipped: {told})' if told else ''}{hint}; expected CLASS/IMAGE or "
        "SPLIT/CLASS/IMAGE."
    )


def _files(root: Path, classes: dict[str, list[str]], class_names: Sequence[str]) -> Files:
    """Return the files of a split; their names are the paths below the root, with /."""
    places = [
        (path, number) for number, each in enumerate(class_names) for path in classes.get(each, ())
    ]
    paths = [path for path, _ in places]
    names = [readable(Path(path).relative_to(root).as_posix()) for path in paths]
    labels = np.array([number for _, number in places], np.int64)
    return Files(names, lambda at: open(paths[at], "rb"), labels)


def _holds_folders(walk: _Walk, places: dict[str, Path], names: Sequence[str]) -> list[str]:
    """Return the folders in the first class."""
    folder = next(iter(places.values())) / names[0]
    entries = walk.entries(folder) if folder.is_dir() else []
    return [readable(entry.name) for entry in entries if is_folder(entry)]


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder or a link to one; of one that nobody may follow, not."""
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry.path))


def readable(name: str) -> str:
    """Return a file's name as text that prints: composed, and unprintable letters as escapes."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
