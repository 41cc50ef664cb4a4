"""Parquet files as Hugging Face writes them: an image as bytes and path, and a label, a row."""

import json
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from netzoo.data import cache, memory, splits
from netzoo.data.from_files import from_files
from netzoo.data.labels import numbered
from netzoo.data.reading import Files
from netzoo.data.settings import Settings, few
from netzoo.data.source import Images
from netzoo.data.spool import Spool
from netzoo.errors import DataError, require

TAKES = ("size", "test", "damaged", "range", "label")
LABELS = ("label", "labels", "fine_label", "class", "target")
_PART = re.compile(r"([A-Za-z]+)(?:[-_.]\d.*)?")


def files_in(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder, or of data/ in it."""
    for place in (folder, folder / "data"):
        if place.is_dir() and (found := sorted(place.glob("*.parquet"))):
            return found
    return []


def open_parquet(name: str, paths: Sequence[Path], settings: Settings) -> Images:
    """Return the images of Parquet files; the split is the word that a file's name begins with.

    Raises DataError, MissingPackage without pyarrow.
    """
    settings.only("Parquet files", *TAKES)
    require("pyarrow", "a Parquet file", 'pip install "netzoo[parquet]"')
    by_split: dict[str, list[Path]] = {}
    for path in paths:
        match = _PART.fullmatch(path.stem)
        word = match[1].lower() if match else ""
        if len(paths) > 1 and word not in splits.NAMES:
            raise DataError(
                f"{path.parent} holds {path.name}; expected names that begin with the split, "
                "such as train-00000-of-00002.parquet."
            )
        by_split.setdefault(splits.NAMES.get(word, splits.TRAIN), []).append(path)
    if len(paths) == 1:  # whatever the file is named
        by_split = {splits.TRAIN: list(paths)}
    tables = {split: _table(each) for split, each in by_split.items()}
    return from_tables(name, "Parquet files", tables, settings)


def from_tables(
    name: str,
    kind: str,
    tables: Mapping[str, Any],
    settings: Settings,
    features: Mapping[str, Any] | None = None,
) -> Images:
    """Return the images of pyarrow tables, by split; kind: in words.

    features: what is known of the columns, as Hugging Face describes them; None: by the tables'
    metadata. With it, an image without bytes is the file of its path. Raises DataError.
    """
    for split, table in tables.items():
        if not table.num_rows:
            raise DataError(f"{name}: its {split} split is empty.")
    first = tables.get(splits.TRAIN, next(iter(tables.values())))
    by_path = features is not None
    features = _features(first.schema) if features is None else features
    image, label = (
        _image(name, first.schema, features),
        _label(name, first.schema, features, settings),
    )
    for split, table in tables.items():
        missing = {image, label} - set(table.schema.names)
        if missing:
            raise DataError(f"{name}: its {split} split has no column {few(sorted(missing))}.")
    raw = {split: _labels(name, split, table, label) for split, table in tables.items()}
    class_names, labels, lines = numbered(name, raw)
    known = features.get(label, {}).get("names")
    if known:
        numbers = np.array([int(each) for each in class_names])
        if numbers.max() >= len(known):
            raise DataError(
                f"{name}: labels are up to {numbers.max()}; it names {len(known)} classes."
            )
        labels = {split: numbers[each] for split, each in labels.items()}
        class_names, lines = tuple(map(str, known)), []
    found = {
        split: _files(split, table.column(image), labels[split], by_path=by_path)
        for split, table in tables.items()
    }
    others = [each for each in first.schema.names if each not in (image, label)]
    lines += [f"Columns left out: {few(others)}."] if others else []
    return from_files(name, kind, found, class_names, settings, lines)


class _OnDisk:
    """The rows of files as a pyarrow table gives them, a column when it is asked for.

    Images are copied to a file, some rows at a time. Raises DataError.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        import pyarrow.parquet

        self._files = [pyarrow.parquet.ParquetFile(path) for path in paths]
        self.schema = self._files[0].schema_arrow
        self.num_rows = sum(file.metadata.num_rows for file in self._files)

    def column(self, name: str) -> Any:
        import pyarrow

        if not _is_image(self.schema.field(name).type):
            parts = [file.read(columns=[name]).column(name) for file in self._files]
            return pyarrow.chunked_array([part for each in parts for part in each.chunks])
        spool = Spool()
        for file in self._files:
            for rows in file.iter_batches(64, columns=[name]):
                for value in rows.column(0):
                    spool.append(_content(value.as_py()) or b"")
        return spool


def _table(paths: Sequence[Path]) -> Any:
    """Return the rows of files. Raises DataError."""
    import pyarrow
    import pyarrow.parquet

    tables = []
    used = sum(path.stat().st_size for path in paths)
    on_disk = memory.above("", used) is not None and used <= cache.room_bytes()
    for path in paths:
        try:
            if on_disk:
                tables.append(pyarrow.parquet.read_schema(path).empty_table())
            else:
                tables.append(pyarrow.parquet.read_table(path))
        except (OSError, pyarrow.ArrowException) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise DataError(f"{path} cannot be read: {reason}.") from error
    try:
        table = pyarrow.concat_tables(tables)
        return _OnDisk(paths) if on_disk else table
    except pyarrow.ArrowException as error:
        raise DataError(
            f"{paths[0].parent}: the files of one split have different columns."
        ) from error


def _features(schema: Any) -> dict[str, Any]:
    """Return what Hugging Face wrote of the columns, {} without it."""
    try:
        found = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    except (TypeError, KeyError, ValueError):
        return {}
    return {name: about for name, about in found.items() if isinstance(about, dict)}


def _image(name: str, schema: Any, features: Mapping[str, Any]) -> str:
    """Return the column of the images: the one so described, else bytes or bytes and path."""
    described = [key for key, about in features.items() if about.get("_type") == "Image"]
    of_bytes = [field.name for field in schema if _is_image(field.type)]
    found = described or of_bytes
    if len(found) != 1:
        raise DataError(
            f"{name}: expected one column of images, as bytes or bytes and path; found "
            f"{len(found)} among {few(schema.names)}."
        )
    return str(found[0])


def _is_image(kind: Any) -> bool:
    """Return whether values of a type are the bytes of files, or have them."""
    from pyarrow import types

    is_struct = types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    return bool(is_struct or types.is_binary(kind) or types.is_large_binary(kind))


def _content(value: Any) -> bytes | None:
    content: bytes | None = value.get("bytes") if isinstance(value, dict) else value
    return content


def _label(name: str, schema: Any, features: Mapping[str, Any], settings: Settings) -> str:
    described = [key for key, about in features.items() if about.get("_type") == "ClassLabel"]
    usual = [each for each in LABELS if each in schema.names]
    found = [settings.label] if settings.label else described if len(described) == 1 else usual[:1]
    if not found or found[0] not in schema.names:
        raise DataError(
            f"{name}: expected a column of labels, {'named ' + found[0] if found else 'as label'}; "
            f"found {few(schema.names)}. Name it by @label=NAME behind the path."
        )
    return found[0]


def _labels(name: str, split: str, table: Any, label: str) -> Any:
    column = table.column(label)
    if column.null_count:
        raise DataError(f"{name}: {column.null_count} rows of its {split} split have no label.")
    values = column.to_pylist()
    lengths = {len(each) if isinstance(each, list) else 1 for each in values}
    if len(lengths) > 1:
        raise DataError(
            f"{name}: rows of its {split} split have {min(lengths)} to {max(lengths)} labels; "
            "expected one each."
        )
    return np.array(values)


def _files(split: str, column: Any, labels: Any, *, by_path: bool) -> Files:
    """Return the images of a column; those without bytes are empty, or the files of their paths."""
    names = [f"{split}[{at}]" for at in range(len(column))]
    if isinstance(column, Spool):
        return Files(names, column.open, labels)

    def open_one(at: int) -> IO[bytes]:
        value = column[at].as_py()
        content = _content(value)
        if content is None and by_path and value is not None and value.get("path"):
            return open(value["path"], "rb")
        return BytesIO(content or b"")

    return Files(names, open_one, labels)
