"""The page's first lines: the question, and the answer that the statistics allow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netzoo import units
from netzoo.comparisons import Comparison, ModelRow
from netzoo.page.words import Sentence

MOST_NAMED = 4  # models in the question


@dataclass(frozen=True)
class Answer:
    """The question and its answer, as sentences to be said in either language."""

    question: Sentence
    sentences: Sequence[Sentence] = field(default_factory=list)


def answer(comparison: Comparison) -> Answer:
    """Return what was asked, and what came out against the comparison's baseline."""
    rows = comparison.models
    names = [row.name for row in rows]
    seeds = len(comparison.recipe["seeds"])
    told = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
    values = {"models": told, "data": comparison.dataset.name, "seeds": seeds, "count": len(names)}
    few = "{models} on {data}, one seed" if seeds == 1 else "{models} on {data}, {seeds} seeds"
    many = few.replace("{models}", "{count} models ({models})")
    question = (few if len(names) <= MOST_NAMED else many, values)
    base = next(row for row in rows if row.name == comparison.baseline)
    others = [row for row in rows if row.name != base.name]
    if not others:
        return Answer(question, _alone(base))
    best = sorted(others, key=lambda row: -_accuracy(row))
    return Answer(question, [_against(row, base) for row in best[:MOST_NAMED]])


def _alone(row: ModelRow) -> list[Sentence]:
    found = row.test_accuracy
    if found is None:
        return [("{model} has no result yet.", {"model": row.name})]
    accuracy = units.percent_spread(found.mean, found.sd)
    return [
        (
            "{model} reaches {accuracy} on the test images.",
            {"model": row.name, "accuracy": accuracy},
        )
    ]


def _against(row: ModelRow, base: ModelRow) -> Sentence:
    """Return what may be said of a model beside the baseline, with its price in MACs."""
    values: dict[str, Any] = {"model": row.name, "base": base.name}
    if row.verdict == "did not train":
        return ("{model} did not train: its accuracy is not above chance.", values)
    if row.verdict == "diverged":
        return ("{model} diverged: its loss grew beyond all numbers.", values)
    if row.delta is None:
        return ("{model} cannot be compared with {base}: one of them has no result.", values)
    values |= {"points": _points(row), "n": row.delta.n, "p": units.p_value(row.delta.p)}
    price = ""
    if row.macs and base.macs:
        values["macs"] = units.ratio(row.macs / base.macs)
        price = ", at {macs} the MACs"
    verdict = {
        "better": "{model} is better than {base} by {points} points of test accuracy (p {p})",
        "worse": "{model} is worse than {base} by {points} points of test accuracy (p {p})",
        "not separable": "{model} and {base} cannot be separated: {points} points of test accuracy "
        "(p {p})",
    }
    return (f"{verdict[row.verdict or 'not separable']}{price}.", values)


def _points(row: ModelRow) -> str:
    assert row.delta is not None
    return units.points(row.delta.mean, row.delta.ci95)


def _accuracy(row: ModelRow) -> float:
    return row.test_accuracy.mean if row.test_accuracy else -1.0
