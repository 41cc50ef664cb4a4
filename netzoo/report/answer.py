"""The title of the page, and the sentences below it that state each verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netzoo import units
from netzoo.report.target import sentences
from netzoo.report.words import Sentence
from netzoo.results.ablation import Ablation
from netzoo.results.backends import BackendComparison
from netzoo.results.comparison import Comparison
from netzoo.results.effort import leaders
from netzoo.results.lesson import FAILS, HOLDS, Claim, LessonPage
from netzoo.results.metric import ACCURACY, WORDS
from netzoo.results.model_row import ModelRow
from netzoo.results.probe import Probe
from netzoo.results.study import Study
from netzoo.results.tuning import Tuning
from netzoo.stats import Delta

MOST_NAMED = 4  # models in the title
CROSSED = {
    "better": "On such images, with seeds and test images both as samples, {model} is better than "
    "{base}: {points} points (p {p}).",
    "worse": "On such images, with seeds and test images both as samples, {model} is worse than "
    "{base}: {points} points (p {p}).",
    "not separable": "On such images, with seeds and test images both as samples, {model} and "
    "{base} are not separable: {points} points (p {p}).",
}


@dataclass(frozen=True)
class Answer:
    """The question and its answer, as sentences for each language."""

    question: Sentence
    sentences: Sequence[Sentence] = field(default_factory=list)


def answer(comparison: Comparison) -> Answer:
    """Return the models as the question, and their verdicts against the baseline as the answer."""
    rows = comparison.models
    names = list(dict.fromkeys(map(comparison.label, rows)))
    seeds = len(comparison.recipe["seeds"])
    listed = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
    if isinstance(comparison, BackendComparison):
        listed += f" ({', '.join(comparison.backends)})"
    values = {
        "models": listed,
        "data": comparison.dataset.title,
        "seeds": seeds,
        "count": len(names),
    }
    few = "{models} on {data}, one seed" if seeds == 1 else "{models} on {data}, {seeds} seeds"
    many = few.replace("{models}", "{count} models ({models})")
    question = (few if len(names) <= MOST_NAMED else many, values)
    timed = sentences(comparison)[:MOST_NAMED]
    pairs = [(row, base) for row in rows if (base := comparison.base_of(row)).name != row.name]
    if not pairs:
        alone = [] if timed and comparison.base.test_accuracy is None else _alone(comparison.base)
        return Answer(question, [*timed, *alone])
    if timed:  # networks that stopped at the target have no test accuracy to compare
        pairs = [(row, base) for row, base in pairs if row.verdict is not None]
    best = sorted(pairs, key=lambda pair: -_accuracy(pair[0]))[:MOST_NAMED]
    judged = [_against(*pair, comparison.metric) for pair in best]
    crossed = [line for pair in best for line in _crossed(*pair)]
    return Answer(question, [*timed, *judged, *crossed])


def _alone(row: ModelRow) -> list[Sentence]:
    estimate = row.test_accuracy
    if estimate is None:
        return [("{model} has no result yet.", {"model": row.name})]
    accuracy = units.percent_spread(estimate.mean, estimate.sd)
    values = {"model": row.name, "accuracy": accuracy}
    return [("{model} reaches {accuracy} test accuracy.", values)]


def study_answer(study: Study) -> Answer | None:
    """Return the question and the verdicts of a lesson, an ablation, a ladder or a search.

    None for a probe, which has no verdicts.
    """
    if isinstance(study, Probe):
        return None
    if isinstance(study, Tuning):
        return _searched(study)
    if isinstance(study, LessonPage):
        return Answer(("The lesson's claims, measured", {}), [_claims(study.claims)])
    if isinstance(study, Ablation):
        effects = [(effect, study.base) for effect in study.effects]
        question = "Ablation of {base} on {data}, seeds {seeds}"
        values = {"base": study.base}
    else:
        names = [model.name for model in study.models]
        effects = list(zip(study.rungs, names, strict=False))
        question = "From {base} to {last}, one change at a time, on {data}, seeds {seeds}"
        values = {"base": names[0], "last": names[-1]}
    comparison = study.comparison
    values |= {"data": comparison.dataset.title}
    values |= {"seeds": ", ".join(map(str, comparison.recipe["seeds"]))}
    sentences = [
        _difference(e.model, base, e.verdict, e.accuracy, metric=comparison.metric)
        for e, base in effects
    ]
    return Answer((question, values), sentences)


def _searched(study: Tuning) -> Answer:
    """Return what a search has chosen, and which model is ahead at which budget."""
    sentences: list[Sentence] = []
    for row in study.models:
        if row.validation_accuracy is None:
            sentences.append(("{model} has no result yet.", {"model": row.model}))
            continue
        values = {"model": row.model, "accuracy": units.percent(row.validation_accuracy)}
        chosen = ", ".join(f"{name} {value}" for name, value in row.settings.items())
        told = "{model} reaches {accuracy} validation accuracy with {settings}."
        sentences.append((told, values | {"settings": chosen}))
    curves = {row.model: row.expected for row in study.models if row.expected}
    for place, model in leaders(curves) if len(curves) > 1 else ():
        ahead = "By settings tried, {model} is ahead from {count} on."
        sentences.append((ahead, {"model": model, "count": place + 1}))
    names = ", ".join(row.model for row in study.models)
    about: dict[str, Any] = {"models": names, "count": study.budget}
    about |= {"data": study.dataset.title}
    question = "The settings of {models} on {data}, the best of {count} each"
    return Answer((question, about), sentences)


def _claims(claims: Sequence[Claim]) -> Sentence:
    verdicts = [claim.verdict for claim in claims]
    holds, fails = verdicts.count(HOLDS), verdicts.count(FAILS)
    return (
        "{holds} of {count} claims hold, {fails} do not; {open} are not separable or not measured.",
        {
            "holds": holds,
            "count": len(claims),
            "fails": fails,
            "open": len(claims) - holds - fails,
        },
    )


def _against(row: ModelRow, base: ModelRow, metric: str) -> Sentence:
    """Return the verdict of a model against the baseline."""
    other = row.model != base.model or not row.model
    ratio = row.macs / base.macs if other and row.macs and base.macs else None
    return _difference(row.name, base.name, row.verdict, row.delta, ratio, metric)


def _crossed(row: ModelRow, base: ModelRow) -> list[Sentence]:
    """Return the verdict of a model over seeds and test images, [] if there is none."""
    delta = row.crossed_delta
    if delta is None or row.crossed_verdict not in CROSSED:
        return []
    points = units.points(delta.mean, delta.ci95)
    values = {"model": row.name, "base": base.name, "points": points, "p": units.p_value(delta.p)}
    return [(CROSSED[row.crossed_verdict], values)]


def _difference(
    model: str,
    base: str,
    verdict: str | None,
    delta: Delta | None,
    macs: float | None = None,
    metric: str = ACCURACY,
) -> Sentence:
    """Return a verdict as a sentence.

    macs: the ratio of the model's MACs to the base's. metric: what the verdict is of.
    """
    values: dict[str, Any] = {"model": model, "base": base}
    if verdict == "did not train":
        return ("{model} did not train: its accuracy is not above chance.", values)
    if verdict == "diverged":
        return ("{model} diverged: its loss became infinite or NaN.", values)
    if delta is None:
        return ("{model} cannot be compared with {base}: one of them has no result.", values)
    values |= {"points": units.points(delta.mean, delta.ci95), "p": units.p_value(delta.p)}
    cost = ""
    if macs is not None:
        values["macs"] = units.ratio(macs)
        cost = ", at {macs} the MACs"
    sentences = {
        "better": "{model} is better than {base}: {points} points of test accuracy (p {p})",
        "worse": "{model} is worse than {base}: {points} points of test accuracy (p {p})",
        "not separable": "{model} and {base} are not separable: {points} points of test accuracy "
        "(p {p})",
    }
    sentence = sentences[verdict or "not separable"].replace("test accuracy", WORDS[metric])
    return (f"{sentence}{cost}.", values)


def _accuracy(row: ModelRow) -> float:
    return row.test_accuracy.mean if row.test_accuracy else -1.0
