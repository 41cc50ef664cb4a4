"""The claims of the lesson, their measurements and verdicts."""

from dataclasses import dataclass, replace
from typing import Any

from netzoo import units
from netzoo.provenance import Provenance
from netzoo.results.comparison import Comparison, doubt_lines
from netzoo.results.probe import Probe
from netzoo.results.result import Result
from netzoo.results.row_notes import failure_line
from netzoo.tables.notes import origin_lines, versions_text
from netzoo.tables.table import EMPTY, Cell, Column, Table

HOLDS, FAILS, UNCLEAR, MISSING = "holds", "does not hold", "not separable", "not measured"


@dataclass(frozen=True)
class Claim:
    """A claim, the command that measures it, and its verdict.

    measured: in words, each figure with its unit and interval. verdict: "holds", "does not hold",
    "not separable", or "not measured", with the reason in measured.
    p: two-sided, corrected for all tested claims of the page (Holm). n: number of seeds. Both are
    None for a claim on counts. note: a remark, or empty.
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
    """The lesson's claims with their verdicts, and the runs behind them.

    size: the size of the runs, as it was asked. comparison, probe: None if Ctrl-C ended the run
    before them.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    claims: tuple[Claim, ...]
    size: str
    comparison: Comparison | None = None
    probe: Probe | None = None

    @property
    def models(self) -> tuple[Any, ...]:
        """Return the models of the comparison and of the probe."""
        return tuple(model for run in (self.comparison, self.probe) if run for model in run.models)

    def _table(self, *, every: bool) -> Table:
        return lesson_table(self)


def lesson_table(page: LessonPage) -> Table:
    """Return the table of the claims, with measurements and verdicts."""
    return Table(_COLUMNS, [_cells(claim) for claim in page.claims], _footer(page), wraps=True)


def lesson_page_text(page: LessonPage) -> str:
    """Return the page as Markdown, each claim with its note."""
    lines = ["# The lesson's claims, measured", ""]
    for number, claim in enumerate(page.claims, 1):
        lines += [
            f"{number}. **{claim.text}** *{claim.verdict}*",
            "",
            f"   {claim.measured}{_origin(claim)}. {claim.note}".rstrip(),
            "",
            f"   `{claim.command}`",
            "",
        ]
    return "\n".join([*lines, *(f"{line}\n" for line in _lines(page))])


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
    lines = [
        "Intervals: 95 %, of the mean over the seeds (of ratios, of the geometric mean). Verdicts: "
        "counted exactly, or a paired t test over the seeds, p < 0.05 after Holm's correction "
        "for all tested claims."
    ]
    if page.comparison is not None:
        lines += [failure_line(row) for row in page.comparison.models if row.error]
    if page.probe is not None:
        lines += [
            f"Probe of {model.name} {model.status}: {model.error}"
            for model in page.probe.models
            if model.error
        ]
    if page.comparison is not None:
        # The trials may be those of an earlier command that this one resumed.
        current = replace(page.comparison, command=page.command, commit=page.commit)
        return [*lines, *origin_lines(current), *doubt_lines(current)]
    versions = versions_text(page.versions)
    return [*lines, f"Device: {page.device.text}. Backend: {page.backend}. {versions}."]
