"""Encoding and decoding of records as JSON.

Keys are stable: later versions only add keys. Reading ignores unknown keys, so that an older netzoo
reads a newer record.
"""

import json
from typing import Any, TypeVar

import msgspec

from netzoo.errors import DataError

Record = TypeVar("Record")


def to_text(record: Any) -> str:
    """Return a record as JSON text that ends with a line feed."""
    plain = record.to_dict() if hasattr(record, "to_dict") else to_plain(record)
    return json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def to_plain(record: Any) -> Any:
    """Return a record as plain dicts, lists, strings and numbers."""
    return json.loads(msgspec.json.encode(record))


def to_line(record: Any) -> str:
    """Return a dataclass, or a dict of dataclasses, as one line of JSON."""
    return msgspec.json.encode(record).decode()


def from_text(kind: type[Record], text: str | bytes, where: str) -> Record:
    """Decode a record from JSON text.

    where: the name of the text in the error. Raises DataError if it is not JSON of such a record.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise DataError(f"{where} does not hold a {kind.__name__}: {error}.") from error


def from_plain(kind: type[Record], plain: Any, where: str = "the message") -> Record:
    """Return the record of plain dicts and lists; where and errors as in from_text."""
    try:
        return msgspec.convert(plain, type=kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{where} does not hold a {kind.__name__}: {error}.") from error
