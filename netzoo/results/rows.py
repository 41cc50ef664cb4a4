"""Comparisons from records of trials: one row for each model, with its difference and verdict."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from netzoo.provenance import DatasetRecord
from netzoo.records.trial import EpochRecord, Epochs, TrialRecord, TrialStatus
from netzoo.results.comparison import Comparison
from netzoo.results.crossed import Predicted, crossed
from netzoo.results.fairness import effort_line, warnings
from netzoo.results.metric import ACCURACY, BALANCED
from netzoo.results.model_row import ModelRow
from netzoo.results.pairs import shared_values
from netzoo.results.scores import counts_of, ece_of, mean_recalls, recalls_of, score
from netzoo.results.target import counted, time_to_accuracy
from netzoo.stats import (
    Delta,
    class_delta,
    corrected,
    did_not_train,
    estimate,
    image_delta,
    more_seeds,
    seed_delta,
    verdict,
)

Group = Sequence[TrialRecord]
Number = TypeVar("Number", int, float)


def compare_records(
    records: Group, baseline: str, metric: str = ACCURACY, target: float | None = None
) -> Comparison:
    """Return the comparison of at least one record, models in the order of their first record.

    metric: what the verdicts are of, one of METRICS. target: an accuracy whose first epoch is told.
    """
    by_model: dict[str, list[TrialRecord]] = {}
    for record in records:
        by_model.setdefault(record.trial.model, []).append(record)
    return compare_groups(by_model, baseline, metric, target=target)


def compare_groups(
    by_model: Mapping[str, Group],
    baseline: str,
    metric: str = ACCURACY,
    bases: Mapping[str, str] | None = None,
    target: float | None = None,
) -> Comparison:
    """Return the comparison of records by row, in that order.

    by_model: records by a row's name. metric, target: as in `compare_records`. bases: the row that
    each row is compared with, itself for none; by default the baseline.
    """
    bases = bases or dict.fromkeys(by_model, baseline)
    records = [record for group in by_model.values() for record in group]
    first = records[0]
    costs = {id(record.cost): record.cost for record in records if record.cost is not None}
    uncounted = {layer for cost in costs.values() for layer in cost.uncounted}
    rows = [_row(name, group, target) for name, group in by_model.items()]
    return Comparison(
        dataset=_dataset(records),
        recipe={
            "name": first.trial.recipe.name,
            "seeds": sorted({record.trial.seed for record in records}),
            "by_model": {name: asdict(group[0].trial.recipe) for name, group in by_model.items()},
        },
        baseline=baseline,
        backend=first.trial.backend,
        device=first.device,
        versions=first.versions,
        models=tuple(_judged(rows, by_model, bases, metric)),
        uncounted=tuple(sorted(uncounted)),
        warnings=tuple(warnings(by_model)),
        effort=effort_line(by_model),
        command=first.command,
        commit=first.commit,
        metric=metric,
        test_counts=next(filter(None, map(counts_of, records)), ()),
        target=target,
    )


def _dataset(records: Group) -> DatasetRecord:
    """Return the images of the first trial, by the first record that tells of doubts on them.

    Records of older versions do not.
    """
    first = records[0].trial.dataset
    same = (r.trial.dataset for r in records if r.trial.dataset.sha256 == first.sha256)
    return next((data for data in same if data.doubts is not None), first)


def _row(name: str, records: Group, target: float | None) -> ModelRow:
    done = _done(records)
    errors = [f"seed {r.trial.seed}: {r.error}" for r in records if r.status != TrialStatus.OK]
    cost = records[0].cost
    gaps = [gap for record in done if (gap := gap_of(record)) is not None]
    eces = _known([ece_of(record) for record in done])
    ends = [record.history[-1] for record in done]
    return ModelRow(
        name=name,
        status=_status(records),
        input_shape=records[0].trial.input_shape,
        params=None if cost is None else cost.params,
        macs=None if cost is None else cost.macs,
        flops=None if cost is None else cost.flops,
        training_flops=None if cost is None else cost.training_flops,
        native=records[0].native,
        train_accuracy=estimate([end.train_accuracy for end in ends], most=1.0),
        test_accuracy=estimate(_scores(done, ACCURACY), most=1.0),
        # Records of older versions have no final training accuracy.
        gap=estimate(gaps, least=-1.0, most=1.0) if len(gaps) == len(done) else None,
        train_loss=estimate([end.train_loss for end in ends]),
        test_loss=estimate([r.test_loss for r in done if r.test_loss is not None]),
        images_per_second=_median([_rate(record.history) for record in counted(records)]),
        seconds=statistics.fmean(r.seconds or 0.0 for r in done) if done else None,
        history=tuple(record.history for record in records),
        seeds=tuple(record.trial.seed for record in done),
        error="; ".join(errors) or None,
        untrained=tuple(r.trial.seed for r in done if _did_not_train(r)),
        parts=max(record.parts for record in records),
        jobs=max(record.jobs for record in records),
        test_reads=max(record.test_reads for record in records),
        head=next((record.head for record in records if record.head is not None), None),
        balanced_accuracy=estimate(_scores(done, BALANCED), most=1.0),
        class_recalls=mean_recalls([found for found in map(recalls_of, done) if found]),
        model=records[0].trial.model,
        backend=records[0].trial.backend,
        first_step_seconds=_median([record.first_step_seconds for record in done]),
        process_bytes=max(_known([record.process_bytes for record in done]), default=None),
        device_bytes=max(_known([record.device_bytes for record in done]), default=None),
        # Records of older versions have no calibration.
        ece=estimate(eces, most=1.0) if len(eces) == len(done) else None,
        target=None if target is None else time_to_accuracy(records, target),
    )


def _status(records: Group) -> TrialStatus:
    """Return the status of a row, as a ModelRow has it."""
    others = {record.status for record in records} - {TrialStatus.OK}
    for status in (TrialStatus.PAUSED, TrialStatus.UNFINISHED):
        if others <= {TrialStatus.PAUSED, status}:
            return status if others else TrialStatus.OK
    return TrialStatus.FAILED


def _judged(
    rows: Sequence[ModelRow],
    by_model: Mapping[str, Group],
    bases: Mapping[str, str],
    metric: str,
) -> list[ModelRow]:
    """Return the rows with their differences to their bases and the verdicts on them."""
    finished = {name: _by_seed(by_model[name]) for name in dict.fromkeys(bases.values())}
    pairs = {
        name: (_by_seed(group), finished[bases[name]])
        for name, group in by_model.items()
        if name != bases[name]
    }
    predicted = Predicted()
    over_seeds = {name: _delta(*pair, metric) for name, pair in pairs.items()}
    over_both = {
        name: crossed(*pair, metric, predicted, over_seeds[name]) for name, pair in pairs.items()
    }
    deltas, both = _corrected(over_seeds), _corrected(over_both)
    judged = []
    for row in rows:
        if row.name == bases[row.name]:
            judged.append(row)
            continue
        delta, crossing = deltas.get(row.name), both.get(row.name)
        outcome = _verdict(row, by_model[row.name], delta)
        more = None
        if outcome == "not separable":
            ours, theirs = shared_values(*pairs[row.name])
            scores = _scores(ours, metric), _scores(theirs, metric)
            more = more_seeds(*scores, comparisons=len(deltas))
        wider = None if crossing is None else _verdict(row, by_model[row.name], crossing)
        row = replace(row, crossed_delta=crossing, crossed_verdict=wider)
        judged.append(replace(row, verdict=outcome, delta=delta, more_seeds=more))
    return judged


def _corrected(deltas: Mapping[str, Delta | None]) -> dict[str, Delta]:
    """Return the deltas that there are, corrected for all of them together."""
    known = {name: delta for name, delta in deltas.items() if delta is not None}
    return dict(zip(known, corrected(list(known.values())), strict=True))


def _verdict(row: ModelRow, records: Group, delta: Delta | None) -> str | None:
    if any(record.status == TrialStatus.DIVERGED for record in records):
        return "diverged"
    done = _done(records)
    if done and len(row.untrained) == len(done):
        return "did not train"
    return None if delta is None else verdict(delta)


def _delta(ours: dict[int, TrialRecord], base: dict[int, TrialRecord], metric: str) -> Delta | None:
    """Return the difference over the seeds that both have; for a single seed, over its images."""
    records, base_records = shared_values(ours, base)
    scores, base_scores = _scores(records, metric), _scores(base_records, metric)
    if not len(scores) == len(base_scores) == len(records) > 0:
        return None
    if len(records) > 1:
        return seed_delta(scores, base_scores)
    predictions = records[0].whole().predictions
    base_predictions = base_records[0].whole().predictions
    if predictions is None or base_predictions is None:
        return None
    if predictions.labels != base_predictions.labels:
        return None
    correct = predictions.correct(), base_predictions.correct()
    if metric == BALANCED:
        return class_delta(predictions.true_classes(), *correct)
    return image_delta(*correct)


def _scores(records: Group, metric: str) -> list[float]:
    return [found for record in records if (found := score(record, metric)) is not None]


def _by_seed(records: Group) -> dict[int, TrialRecord]:
    return {record.trial.seed: record for record in _done(records)}


def _done(records: Group) -> list[TrialRecord]:
    """Return the records of finished trials, [] if others are paused.

    Then the finished ones are those that were late for a target, and stand for none of the others.
    """
    if any(record.status == TrialStatus.PAUSED for record in records):
        return []
    return [record for record in records if record.status == TrialStatus.OK]


def _did_not_train(record: TrialRecord) -> bool:
    if record.test_accuracy is None or record.test_loss is None:
        return False
    data = record.trial.dataset
    return did_not_train(
        record.test_accuracy, record.test_loss, data.test, len(data.class_names), data.chance
    )


def gap_of(record: TrialRecord) -> float | None:
    """Return the generalization gap: training accuracy minus test accuracy, None if unknown."""
    if record.final_train_accuracy is None or record.test_accuracy is None:
        return None
    return record.final_train_accuracy - record.test_accuracy


def _rate(history: Sequence[EpochRecord]) -> float | None:
    """Return the median of images per second over epochs, without the first of several epochs."""
    if isinstance(history, Epochs):
        rates = history.of("images_per_second")
    else:
        rates = [epoch.images_per_second for epoch in history]
    return _median(rates[1:] or rates)


def _median(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return statistics.median(known) if known else None


def _known(values: Sequence[Number | None]) -> list[Number]:
    return [value for value in values if value is not None]
