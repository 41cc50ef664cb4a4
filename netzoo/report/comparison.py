"""From the records of trials to a comparison, and from a comparison to its table."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict

from netzoo import units
from netzoo.records import Comparison, EpochRecord, ModelRow, Spread, TrialRecord
from netzoo.report.costs import CONVENTION, uncounted_line
from netzoo.report.tables import EMPTY, Cell, Column, Table
from netzoo.stats import spread


def compare_records(records: Sequence[TrialRecord], baseline: str) -> Comparison:
    """Return the comparison of at least one record, models in the order of their first record."""
    first = records[0]
    names = list(dict.fromkeys(record.trial.model for record in records))
    by_model = {name: [r for r in records if r.trial.model == name] for name in names}
    costs = [record.cost for record in records if record.cost is not None]
    uncounted = {layer for cost in costs for layer in cost.uncounted}
    return Comparison(
        dataset=first.trial.dataset,
        recipe={
            "name": first.trial.recipe.name,
            "seeds": sorted({record.trial.seed for record in records}),
            "by_model": {name: asdict(group[0].trial.recipe) for name, group in by_model.items()},
        },
        baseline=baseline,
        backend=first.trial.backend,
        device=first.device,
        versions=first.versions,
        models=tuple(_row(name, group) for name, group in by_model.items()),
        uncounted=tuple(sorted(uncounted)),
    )


def comparison_table(comparison: Comparison) -> Table:
    """Return the comparison side by side, each figure with its unit, its origin below."""
    columns = (
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
        Column("Time", "seconds"),
    )
    base = next(row for row in comparison.models if row.name == comparison.baseline)
    rows = [_cells(row, base) for row in comparison.models]
    return Table(columns, rows, _footer(comparison))


def _row(name: str, records: Sequence[TrialRecord]) -> ModelRow:
    done = [record for record in records if record.status == "ok"]
    errors = [f"seed {r.trial.seed}: {r.error}" for r in records if r.status != "ok"]
    cost = records[0].cost
    ends = [record.history[-1] for record in done]
    rates = [rate for record in done if (rate := _rate(record.history)) is not None]
    return ModelRow(
        name=name,
        status="failed" if errors else "ok",
        input_shape=records[0].trial.input_shape,
        params=None if cost is None else cost.params,
        macs=None if cost is None else cost.macs,
        flops=None if cost is None else cost.flops,
        training_flops=None if cost is None else cost.training_flops,
        native=records[0].native,
        train_accuracy=spread([end.train_accuracy for end in ends]),
        test_accuracy=spread([r.test_accuracy for r in done if r.test_accuracy is not None]),
        train_loss=spread([end.train_loss for end in ends]),
        test_loss=spread([r.test_loss for r in done if r.test_loss is not None]),
        images_per_second=statistics.median(rates) if rates else None,
        seconds=statistics.fmean(r.seconds or 0.0 for r in done) if done else None,
        history=tuple(record.history for record in records),
        error="; ".join(errors) or None,
    )


def _rate(history: Sequence[EpochRecord]) -> float | None:
    """Return the median epoch's images a second; the first epoch counts only if it is alone."""
    settled = history[1:] or history
    rates = [e.images_per_second for e in settled if e.images_per_second is not None]
    return statistics.median(rates) if rates else None


def _cells(row: ModelRow, base: ModelRow) -> list[Cell]:
    rate, training_flops = row.images_per_second, row.training_flops
    achieved = None if rate is None or training_flops is None else rate * training_flops
    return [
        Cell(row.name, row.name),
        Cell("x".join(map(str, row.input_shape)), units.shape(row.input_shape)),
        _number(row.params),
        _ratio(row.params, base.params),
        _number(row.macs),
        _ratio(row.macs, base.macs),
        _number(row.flops),
        EMPTY if rate is None else Cell(round(rate, 1), units.rate(rate)),
        _number(achieved),
        _accuracy(row.train_accuracy),
        _accuracy(row.test_accuracy),
        EMPTY if row.seconds is None else Cell(round(row.seconds, 2), units.seconds(row.seconds)),
    ]


def _number(value: float | None) -> Cell:
    return EMPTY if value is None else Cell(round(value, 1), units.quantity(value))


def _ratio(value: int | None, base: int | None) -> Cell:
    if value is None or not base:
        return EMPTY
    return Cell(round(value / base, 4), units.ratio(value / base))


def _accuracy(value: Spread | None) -> Cell:
    if value is None:
        return EMPTY
    return Cell(round(value.mean, 6), units.percent_spread(value.mean, value.sd))


def _footer(comparison: Comparison) -> list[str]:
    data, recipe = comparison.dataset, comparison.recipe
    seeds = recipe["seeds"]
    versions = ", ".join(f"{name} {number}" for name, number in comparison.versions.items())
    return [
        *(_failure_line(row) for row in comparison.models if row.error),
        CONVENTION,
        "Achieved FLOP/s: of training steps, forward and backward. Train accuracy:"
        " mean over the last epoch as it trained. Test accuracy: after the last epoch.",
        *_native_line(comparison),
        f"Recipe {recipe['name']}: {_recipe_text(comparison)}.",
        f"Data: {data.name}, {units.exact(data.train)} training and {units.exact(data.test)} test "
        f"images, from: {data.source}; SHA-256 {data.sha256[:16]}….",
        f"n = {len(seeds)} seed{'s' if len(seeds) > 1 else ''} ({', '.join(map(str, seeds))})"
        + (", mean ± sample standard deviation. " if len(seeds) > 1 else ". ")
        + f"Device: {comparison.device.name}. Backend: {comparison.backend}. {versions}.",
        *uncounted_line(comparison.uncounted),
    ]


def _failure_line(row: ModelRow) -> str:
    done = row.test_accuracy.n if row.test_accuracy else 0
    figures = f" Its figures are of the others, n = {done}." if done else ""
    return f"{row.name} failed: {row.error}{figures}"


def _native_line(comparison: Comparison) -> list[str]:
    """Return the cost at native size, if any model was trained at another size."""
    natives = {row.name: row.native for row in comparison.models if row.native is not None}
    models = comparison.models
    if all(row.native is None or row.native.input_shape == row.input_shape for row in models):
        return []
    base = natives.get(comparison.baseline)
    told = []
    for name, native in natives.items():
        line = (
            f"{name} {units.shape(native.input_shape)}: {units.exact(native.params)} parameters, "
            f"{units.exact(native.macs)} MACs"
        )
        if base is not None and native is not base:
            params, macs = native.params / base.params, native.macs / base.macs
            line += f" ({units.ratio(params)} and {units.ratio(macs)})"
        told.append(line)
    return [f"At native size: {'; '.join(told)}."]


def _recipe_text(comparison: Comparison) -> str:
    """Return the settings that all models share, then those of each model that differ."""
    by_model = comparison.recipe["by_model"]
    settings = list(by_model.values())
    shared, apart = [], []
    for key, value in settings[0].items():
        if key in ("name", "limit_train", "limit_test", "test_each_epoch", "image_size"):
            continue  # told by the name, the data line and the input column
        if all(other[key] == value for other in settings):
            shared.append(f"{key} {value}")
        else:
            each = ", ".join(f"{name} {other[key]}" for name, other in by_model.items())
            apart.append(f"{key}: {each}")
    return "; ".join([", ".join(shared), *apart])
