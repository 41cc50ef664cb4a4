"""The mixin for results that print, and display in notebooks, as a table; pandas frames."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from netzoo.errors import require
from netzoo.tables.table import Table


class Tabled(ABC):
    """A result that prints, and displays in notebooks, as its table."""

    @abstractmethod
    def table(self) -> Table:
        """Return the table of the command line; its `render` gives the other formats."""

    def __str__(self) -> str:
        return self.table().render("table")

    def _repr_html_(self) -> str:
        return self.table().render("html")


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as a pandas.DataFrame, indexed by name. Raises MissingPackage without pandas."""
    pandas = require("pandas", "to_pandas", "pip install pandas")
    return pandas.DataFrame(rows).set_index("name")
