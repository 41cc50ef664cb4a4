"""Lines below a table on single models: failures, seeds, costs at native size."""

from collections.abc import Mapping, Sequence

from netzoo import units
from netzoo.records.trial import TrialStatus
from netzoo.results.model_row import ModelRow
from netzoo.stats import MOST_SEEDS, POWER


def failure_lines(rows: Sequence[ModelRow]) -> list[str]:
    """Return the reasons why trials failed or are unfinished; those at a target are neither."""
    at_target = [r for r in rows if r.status == TrialStatus.PAUSED and r.target is not None]
    return [failure_line(row) for row in rows if row.error and row not in at_target]


def failure_line(row: ModelRow) -> str:
    """Return the reason why a model's trials failed or are unfinished."""
    done = row.test_accuracy.n if row.test_accuracy else 0
    figures = f" Its figures are over the other seeds, n = {done}." if done else ""
    return f"{row.name} {row.status}: {row.error}{figures}"


def jobs_line(rows: Sequence[ModelRow]) -> list[str]:
    """Return the line on trials that ran side by side, if any did."""
    jobs = max(row.jobs for row in rows)
    if jobs == 1:
        return []
    return [f"Speeds and times: of up to {jobs} trials side by side, so not those of one alone."]


def row_lines(row: ModelRow, base: ModelRow) -> list[str]:
    """Return the notes on a model's trials; base: the row that it is compared with."""
    lines = []
    if row.parts > 1:
        lines.append(
            f"{row.name}: gradient accumulation over {row.parts} micro-batches (full batch "
            "out of memory)."
        )
    if row.more_seeds is not None:
        count = f"{row.more_seeds}" if row.more_seeds < MOST_SEEDS else f"over {MOST_SEEDS:,}"
        lines.append(
            f"{row.name} and {base.name}: about {count} more seed"
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


def crossed_line(rows: Sequence[ModelRow]) -> list[str]:
    """Return the line of the verdicts over seeds and test images, [] if there are none."""
    told = [
        f"{row.name} {row.crossed_verdict}, {units.points(delta.mean, delta.ci95)}, "
        f"p {units.p_value(delta.p)}"
        for row in rows
        if (delta := row.crossed_delta) is not None
    ]
    if not told:
        return []
    return [
        "On such images, with seeds and test images both as samples (Δ in points): "
        f"{'; '.join(told)}."
    ]


def native_line(rows: Mapping[str, ModelRow], base: ModelRow) -> list[str]:
    """Return the costs at native size, if any model was trained at another size.

    rows: by the name to show. base: the one that the others' costs are told as multiples of.
    """
    native_of = {name: row.native for name, row in rows.items() if row.native is not None}
    known = [row for row in rows.values() if row.native is not None]
    if all(row.native is None or row.native.input_shape == row.input_shape for row in known):
        return []
    lines = []
    for name, native in native_of.items():
        text = (
            f"{name} {units.shape(native.input_shape)}: {units.exact(native.params)} parameters, "
            f"{units.exact(native.macs)} MACs"
        )
        if base.native is not None and native is not base.native:
            params, macs = native.params / base.native.params, native.macs / base.native.macs
            text += f" ({units.ratio(params)} and {units.ratio(macs)})"
        lines.append(text)
    return [f"At native size: {'; '.join(lines)}."]
