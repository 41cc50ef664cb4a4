"""Ablations, with each change alone on a base, and ladders, with one change after another."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from netzoo import units
from netzoo.provenance import SCHEMA, TrainingProvenance
from netzoo.results.comparison import Comparison, doubt_lines
from netzoo.results.metric import HEADINGS, WORDS
from netzoo.results.model_row import ModelRow
from netzoo.results.result import Result
from netzoo.results.row_notes import crossed_line, failure_line
from netzoo.stats import Delta, Estimate
from netzoo.tables.cells import accuracy_cell, delta_cell, number_cell, rate_cell, shape_cell
from netzoo.tables.notes import CONVENTION, origin_lines, tested_text
from netzoo.tables.table import EMPTY, Cell, Column, Table


@dataclass(frozen=True)
class Effect:
    """The effect of a change: the changed model minus the one that it is compared with.

    change: in words, "activation: relu → sigmoid". model: the changed one, a spec.
    accuracy, gap: differences of test accuracy, or of the comparison's other metric, and of
    generalization gap, as shares of one.
    speed: ratio of training images per second. verdict: on accuracy, as in a Comparison.
    """

    change: str
    model: str
    params: int | None
    macs: int | None
    accuracy: Delta | None
    gap: Delta | None
    speed: float | None
    verdict: str | None


@dataclass(frozen=True)
class Share:
    """A change's share of the joint effect of all changes: its Shapley value, over the seeds.

    ratio: of the mean to the joint effect's mean.
    """

    change: str
    accuracy: Estimate
    ratio: float | None


@dataclass(frozen=True)
class Interaction:
    """The interaction of two changes: their joint effect minus the sum of both alone.

    verdict: "better" for a joint effect above the sum, "worse" below it, or "not separable".
    """

    changes: tuple[str, str]
    accuracy: Delta
    verdict: str


_COLUMNS = [
    Column("Change", "change", numeric=False),
    Column("Model", "model", numeric=False),
    Column("Input", "input_shape"),
    Column("Parameters", "params"),
    Column("Δ", "params_delta"),
    Column("MACs", "macs"),
    Column("Δ", "macs_delta"),
    Column("Test\naccuracy", "test_accuracy"),
    Column("Balanced\naccuracy", "balanced_accuracy"),
    Column("Δ test,\npoints", "test_accuracy_delta"),
    Column("Gap,\npoints", "gap"),
    Column("Δ gap,\npoints", "gap_delta"),
    Column("Training\nimages/s", "images_per_second"),
    Column("×", "speed"),
    Column("Verdict", "verdict"),
]
_SHARE_COLUMNS = [Column("Share,\npoints", "share"), Column("Of\nall", "ratio")]
# The change names the model; the differences and the ratio follow from the column before each.
_SPARE = ("speed", "params_delta", "macs_delta", "model", "gap")
_LAST = ("input_shape", "images_per_second", "gap_delta", "params")


class _Compared(Result):
    """A study of one comparison."""

    comparison: Comparison

    @property
    def models(self) -> tuple[ModelRow, ...]:
        """Return the rows of all trained models."""
        return self.comparison.models

    @property
    def provenance(self) -> TrainingProvenance:
        """Return the provenance, that of the comparison."""
        return self.comparison


@dataclass(frozen=True)
class Ablation(_Compared):
    """A base model, and the same with one change each; for all combinations, also the shares.

    total: the test accuracy of the model with all changes minus the base's, over the seeds. Without
    all combinations total is None, and shares and interactions are empty.
    """

    COLUMNS = tuple(column.key for column in (*_COLUMNS, *_SHARE_COLUMNS))

    base: str
    effects: tuple[Effect, ...]
    comparison: Comparison
    total: Estimate | None = None
    shares: tuple[Share, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    schema: int = field(default=SCHEMA)

    def _table(self, *, every: bool) -> Table:
        return ablation_table(self, every=every)


@dataclass(frozen=True)
class Ladder(_Compared):
    """A path from one model to another, with one change at each rung.

    rungs: from the second on; each is the effect of its change, against the rung before.
    comparison: of all rungs, in order; its differences are to the first rung.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    rungs: tuple[Effect, ...]
    comparison: Comparison
    schema: int = field(default=SCHEMA)

    def _table(self, *, every: bool) -> Table:
        return ladder_table(self, every=every)


_GAP = (
    "Gap: generalization gap, training accuracy minus test accuracy after the last epoch, "
    "augmentation and dropout off."
)


def ablation_table(ablation: Ablation, *, every: bool = False) -> Table:
    """Return the table of the base and of each change, against the base.

    every: with the columns of the shares even if there are none, and the balanced accuracy.
    """
    rows = {row.name: row for row in ablation.comparison.models}
    base = rows[ablation.base]
    shares: Sequence[Share | None] = ablation.shares or [None] * len(ablation.effects)
    cells = [[*_cells("(base)", base, None), EMPTY, EMPTY]]
    for effect, share in zip(ablation.effects, shares, strict=True):
        row = rows[effect.model]
        cells.append([*_cells(effect.change, row, effect), *_share_cells(share)])
    hidden = set() if every or ablation.shares else {column.key for column in _SHARE_COLUMNS}
    footer = [
        *(failure_line(row) for row in ablation.comparison.models if row.error),
        "Δ: the base with this change alone, minus the base; in brackets the 95 % interval of the "
        "mean over the seeds.",
        *_joint_lines(ablation),
        *_lines(ablation.comparison, ablation.base, ablation.effects, of_base=not ablation.shares),
    ]
    columns = [*_COLUMNS, *_SHARE_COLUMNS]
    return _table(columns, cells, footer, ablation.comparison, hidden, every=every)


def ladder_table(ladder: Ladder, *, every: bool = False) -> Table:
    """Return the table of the rungs, each against the one before; every: as in `ablation_table`."""
    rows = {row.name: row for row in ladder.comparison.models}
    cells = [_cells("(start)", ladder.comparison.models[0], None)]
    cells += [_cells(rung.change, rows[rung.model], rung) for rung in ladder.rungs]
    footer = [
        *(failure_line(row) for row in ladder.comparison.models if row.error),
        "Δ: each rung minus the one before it; in brackets the 95 % interval of the mean over the "
        "seeds. The effect of a change may depend on the order of the changes.",
        *_lines(ladder.comparison, "the rung before", ladder.rungs),
    ]
    return _table(_COLUMNS, cells, footer, ladder.comparison, set(), every=every)


def _table(
    columns: Sequence[Column],
    cells: Sequence[Sequence[Cell]],
    footer: Sequence[str],
    comparison: Comparison,
    hidden: set[str],
    *,
    every: bool,
) -> Table:
    """Return the table of a study without its hidden columns; every: with the balanced accuracy."""
    if not every and not comparison.shows_balance:
        hidden = hidden | {"balanced_accuracy"}
    kept = [place for place, column in enumerate(columns) if column.key not in hidden]
    shown = [columns[place] for place in kept]
    headed = [
        replace(column, heading=HEADINGS[comparison.metric])
        if column.key == "test_accuracy_delta"
        else column
        for column in shown
    ]
    rows = [[row[place] for place in kept] for row in cells]
    return Table(headed, rows, footer, spare=_SPARE, last=_LAST)


def _cells(change: str, row: ModelRow, effect: Effect | None) -> list[Cell]:
    """Return the cells of a model; effect: of its change, None for the first row."""
    gap = row.gap
    params = macs = accuracy = gap_change = speed = EMPTY
    verdict = row.verdict
    if effect is not None:
        params, macs = _change_cell(effect.params), _change_cell(effect.macs)
        accuracy, gap_change = delta_cell(effect.accuracy), delta_cell(effect.gap)
        verdict = effect.verdict
        if effect.speed is not None:
            speed = Cell(round(effect.speed, 4), units.ratio(effect.speed))
    return [
        Cell(change, change),
        Cell(row.name, row.name),
        shape_cell(row.input_shape),
        number_cell(row.params),
        params,
        number_cell(row.macs),
        macs,
        accuracy_cell(row.test_accuracy),
        accuracy_cell(row.balanced_accuracy),
        accuracy,
        EMPTY if gap is None else Cell(round(gap.mean, 6), units.points(gap.mean)),
        gap_change,
        rate_cell(row.images_per_second),
        speed,
        EMPTY if verdict is None else Cell(verdict, verdict),
    ]


def _change_cell(difference: int | None) -> Cell:
    return EMPTY if difference is None else Cell(difference, units.change(difference))


def _share_cells(share: Share | None) -> list[Cell]:
    if share is None:
        return [EMPTY, EMPTY]
    points = Cell(
        round(share.accuracy.mean, 6), units.points(share.accuracy.mean, share.accuracy.ci95)
    )
    ratio = share.ratio
    return [points, EMPTY if ratio is None else Cell(round(ratio, 4), units.percent(ratio, 0))]


def _joint_lines(ablation: Ablation) -> list[str]:
    if ablation.total is None:
        return []
    total = ablation.total
    lines = [
        "Share: the change's mean effect over all orders (Shapley value); the shares add up to the "
        f"joint effect of all changes, {units.points(total.mean, total.ci95)} points "
        f"(n = {total.n})."
    ]
    for interaction in ablation.interactions:
        if interaction.verdict != "not separable":
            delta = interaction.accuracy
            comparative = "more" if interaction.verdict == "better" else "less"
            lines.append(
                f"Interaction: {' and '.join(interaction.changes)} together give {comparative} "
                f"than the sum of both alone, {units.points(delta.mean, delta.ci95)} points "
                f"(p {units.p_value(delta.p)})."
            )
    open_count = sum(i.verdict == "not separable" for i in ablation.interactions)
    if open_count:
        verb = "is" if open_count == 1 else "are"
        lines.append(
            f"Of {len(ablation.interactions)} interactions, {open_count} {verb} not separable."
        )
    return lines


def _lines(
    comparison: Comparison, base: str, effects: Sequence[Effect], *, of_base: bool = False
) -> list[str]:
    """Return the last lines; of_base: whether the effects are the comparison's own differences."""
    tests = [e.accuracy.test for e in effects if e.accuracy is not None and e.accuracy.n > 1]
    tested = "One seed: no verdicts. Use 3 seeds or more."
    if tests:
        tested = f"{tested_text(base, tests, WORDS[comparison.metric])}."
    crossed = crossed_line(comparison.models) if of_base else []
    lines = [CONVENTION, _GAP, *comparison.balance_lines(), tested, *crossed]
    return [*lines, *origin_lines(comparison), *doubt_lines(comparison)]
