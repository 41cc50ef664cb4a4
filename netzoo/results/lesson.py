"""What a lesson claims, and what was measured of it."""

from dataclasses import dataclass, field
from typing import Any

from netzoo.records import SCHEMA, Device, to_plain
from netzoo.results.comparison import Comparison
from netzoo.results.probe import Probe
from netzoo.tabled import Tabled
from netzoo.tables.table import Table

HOLDS, FAILS, UNCLEAR, MISSING = "holds", "does not hold", "not separable", "not measured"


@dataclass(frozen=True)
class Claim:
    """A claim, the command that measures it, and what came out.

    measured: in words, each figure with its unit and interval. verdict: "holds", "does not hold",
    "not separable", or "not measured", with the reason in measured.
    p: two-sided, corrected for all tested claims of the page (Holm); None for what is counted.
    n: seeds; None for what is counted. note: what is to be known beside it.
    """

    text: str
    command: str
    measured: str
    verdict: str
    n: int | None = None
    p: float | None = None
    note: str = ""


@dataclass(frozen=True)
class LessonPage(Tabled):
    """The lesson's claims with their verdicts, and the runs that they come from.

    comparison, probe: None if Ctrl-C came before them.
    """

    claims: tuple[Claim, ...]
    size: str
    backend: str
    device: Device
    versions: dict[str, str]
    comparison: Comparison | None = None
    probe: Probe | None = None
    command: str = ""
    commit: str | None = None
    schema: int = field(default=SCHEMA)

    @property
    def models(self) -> tuple[Any, ...]:
        """Return the models of the trainings and of the probe."""
        return tuple(model for run in (self.comparison, self.probe) if run for model in run.models)

    def to_dict(self) -> dict[str, Any]:
        """Return the page as plain dicts, lists, strings and numbers."""
        told: dict[str, Any] = to_plain(self)
        if self.comparison is not None:
            told["comparison"] = self.comparison.to_dict()
        return {"schema": told.pop("schema"), **told}

    def table(self) -> Table:
        """Return the table of the claims: what was measured, and whether it holds."""
        from netzoo.report.lesson import lesson_table

        return lesson_table(self)
