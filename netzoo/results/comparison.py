"""The comparison of models: a set of trials side by side, and its table."""

from dataclasses import dataclass, replace
from typing import Any

from netzoo import units
from netzoo.provenance import TrainingProvenance
from netzoo.records.codec import from_plain
from netzoo.results.balance import balance_lines
from netzoo.results.metric import ACCURACY, BALANCED, HEADINGS, WORDS
from netzoo.results.model_row import ModelRow, flat
from netzoo.results.result import Result
from netzoo.results.scores import is_uneven
from netzoo.stats import MOST_SEEDS, POWER, Estimate
from netzoo.tables.cells import accuracy_cell, delta_cell, number_cell, shape_cell
from netzoo.tables.notes import CONVENTION, loss_line, origin_lines, tested_text, uncounted_line
from netzoo.tables.shown import frame
from netzoo.tables.table import EMPTY, Cell, Column, Table

_COLUMNS = (
    Column("Model", "name", numeric=False),
    Column("Input", "input_shape"),
    Column("Parameters", "params"),
    Column("×\nbase", "params_ratio"),
    Column("MACs", "macs"),
    Column("×\nbase", "macs_ratio"),
    Column("FLOPs", "flops"),
    Column("Training\nimages/s", "images_per_second"),
    Column("Achieved\nFLOP/s", "training_flops_per_second"),
    Column("Train\naccuracy", "train_accuracy"),
    Column("Test\naccuracy", "test_accuracy"),
    Column("Balanced\naccuracy", "balanced_accuracy"),
    Column("95 %\ninterval", "test_accuracy_ci95"),
    Column("Δ test,\npoints", "delta"),
    Column("Verdict", "verdict"),
    Column("Time", "seconds"),
)
# FLOPs are twice the MACs; ratios, interval, FLOP/s and time follow from other columns or lines.
_SPARE = (
    *("flops", "params_ratio", "macs_ratio", "test_accuracy_ci95", "training_flops_per_second"),
    *("seconds", "train_accuracy"),
)


@dataclass(frozen=True)
class Comparison(TrainingProvenance, Result):
    """A set of trials side by side, as `netzoo compare --format json` prints it.

    uncounted: layers without a cost rule. warnings: settings and data that differ between models.
    metric: what deltas and verdicts are of, "accuracy" or "balanced_accuracy". test_counts: the
    number of test images of each class, () if no predictions were kept.

    >>> import netzoo
    >>> comparison = netzoo.compare("lenet", recipe="quick", epochs=1, limit_train=100)
    >>> comparison.models[0].test_accuracy.n
    1
    >>> comparison.to_dict()["models"][0]["params"]
    61706
    """

    COLUMNS = tuple(column.key for column in _COLUMNS)

    baseline: str
    models: tuple[ModelRow, ...]
    uncounted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    metric: str = ACCURACY
    test_counts: tuple[int, ...] = ()

    @property
    def shows_balance(self) -> bool:
        """Return whether the table has the balanced accuracy and the recalls."""
        return self.metric == BALANCED or is_uneven(self.test_counts)

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
    hidden: set[str] = set()
    if not every and len(comparison.models) == 1:
        hidden |= {"delta", "verdict"}
    if not every and len(comparison.recipe["seeds"]) == 1:
        hidden |= {"test_accuracy_ci95"}
    if not every and not comparison.shows_balance:
        hidden |= {"balanced_accuracy"}
    columns = [column for column in _COLUMNS if column.key not in hidden]
    base = next(row for row in comparison.models if row.name == comparison.baseline)
    cells_by_key = [_cells(row, base) for row in comparison.models]
    rows = [[cells[column.key] for column in columns] for cells in cells_by_key]
    headed = [
        replace(column, heading=HEADINGS[comparison.metric]) if column.key == "delta" else column
        for column in columns
    ]
    return Table(headed, rows, _footer(comparison), spare=_SPARE)


def _cells(row: ModelRow, base: ModelRow) -> dict[str, Cell]:
    rate, training_flops = row.images_per_second, row.training_flops
    achieved = None if rate is None or training_flops is None else rate * training_flops
    seconds = row.seconds
    return {
        "name": Cell(row.name, row.name),
        "input_shape": shape_cell(row.input_shape),
        "params": number_cell(row.params),
        "params_ratio": _ratio(row.params, base.params),
        "macs": number_cell(row.macs),
        "macs_ratio": _ratio(row.macs, base.macs),
        "flops": number_cell(row.flops),
        "images_per_second": EMPTY if rate is None else Cell(round(rate, 1), units.rate(rate)),
        "training_flops_per_second": number_cell(achieved),
        "train_accuracy": accuracy_cell(row.train_accuracy),
        "test_accuracy": accuracy_cell(row.test_accuracy),
        "balanced_accuracy": accuracy_cell(row.balanced_accuracy),
        "test_accuracy_ci95": _interval(row.test_accuracy),
        "delta": delta_cell(row.delta),
        "verdict": _verdict(row, base),
        "seconds": EMPTY if seconds is None else Cell(round(seconds, 2), units.seconds(seconds)),
    }


def _ratio(value: int | None, base: int | None) -> Cell:
    if value is None or not base:
        return EMPTY
    return Cell(round(value / base, 4), units.ratio(value / base))


def _interval(value: Estimate | None) -> Cell:
    if value is None or value.ci95 is None:
        return EMPTY
    low, high = value.ci95
    return Cell(f"{low:.6f} {high:.6f}", units.percent_range(low, high))


def _verdict(row: ModelRow, base: ModelRow) -> Cell:
    if row.name == base.name:
        return Cell(None, "baseline")
    return EMPTY if row.verdict is None else Cell(row.verdict, row.verdict)


def _footer(comparison: Comparison) -> list[str]:
    return [
        *(failure_line(row) for row in comparison.models if row.error),
        CONVENTION,
        "Achieved FLOP/s: of training steps, forward and backward. Train accuracy: running mean "
        "over the last epoch (augmentation and dropout on). Test accuracy: after the last epoch.",
        *_jobs_line(comparison),
        *comparison.balance_lines(),
        *_verdict_lines(comparison),
        *_native_line(comparison),
        *origin_lines(comparison),
        *doubt_lines(comparison),
    ]


def _jobs_line(comparison: Comparison) -> list[str]:
    """Return the line on trials that ran side by side, if any did."""
    jobs = max(row.jobs for row in comparison.models)
    if jobs == 1:
        return []
    return [f"Speeds and times: of up to {jobs} trials side by side, so not those of one alone."]


def doubt_lines(comparison: Comparison) -> list[str]:
    """Return the caveats: heads, losses, uncounted layers, warnings, short training."""
    brief = comparison.recipe["name"] == "brief"
    return [
        *(f"{row.name} {row.head}" for row in comparison.models if row.head),
        *loss_line(comparison.recipe["by_model"]),
        *uncounted_line(comparison.uncounted),
        *(f"Warning: {line}" for line in comparison.warnings),
        *([_BRIEF] if brief else []),
    ]


def _verdict_lines(comparison: Comparison) -> list[str]:
    """Return the tests behind the verdicts, and notes on single models."""
    rows = comparison.models
    tests = [row.delta.test for row in rows if row.delta is not None]
    lines = []
    if tests:
        tested = tested_text(comparison.baseline, tests, WORDS[comparison.metric])
        lines.append(f"{tested}; Δ with its 95 % interval.")
    if {"McNemar", "permutation"} & set(tests):
        lines.append(
            "One seed: the verdict compares these trained networks on these test images, and may "
            "change with the seed. Use 3 seeds or more to compare the architectures."
        )
    for row in rows:
        if row.parts > 1:
            lines.append(
                f"{row.name}: gradient accumulation over {row.parts} micro-batches (full batch "
                "out of memory)."
            )
        if row.more_seeds is not None:
            count = f"{row.more_seeds}" if row.more_seeds < MOST_SEEDS else f"over {MOST_SEEDS:,}"
            lines.append(
                f"{row.name} and {comparison.baseline}: about {count} more seed"
                f"{'' if row.more_seeds == 1 else 's'} for {units.percent(POWER, 0)} power at the "
                "observed effect size."
            )
        if row.untrained:
            seeds = ", ".join(map(str, row.untrained))
            lines.append(
                f"{row.name} did not train with seed{'s' if len(row.untrained) > 1 else ''} "
                f"{seeds}: accuracy not above chance, loss at ln(classes)."
            )
    return lines


def failure_line(row: ModelRow) -> str:
    """Return the reason why a model's trials failed or are unfinished."""
    done = row.test_accuracy.n if row.test_accuracy else 0
    figures = f" Its figures are over the other seeds, n = {done}." if done else ""
    return f"{row.name} {row.status}: {row.error}{figures}"


def _native_line(comparison: Comparison) -> list[str]:
    """Return the costs at native size, if any model was trained at another size."""
    natives = {row.name: row.native for row in comparison.models if row.native is not None}
    models = comparison.models
    if all(row.native is None or row.native.input_shape == row.input_shape for row in models):
        return []
    base = natives.get(comparison.baseline)
    lines = []
    for name, native in natives.items():
        text = (
            f"{name} {units.shape(native.input_shape)}: {units.exact(native.params)} parameters, "
            f"{units.exact(native.macs)} MACs"
        )
        if base is not None and native is not base:
            params, macs = native.params / base.params, native.macs / base.macs
            text += f" ({units.ratio(params)} and {units.ratio(macs)})"
        lines.append(text)
    return [f"At native size: {'; '.join(lines)}."]
