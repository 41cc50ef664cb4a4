"""What results have in common that are looked at in a notebook: a table, and a frame of pandas."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from netzoo.errors import require
from netzoo.tables.table import Table


class Tabled(ABC):
    """A result that is printed as its table, and shown as one by a notebook."""

    @abstractmethod
    def table(self) -> Table:
        """Return the table as the command line prints it; its `render` has the other forms."""

    def __str__(self) -> str:
        return self.table().render("table")

    def _repr_html_(self) -> str:
        return self.table().render("html")


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as a pandas.DataFrame by their name. Raises MissingPackage without pandas."""
    pandas = require("pandas", "to_pandas", "pip install pandas")
    return pandas.DataFrame(rows).set_index("name")
