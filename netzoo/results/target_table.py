"""The columns and lines of a comparison's table on its target."""

from collections.abc import Sequence

from netzoo import units
from netzoo.provenance import Device
from netzoo.records.trial import TrialStatus
from netzoo.results.model_row import ModelRow
from netzoo.results.target import TimeToAccuracy
from netzoo.stats import Estimate
from netzoo.tables.cells import number_cell, seconds_cell
from netzoo.tables.table import EMPTY, Cell, Column

COLUMNS = (
    Column("Target", "target", numeric=False),
    Column("Epochs\nto it", "target_epoch"),
    Column("Time\nto it", "target_seconds"),
    Column("FLOPs\nto it", "target_training_flops"),
    Column("Epochs of\neach seed", "target_seed_epochs"),
    Column("Time of\neach seed", "target_seed_seconds"),
)
KEYS = tuple(column.key for column in COLUMNS)
OF_SEEDS = ("target_seed_epochs", "target_seed_seconds")
# What a training that stops at the target does not come to.
OF_THE_END = (
    *("train_accuracy", "test_accuracy", "balanced_accuracy", "test_accuracy_ci95"),
    *("delta", "verdict", "seconds"),
)
PAUSED = "Training stopped where the target was decided, before a test accuracy"
STILL = "Training stopped for a lower target, before this one was decided"
MORE = "The same command with this target continues."
GO_ON = "The same command without a target continues to the last epoch."


def hidden_columns(rows: Sequence[ModelRow], target: float | None, seeds: int) -> set[str]:
    """Return the keys of columns that tell nothing with this target, or without one."""
    if target is None:
        return set(KEYS)
    hidden = set() if seeds > 1 else {*OF_SEEDS}
    ended = any(row.test_accuracy is not None or row.verdict is not None for row in rows)
    return hidden if ended else hidden | {*OF_THE_END}


def spare(target: float | None) -> tuple[str, ...]:
    """Return the keys of further columns that a narrow table with a target does without."""
    return () if target is None else ("delta", "verdict", "input_shape", "params")


def cells(row: ModelRow) -> dict[str, Cell]:
    """Return the cells of a row by the keys of COLUMNS."""
    told = row.target
    if told is None:
        return dict.fromkeys(KEYS, EMPTY)
    word = "open" if _is_open(row) else "not reached" if told.epoch is None else "reached"
    epoch = EMPTY if told.epoch is None else Cell(told.epoch, str(told.epoch))
    return {
        "target": Cell(word, word),
        "target_epoch": epoch,
        "target_seconds": seconds_cell(told.seconds),
        "target_training_flops": number_cell(told.training_flops),
        "target_seed_epochs": _spread(told.seed_epochs, told.n, ""),
        "target_seed_seconds": _spread(told.seed_seconds, told.n, " s"),
    }


def _spread(value: Estimate | None, of: int, unit: str) -> Cell:
    """Return the cell of a figure of the single seeds; of: how many there are."""
    if value is None:
        return EMPTY
    some = f" ({value.n} of {of})" if value.n < of else ""
    return Cell(round(value.mean, 2), f"{units.spread(value.mean, value.sd)}{unit}{some}")


def _is_open(row: ModelRow) -> bool:
    """Return whether trials stopped for a lower target, and more epochs may reach this one."""
    told, paused = row.target, row.status == TrialStatus.PAUSED
    return paused and told is not None and told.epoch is None and told.epochs < told.planned


def missed_text(told: TimeToAccuracy) -> str:
    """Return the words for a target that is not reached."""
    of = "" if told.epochs == told.planned else f" of {told.planned}"
    some = f"{told.epochs}{of} epoch{'' if told.planned == 1 else 's'}"
    return f"not reached in {some} (best {units.percent(told.best)})"


def lines(rows: Sequence[ModelRow], target: float | None, device: Device) -> list[str]:
    """Return the lines of the footer on the target, [] without one."""
    told = [row.target for row in rows if row.target is not None]
    if target is None:
        return []
    if not told:
        return ["Target: no model has an accuracy after each epoch for all of its seeds yet."]
    splits = " or ".join(dict.fromkeys(each.split for each in told))
    most = max(each.n for each in told)
    mean = f", mean over n = {most} seeds" if most > 1 else ""
    own = (
        " Each seed: mean ± sample standard deviation of the first epoch of each seed's own curve."
        if most > 1
        else ""
    )
    missed = [(r.name, r.target) for r in rows if r.target is not None and r.target.epoch is None]
    still = [row.name for row in rows if _is_open(row)]
    paused = [r.name for r in rows if r.status == TrialStatus.PAUSED and r.name not in still]
    return [
        f"Target: {units.goal(target)} {splits} accuracy at the end of an epoch{mean}; to it: to "
        f"the end of the first such epoch.{own}",
        f"Time to it: of the steps and the reading of their images, on {device.text}. It leaves "
        "out imports, the start of processes, compiling (each process's first step counts as "
        "another one), evaluation and checkpoints. FLOPs to it: training FLOPs of an image × "
        "training images × epochs.",
        *(f"{name}: {missed_text(time)}." for name, time in missed),
        *([f"{STILL}: {', '.join(still)}. {MORE}"] if still else []),
        *([f"{PAUSED}: {', '.join(paused)}. {GO_ON}"] if paused else []),
    ]
