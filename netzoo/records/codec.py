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
    """Return a record as JSON text that ends with a line feed.

    A record that is written in another form than its own has a method `content` or `to_dict`.
    """
    for name in ("content", "to_dict"):
        if hasattr(record, name):
            record = getattr(record, name)()
            break
    return msgspec.json.format(msgspec.json.encode(record), indent=1).decode() + "\n"


def to_plain(record: Any) -> Any:
    """Return a record as plain dicts, lists, strings and numbers."""
    return json.loads(msgspec.json.encode(record))


def to_one_line(text: bytes) -> bytes:
    """Return JSON text without the white space between its values, which stay as written."""
    return msgspec.json.format(text, indent=-1)


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
