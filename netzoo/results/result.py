"""What every result is: a table, plain values for JSON, and the provenance of its numbers."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

from netzoo.provenance import Provenance
from netzoo.records.codec import to_plain
from netzoo.tables.shown import Tabled
from netzoo.tables.table import Table


class Result(Tabled):
    """A result of trainings or probes.

    COLUMNS: the keys of all columns that its table can have, as CSV has them.
    """

    COLUMNS: ClassVar[tuple[str, ...]]

    def table(self, columns: Sequence[str] | None = None) -> Table:
        """Return the table as the command line prints it; its `render` has the other forms.

        columns: keys of the columns to show beside those that name a row, in this order; None for
        those that have something to say. Raises UnknownName for a column that is not in COLUMNS.
        """
        if columns is None:
            return self._table(every=False)
        return self._table(every=True).only(columns)

    @abstractmethod
    def _table(self, *, every: bool) -> Table:
        """Return the table; every: with the columns that have nothing to say here, too."""

    @property
    @abstractmethod
    def provenance(self) -> Provenance:
        """Return what is needed to repeat it."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = to_plain(_whole(self))
        return plain


def _whole(value: Any) -> Any:
    """Return a dataclass as a dict of all of its fields.

    msgspec does not write those that the file of an older version had not, whose defaults it left
    to the class on reading.
    """
    if is_dataclass(value):
        return {field.name: _whole(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: _whole(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(held) for held in value]
    return value
