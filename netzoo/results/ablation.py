"""What changes of a network buy: one by one from a base, or one after another along a ladder."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from netzoo import units
from netzoo.provenance import SCHEMA, TrainingProvenance
from netzoo.results.comparison import Comparison, doubt_lines, failure_line
from netzoo.results.model_row import ModelRow
from netzoo.results.result import Result
from netzoo.stats import Delta, Estimate
from netzoo.tables.cells import accuracy_cell, delta_cell, number_cell, shape_cell
from netzoo.tables.notes import CONVENTION, origin_lines, tested_text
from netzoo.tables.table import EMPTY, Cell, Column, Table


@dataclass(frozen=True)
class Effect:
    """What a change does; every difference is the changed model minus the one it is compared with.

    change: in words, "activation: relu → sigmoid". model: the changed one, a spec.
    accuracy, gap: of the test accuracy, and of the train–test gap; accuracy is a difference of
    shares of one. speed: training images a second / those of the other.
    verdict: on accuracy, as in a Comparison.
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
    """A change's part of the joint effect of all: its Shapley value, of each seed, over the seeds.

    ratio: of the mean to the joint effect's mean.
    """

    change: str
    accuracy: Estimate
    ratio: float | None


@dataclass(frozen=True)
class Interaction:
    """What two changes do together beyond what each does alone; verdict: as on a difference.

    "better": together they give more than the sum of both.
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
    """A study that is one comparison, read in a way of its own."""

    comparison: Comparison

    @property
    def models(self) -> tuple[ModelRow, ...]:
        """Return the rows of all models that were trained."""
        return self.comparison.models

    @property
    def provenance(self) -> TrainingProvenance:
        """Return what is needed to repeat it: that of its comparison."""
        return self.comparison


@dataclass(frozen=True)
class Ablation(_Compared):
    """A base model, and the same with one change each; with all combinations, also their shares.

    total: the test accuracy of the model with all changes minus the base's, by seed; it, shares and
    interactions are None or empty without all combinations.
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
    """A way from one model to another, a change at a time.

    rungs: from the second on; each effect is that of the last change, against the rung before.
    comparison: all rungs, in their order; its differences are those to the first.
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    rungs: tuple[Effect, ...]
    comparison: Comparison
    schema: int = field(default=SCHEMA)

    def _table(self, *, every: bool) -> Table:
        return ladder_table(self)


_GAP = (
    "Gap: accuracy on training images, augmentation and dropout off, minus that on test images, "
    "after the last epoch."
)


def ablation_table(ablation: Ablation, *, every: bool = False) -> Table:
    """Return a row for the base and for each change, each against the base.

    every: with the columns of the shares where there are none, too.
    """
    rows = {row.name: row for row in ablation.comparison.models}
    base = rows[ablation.base]
    shares: Sequence[Share | None] = ablation.shares or [None] * len(ablation.effects)
    drawn = [[*_base_cells("(base)", base), EMPTY, EMPTY]]
    for effect, share in zip(ablation.effects, shares, strict=True):
        drawn.append([*_cells(effect, rows[effect.model]), *_share_cells(share)])
    columns = [*_COLUMNS, *_SHARE_COLUMNS]
    if not ablation.shares and not every:
        columns, drawn = _COLUMNS, [cells[: len(_COLUMNS)] for cells in drawn]
    told = [
        *(failure_line(row) for row in ablation.comparison.models if row.error),
        "Δ: with this change alone made to the base, minus the base; in brackets the 95 % interval"
        " of the mean over the seeds.",
        *_joint_lines(ablation),
        *_lines(ablation.comparison, ablation.base, ablation.effects),
    ]
    return Table(columns, drawn, told, spare=_SPARE, last=_LAST)


def ladder_table(ladder: Ladder) -> Table:
    """Return a row a rung, each against the one before."""
    rows = {row.name: row for row in ladder.comparison.models}
    first = ladder.comparison.models[0]
    drawn = [_base_cells("(start)", first)]
    drawn += [_cells(rung, rows[rung.model]) for rung in ladder.rungs]
    told = [
        *(failure_line(row) for row in ladder.comparison.models if row.error),
        "Δ: each rung minus the one before it; in brackets the 95 % interval of the mean over the "
        "seeds. In another order of the changes the same change may do something else.",
        *_lines(ladder.comparison, "the rung before", ladder.rungs),
    ]
    return Table(_COLUMNS, drawn, told, spare=_SPARE, last=_LAST)


def _base_cells(word: str, row: ModelRow) -> list[Cell]:
    effect = Effect(word, row.name, None, None, None, None, None, row.verdict)
    return _cells(effect, row)


def _cells(effect: Effect, row: ModelRow) -> list[Cell]:
    rate, gap = row.images_per_second, row.gap
    return [
        Cell(effect.change, effect.change),
        Cell(effect.model, effect.model),
        shape_cell(row.input_shape),
        number_cell(row.params),
        _change(effect.params),
        number_cell(row.macs),
        _change(effect.macs),
        accuracy_cell(row.test_accuracy),
        delta_cell(effect.accuracy),
        EMPTY if gap is None else Cell(round(gap.mean, 6), units.points(gap.mean)),
        delta_cell(effect.gap),
        EMPTY if rate is None else Cell(round(rate, 1), units.rate(rate)),
        EMPTY if effect.speed is None else Cell(round(effect.speed, 4), units.ratio(effect.speed)),
        EMPTY if effect.verdict is None else Cell(effect.verdict, effect.verdict),
    ]


def _change(difference: int | None) -> Cell:
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
    told = [
        f"Share: of the joint effect of all changes, {units.points(total.mean, total.ci95)} points"
        f" (n = {total.n}): the change's mean effect over all orders (Shapley value), which add up"
        " to it."
    ]
    for each in ablation.interactions:
        if each.verdict != "not separable":
            does = "more" if each.verdict == "better" else "less"
            points = units.points(each.accuracy.mean, each.accuracy.ci95)
            told.append(
                f"Interaction: {' and '.join(each.changes)} together give {does} than both alone, "
                f"{points} points (p {units.p_value(each.accuracy.p)})."
            )
    silent = sum(each.verdict == "not separable" for each in ablation.interactions)
    if silent:
        told.append(f"Of {len(ablation.interactions)} interactions {silent} are not separable.")
    return told


def _lines(comparison: Comparison, base: str, effects: Sequence[Effect]) -> list[str]:
    tests = [e.accuracy.test for e in effects if e.accuracy is not None and e.accuracy.n > 1]
    tested = "One seed: no verdicts. Use 3 seeds or more."
    if tests:
        tested = f"{tested_text(base, tests)}."
    return [CONVENTION, _GAP, tested, *origin_lines(comparison), *doubt_lines(comparison)]
