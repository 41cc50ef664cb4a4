"""The comparison of models: a set of trials side by side, and its table."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from netzoo.provenance import TrainingProvenance
from netzoo.records.codec import from_plain
from netzoo.results import target_table
from netzoo.results.balance import balance_lines
from netzoo.results.metric import ACCURACY, BALANCED, HEADINGS, WORDS
from netzoo.results.model_row import ModelRow, flat
from netzoo.results.result import Result
from netzoo.results.row_notes import crossed_line, failure_lines, jobs_line, native_line, row_lines
from netzoo.results.scores import is_uneven
from netzoo.tables.cells import (
    accuracy_cell,
    bytes_cell,
    delta_cell,
    interval_cell,
    number_cell,
    rate_cell,
    ratio_cell,
    seconds_cell,
    shape_cell,
)
from netzoo.tables.notes import CONVENTION, loss_line, origin_lines, tested_text, uncounted_line
from netzoo.tables.shown import frame
from netzoo.tables.table import EMPTY, Cell, Column, Table

_COLUMNS = (
    Column("Model", "name", numeric=False),
    Column("Backend", "backend", numeric=False),
    Column("Input", "input_shape"),
    Column("Parameters", "params"),
    Column("×\nbase", "params_ratio"),
    Column("MACs", "macs"),
    Column("×\nbase", "macs_ratio"),
    Column("FLOPs", "flops"),
    Column("Training\nimages/s", "images_per_second"),
    Column("Achieved\nFLOP/s", "training_flops_per_second"),
    Column("Time to\nfirst step", "first_step_seconds"),
    Column("Peak\nmemory", "process_bytes"),
    Column("Peak on\ndevice", "device_bytes"),
    Column("Train\naccuracy", "train_accuracy"),
    Column("Test\naccuracy", "test_accuracy"),
    Column("Balanced\naccuracy", "balanced_accuracy"),
    Column("95 %\ninterval", "test_accuracy_ci95"),
    Column("ECE", "ece"),
    Column("Δ test,\npoints", "delta"),
    Column("Verdict", "verdict"),
    Column("Time", "seconds"),
    *target_table.COLUMNS,
)
# FLOPs are twice the MACs; ratios, interval, FLOP/s and time follow from other columns or lines.
SPARE = (
    *("flops", "params_ratio", "macs_ratio", "test_accuracy_ci95", "training_flops_per_second"),
    *("seconds", "train_accuracy", *target_table.OF_SEEDS),
)


@dataclass(frozen=True)
class Comparison(TrainingProvenance, Result):
    """A set of trials side by side, as `netzoo compare --format json` prints it.

    uncounted: layers without a cost rule. warnings: settings and data that differ between models.
    metric: what deltas and verdicts are of, "accuracy" or "balanced_accuracy". test_counts: the
    number of test images of each class, () if no predictions were kept. target: or None, an
    accuracy whose first epoch the rows tell. effort: that a search of the same effort has chosen
    the settings of all models, in words; None otherwise.

    >>> import netzoo
    >>> comparison = netzoo.compare("lenet", recipe="quick", epochs=1, limit_train=100)
    >>> comparison.models[0].test_accuracy.n
    1
    >>> comparison.to_dict()["models"][0]["params"]
    61706
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)
    SPARE: ClassVar[tuple[str, ...]] = SPARE
    NAMES: ClassVar[int] = 1  # of leading columns that name a row
    ONE_SEED: ClassVar[str] = (
        "One seed: the verdict compares these trained networks on these test images; the chance of "
        "seeds is not counted. Use 3 seeds or more to compare the architectures."
    )

    baseline: str
    models: tuple[ModelRow, ...]
    uncounted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    metric: str = ACCURACY
    test_counts: tuple[int, ...] = ()
    target: float | None = None
    effort: str | None = None

    @property
    def base(self) -> ModelRow:
        """Return the row of the baseline."""
        return next(row for row in self.models if row.name == self.baseline)

    def base_of(self, row: ModelRow) -> ModelRow:
        """Return the row that a row is compared with; of the baseline, itself."""
        return self.base

    @property
    def bases(self) -> str:
        """Return what the rows are compared with, in words."""
        return self.baseline

    @property
    def shows_balance(self) -> bool:
        """Return whether the table has the balanced accuracy and the recalls."""
        return self.metric == BALANCED or is_uneven(self.test_counts)

    def empty_columns(self) -> set[str]:
        """Return the keys of columns that tell nothing of this comparison, or belong to another."""
        seeds = len(self.recipe["seeds"])
        hidden = {"backend", "first_step_seconds", "process_bytes", "device_bytes", "ece"}
        hidden |= target_table.hidden_columns(self.models, self.target, seeds)
        if len({row.backend for row in self.models}) > 1:
            hidden -= {"backend"}
        if len(self.models) == 1:
            hidden |= {"delta", "verdict"}
        if seeds == 1:
            hidden |= {"test_accuracy_ci95"}
        if not self.shows_balance:
            hidden |= {"balanced_accuracy"}
        return hidden

    def label(self, row: ModelRow) -> str:
        """Return the name of a row in the table."""
        return row.name

    def own_lines(self) -> list[str]:
        """Return the lines of the footer that other comparisons have not."""
        return []

    def origin(self) -> list[str]:
        """Return the provenance as lines of the footer."""
        return origin_lines(self)

    def balance_lines(self) -> list[str]:
        """Return the lines on the balanced accuracy and the recalls, [] if they are not shown."""
        if not self.shows_balance:
            return []
        return balance_lines(self.models, self.dataset.class_names, self.test_counts)

    @classmethod
    def from_dict(cls, plain: dict[str, Any], where: str) -> "Comparison":
        """Return the comparison from the values of `to_dict`; where: their name in the error.

        Raises DataError if they are not complete.
        """
        if isinstance(plain.get("device"), str):  # the form of older versions
            plain = {
                **plain,
                "device": {
                    "kind": plain.get("device_kind"),
                    "name": plain["device"],
                    "threads": plain.get("threads"),
                },
            }
        return from_plain(cls, plain, where)

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame with a row for each model; missing values are NaN or None.

        Accuracies, their gap and their difference to the baseline (delta) are shares of one; n is
        the number of finished seeds. Raises MissingPackage without pandas.
        """
        return frame([flat(row) for row in self.models])

    def plot(self, show: str = "accuracy", along: str = "epoch") -> Any:
        """Return the learning curves as an Altair chart, for notebooks; None without any.

        show: "accuracy" or "loss". along: "epoch", "seconds", "images" or "flops".
        Raises UnknownName for anything else, MissingPackage without the packages of a report.
        """
        from netzoo.report import require_page

        require_page("plot")
        from netzoo.report.curves import chart

        return chart(self, show, along)

    def _repr_html_(self) -> str:
        try:
            from netzoo.report.drawing import accuracy_svg
        except ModuleNotFoundError:  # without the packages of a report, the table alone
            return super()._repr_html_()
        return super()._repr_html_() + accuracy_svg(self)

    def _table(self, *, every: bool) -> Table:
        return comparison_table(self, every=every)


_BRIEF = "The brief recipe under-trains on purpose; verdicts may change with longer training."


def comparison_table(comparison: Comparison, *, every: bool = False) -> Table:
    """Return the table of the comparison, with units, and the provenance in the footer.

    every: with the columns that are empty for one model or one seed.
    """
    hidden = set() if every else comparison.empty_columns()
    columns = [column for column in _COLUMNS if column.key not in hidden]
    cells_by_key = [_cells(comparison, row) for row in comparison.models]
    rows = [[cells[column.key] for column in columns] for cells in cells_by_key]
    headed = [
        replace(column, heading=HEADINGS[comparison.metric]) if column.key == "delta" else column
        for column in columns
    ]
    spare = (*comparison.SPARE, *target_table.spare(comparison.target))
    return Table(headed, rows, _footer(comparison), names=comparison.NAMES, spare=spare)


def _cells(comparison: Comparison, row: ModelRow) -> dict[str, Cell]:
    base, label = comparison.base, comparison.label(row)
    rate, training_flops = row.images_per_second, row.training_flops
    achieved = None if rate is None or training_flops is None else rate * training_flops
    return {
        "name": Cell(label, label),
        "backend": Cell(row.backend, row.backend),
        "input_shape": shape_cell(row.input_shape),
        "params": number_cell(row.params),
        "params_ratio": ratio_cell(row.params, base.params),
        "macs": number_cell(row.macs),
        "macs_ratio": ratio_cell(row.macs, base.macs),
        "flops": number_cell(row.flops),
        "images_per_second": rate_cell(rate),
        "training_flops_per_second": number_cell(achieved),
        "first_step_seconds": seconds_cell(row.first_step_seconds),
        "process_bytes": bytes_cell(row.process_bytes),
        "device_bytes": bytes_cell(row.device_bytes),
        "train_accuracy": accuracy_cell(row.train_accuracy),
        "test_accuracy": accuracy_cell(row.test_accuracy),
        "balanced_accuracy": accuracy_cell(row.balanced_accuracy),
        "test_accuracy_ci95": interval_cell(row.test_accuracy),
        "ece": accuracy_cell(row.ece),
        "delta": delta_cell(row.delta),
        "verdict": _verdict(row, comparison.base_of(row)),
        "seconds": seconds_cell(row.seconds),
        **target_table.cells(row),
    }


def _verdict(row: ModelRow, base: ModelRow) -> Cell:
    if row.name == base.name:
        return Cell(None, "baseline")
    return EMPTY if row.verdict is None else Cell(row.verdict, row.verdict)


def _footer(comparison: Comparison) -> list[str]:
    natives: dict[str, ModelRow] = {}
    for row in comparison.models:
        natives.setdefault(comparison.label(row), row)
    return [
        *failure_lines(comparison.models),
        CONVENTION,
        "Achieved FLOP/s: of training steps, forward and backward. Train accuracy: running mean "
        "over the last epoch (augmentation and dropout on). Test accuracy: after the last epoch.",
        *jobs_line(comparison.models),
        *target_table.lines(comparison.models, comparison.target, comparison.device),
        *comparison.own_lines(),
        *comparison.balance_lines(),
        *_verdict_lines(comparison),
        *native_line(natives, comparison.base),
        *comparison.origin(),
        *doubt_lines(comparison),
    ]


def doubt_lines(comparison: Comparison) -> list[str]:
    """Return the caveats: heads, losses, uncounted layers, warnings, short training."""
    brief = comparison.recipe["name"] == "brief"
    return [
        *(f"{row.name} {row.head}" for row in comparison.models if row.head),
        *loss_line(comparison.recipe["by_model"]),
        *uncounted_line(comparison.uncounted),
        *(f"Warning: {line}" for line in comparison.warnings),
        *([comparison.effort] if comparison.effort else []),
        *([_BRIEF] if brief else []),
    ]


def _verdict_lines(comparison: Comparison) -> list[str]:
    """Return the tests behind the verdicts, and notes on single models."""
    rows = comparison.models
    tests = [row.delta.test for row in rows if row.delta is not None]
    lines = []
    if tests:
        tested = tested_text(comparison.bases, tests, WORDS[comparison.metric])
        lines.append(f"{tested}; Δ with its 95 % interval.")
    if {"McNemar", "permutation"} & set(tests):
        lines.append(comparison.ONE_SEED)
    lines += crossed_line(rows)
    for row in rows:
        lines += row_lines(row, comparison.base_of(row))
    return lines
