"""What a lesson claims, and what was measured of it."""

from dataclasses import dataclass, replace
from typing import Any

from netzoo import units
from netzoo.provenance import Provenance
from netzoo.results.comparison import Comparison, doubt_lines, failure_line
from netzoo.results.probe import Probe
from netzoo.results.result import Result
from netzoo.tables.notes import origin_lines, versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

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


_COLUMNS = (
    Column("Claim", "claim", numeric=False),
    Column("Measured", "measured", numeric=False),
    Column("n", "n"),
    Column("Verdict", "verdict", numeric=False),
    Column("Command", "command", numeric=False),
)


@dataclass(frozen=True)
class LessonPage(Provenance, Result):
    """The lesson's claims with their verdicts, and the runs that they come from.

    comparison, probe: None if Ctrl-C came before them.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    claims: tuple[Claim, ...]
    size: str
    comparison: Comparison | None = None
    probe: Probe | None = None

    @property
    def models(self) -> tuple[Any, ...]:
        """Return the models of the trainings and of the probe."""
        return tuple(model for run in (self.comparison, self.probe) if run for model in run.models)

    @property
    def provenance(self) -> Provenance:
        """Return what is needed to repeat it: these are fields of its own."""
        return self

    def _table(self, *, every: bool) -> Table:
        return lesson_table(self)


def lesson_table(page: LessonPage) -> Table:
    """Return a row a claim: what was measured, and whether it holds."""
    return Table(_COLUMNS, [_cells(claim) for claim in page.claims], _footer(page), wraps=True)


def lesson_page_text(page: LessonPage) -> str:
    """Return the page as Markdown, each claim with what is to be known beside it."""
    told = ["# The lesson's claims, measured", ""]
    for number, claim in enumerate(page.claims, 1):
        told += [
            f"{number}. **{claim.text}** *{claim.verdict}*",
            "",
            f"   {claim.measured}{_origin(claim)}. {claim.note}".rstrip(),
            "",
            f"   `{claim.command}`",
            "",
        ]
    return "\n".join([*told, *(f"{line}\n" for line in _lines(page))])


def _cells(claim: Claim) -> list[Cell]:
    return [
        Cell(claim.text, claim.text),
        Cell(claim.measured, claim.measured),
        EMPTY if claim.n is None else Cell(claim.n, str(claim.n)),
        Cell(claim.verdict, claim.verdict),
        Cell(claim.command, claim.command),
    ]


def _origin(claim: Claim) -> str:
    if claim.n is None or claim.p is None:
        return ""
    return f" (n = {claim.n} seeds, p {units.p_value(claim.p)})"


def _footer(page: LessonPage) -> list[str]:
    notes = [f"{number}: {claim.note}" for number, claim in enumerate(page.claims, 1) if claim.note]
    return [*notes, *_lines(page)]


def _lines(page: LessonPage) -> list[str]:
    told = [
        "Intervals: 95 %, of the mean over the seeds (of ratios, of the geometric mean). Verdicts: "
        "counted exactly, or a paired t test over the seeds, p < 0.05 after Holm's correction "
        "for all that were tested."
    ]
    if page.comparison is not None:
        told += [failure_line(row) for row in page.comparison.models if row.error]
    if page.probe is not None:
        told += [
            f"Probe of {model.name} {model.status}: {model.error}"
            for model in page.probe.models
            if model.error
        ]
    if page.comparison is not None:
        # The trainings may have been made by another command, which this one went on from.
        asked = replace(page.comparison, command=page.command, commit=page.commit)
        return [*told, *origin_lines(asked), *doubt_lines(asked)]
    versions = versions_text(page.versions)
    return [*told, f"Device: {page.device.text}. Backend: {page.backend}. {versions}."]
