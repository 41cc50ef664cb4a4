"""What every result is: a table, plain values for JSON, and the provenance of its numbers."""

from abc import abstractmethod
from typing import Any

from netzoo.provenance import Provenance
from netzoo.records.codec import to_plain
from netzoo.tables.shown import Tabled


class Result(Tabled):
    """A result of trainings or probes."""

    @property
    @abstractmethod
    def provenance(self) -> Provenance:
        """Return what is needed to repeat it."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = to_plain(self)
        return plain
