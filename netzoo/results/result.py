"""The base class of results: a table, plain values for JSON, and provenance."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, ClassVar

from netzoo.provenance import Provenance
from netzoo.records.codec import to_plain
from netzoo.records.trial import Epochs
from netzoo.tables.shown import Tabled
from netzoo.tables.table import Table


class Result(Tabled):
    """A result of trainings or probes.

    COLUMNS: the keys of all columns of its table, as in CSV.
    """

    COLUMNS: ClassVar[tuple[str, ...]]

    def table(self, columns: Sequence[str] | None = None) -> Table:
        """Return the table of the command line; its `render` gives the other formats.

        columns: keys of the columns to show after those that name a row, in this order; None for
        all columns that are not empty. Raises UnknownName for a column that is not in COLUMNS.
        """
        if columns is None:
            return self._table(every=False)
        return self._table(every=True).only(columns)

    @abstractmethod
    def _table(self, *, every: bool) -> Table:
        """Return the table; every: with columns that are empty for this result."""

    @property
    @abstractmethod
    def provenance(self) -> Provenance:
        """Return the provenance of the result."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = to_plain(self.content())
        return plain

    def content(self) -> dict[str, Any]:
        """Return the result as it is written: as a dict of all of its fields."""
        written: dict[str, Any] = _whole(self)
        return written


_PLAIN = frozenset((int, float, str, bool, type(None)))


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))  # type: ignore[arg-type]


def _whole(value: Any) -> Any:
    """Return a dataclass as a dict of all of its fields.

    msgspec does not write those that the file of an older version had not, whose defaults it left
    to the class on reading.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Epochs):
        return value.plain()
    if isinstance(value, (list, tuple)):
        if _PLAIN.issuperset(map(type, value)):
            return value
        return [_whole(held) for held in value]
    if is_dataclass(value):
        held = vars(value)
        names = _names(value.__class__)
        if len(held) == len(names) and _PLAIN.issuperset(map(type, held.values())):
            return held  # as most epochs, of which there are many
        return {name: _whole(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {key: _whole(held) for key, held in value.items()}
    return value
