"""Data sets of Hugging Face by name, hf:NAME, through its package datasets."""

import os
from pathlib import Path
from typing import Any

from netzoo.data import splits, tfds
from netzoo.data.parquet import TAKES, from_tables
from netzoo.data.settings import Settings
from netzoo.data.source import Images
from netzoo.errors import BadInput, DataError, require

PREFIX = "hf:"
REACH_URL = "https://huggingface.co/"
SAVED = ("dataset_dict.json", "state.json")  # in a folder that save_to_disk has written


def open_named(name: str, text: str, settings: Settings) -> Images:
    """Return a data set by hf:NAME, hf:NAME:CONFIGURATION, or hf:FOLDER.

    name: the text with its settings.
    Raises DataError, MissingPackage without the package datasets.
    """
    settings.only("data sets of Hugging Face", *TAKES)
    wanted, _, config = text.removeprefix(PREFIX).partition(":")
    if not wanted:
        raise BadInput(f"{name!r} names no data set; expected hf:NAME or hf:FOLDER.")
    folder = Path(os.path.expanduser(wanted))
    if os.path.exists(folder):
        name = f"{PREFIX}{os.path.abspath(folder)}{name.removeprefix(text)}"
    if not os.path.exists(folder) and not tfds.reachable(REACH_URL):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # what it has kept, at once
    datasets = require("datasets", f"`dataset` {name}", 'pip install "netzoo[huggingface]"')
    datasets.disable_progress_bars()
    try:
        if any((folder / each).is_file() for each in SAVED):
            found = datasets.load_from_disk(str(folder))
        else:
            found = datasets.load_dataset(
                str(folder) if os.path.exists(folder) else wanted, config or None
            )
    except Exception as error:  # it raises whatever its downloads and readers raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise DataError(f"{name} cannot be read: {reason}") from error
    by_split = dict(found) if isinstance(found, dict) else {splits.TRAIN: found}
    known = {splits.NAMES[each]: part for each, part in by_split.items() if each in splits.NAMES}
    if not known:
        raise DataError(f"{name} has the splits {', '.join(by_split)}; expected train among them.")
    features = next(iter(known.values())).features
    tables = {split: _table(part) for split, part in known.items()}
    kind = f"Hugging Face, datasets {datasets.__version__}"
    return from_tables(name, kind, tables, settings, features.to_dict())


def _table(part: Any) -> Any:
    """Return the rows of a split as a pyarrow table, in their order, images not decoded."""
    return part.with_format("arrow")[:]
