"""The result of a search, from what its trials have reached."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from netzoo import backend
from netzoo.provenance import COMMAND, git_commit
from netzoo.recipe_files import model_toml, search_toml, to_toml
from netzoo.recipe_search import Search
from netzoo.recipes import recipe as recipe_named
from netzoo.records.trial import TrialStatus
from netzoo.results.effort import best_so_far, expected_best
from netzoo.results.tuning import TriedSetting, TunedModel, Tuning
from netzoo.runs.request import family_of
from netzoo.studies.draws import RANDOM, optuna
from netzoo.studies.halving import Rung, ranked
from netzoo.studies.search import LOST, SearchRun
from netzoo.studies.space import Dimension


def tuning_of(
    run: SearchRun, sampler: str, seed: int, space: Sequence[Dimension], *, whole: bool
) -> Tuning:
    """Return the result of a search; whole: whether it has come to its end."""
    first = run.plan.trials[0]
    data = first.dataset
    models = tuple(_model(run, model, sampler, whole=whole) for model in run.searched)
    chosen = {row.model: run.searched[row.model].trials[(row.number or 1) - 1] for row in models}
    return Tuning(
        dataset=data,
        recipe={
            "name": first.recipe.name,
            "seeds": [seed],
            "by_model": {model: asdict(trial.recipe) for model, trial in chosen.items()},
        },
        backend=first.backend,
        device=run.plan.device,
        versions={**run.plan.versions, "optuna": str(optuna().__version__)},
        command=COMMAND.get(),
        commit=git_commit(),
        budget=run.budget,
        sampler=sampler,
        seed=seed,
        space={each.name: each.text for each in space},
        rungs=tuple((rung.epochs, rung.settings) for rung in run.rungs),
        validation=round(data.train * first.recipe.validation),
        models=models,
    )


def _model(run: SearchRun, model: str, sampler: str, *, whole: bool) -> TunedModel:
    of, last = run.searched[model], run.rungs[-1].epochs
    failure = run.plan.profiles[model].failure
    tried = [_tried(run, model, number) for number in range(len(of.trials))]
    reached = {name: run.reached(model, n) for n, name in enumerate(of.names)}
    best = ranked(run.scores(model, len(run.rungs) - 1))
    number = best[0] if best and whole else None
    status, error = TrialStatus.OK, None
    if failure is not None or (whole and number is None):
        status = TrialStatus.FAILED
        reasons = [f"setting {each.number}: {each.error}" for each in tried if each.error]
        error = failure or "; ".join(reasons[:1]) or "no setting has an accuracy."
    elif not whole:
        status = TrialStatus.UNFINISHED
        done = sum(len(history) for history, _ in reached.values())
        error = f"stopped by Ctrl-C; {done} epochs are kept."
    guess = of.base.dataset.chance or 0.0
    values = [guess if t.validation_accuracy is None else t.validation_accuracy for t in tried]
    expected = expected_best(values) if sampler == RANDOM else best_so_far(values)
    records = [record for _, record in reached.values() if record is not None]
    return TunedModel(
        model=model,
        status=status,
        number=None if number is None else number + 1,
        settings=dict(of.draws.settings[number]) if number is not None else {},
        validation_accuracy=None if number is None else tried[number].validation_accuracy,
        tried=sum(t.status != TrialStatus.FAILED and _begun(t) for t in tried),
        finished=sum(each.epochs == last for each in tried),
        epochs=sum(len(history) for history, _ in reached.values()),
        seconds=sum(epoch.seconds for history, _ in reached.values() for epoch in history),
        test_reads=max((record.test_reads for record in records), default=0),
        expected=expected if whole and failure is None else (),
        best=tuple(_steps(run, model)) if failure is None else (),
        trials=tuple(tried),
        error=error,
    )


def _begun(tried: TriedSetting) -> bool:
    return tried.epochs > 0 or tried.status == TrialStatus.DIVERGED


def _tried(run: SearchRun, model: str, number: int) -> TriedSetting:
    history, record = run.reached(model, number)
    lost = record is not None and record.status in LOST
    status = TrialStatus.PAUSED if history else TrialStatus.UNFINISHED
    return TriedSetting(
        number=number + 1,
        settings=dict(run.searched[model].draws.settings[number]),
        epochs=len(history),
        validation_accuracy=None if lost or not history else history[-1].validation_accuracy,
        status=record.status if lost and record is not None else status,
        error=record.error if lost and record is not None else None,
    )


def _steps(run: SearchRun, model: str) -> list[tuple[int, float]]:
    """Return the epochs trained in all at which the best accuracy rose, and that accuracy.

    The settings train in the order of their rungs and numbers, as one after another.
    """
    steps: list[tuple[int, float]] = []
    trained, names = 0, run.searched[model].names
    until = dict.fromkeys(names, 0)
    for rung, (epochs, _) in enumerate(run.rungs):
        for number, score in sorted(run.scores(model, rung).items()):
            history, _ = run.reached(model, number)
            now = min(len(history), epochs)
            trained += max(now - until[names[number]], 0)
            until[names[number]] = max(now, until[names[number]])
            if score is not None and (not steps or score > steps[-1][1]):
                steps.append((trained, score))
    return steps


def toml_of(run: SearchRun, name: str, overrides: Mapping[str, Any], tuning: Tuning) -> str:
    """Return the recipe of the chosen settings as a file.

    name: of the recipe that the search began from; overrides: of its fields, for all models.
    """
    lines = [
        f"# Chosen by netzoo tune from {tuning.budget} settings for each model, by the accuracy on "
        "validation images;",
        "# the test images were not evaluated. netzoo compare takes this file by --recipe.",
        to_toml(name, overrides),
    ]
    shared, tables = "", []
    for row in tuning.models:
        if row.number is None or row.validation_accuracy is None:
            continue
        of = run.searched[row.model]
        search = _search_of(row, tuning, run.rungs)
        shared = search_toml(search)
        chosen = replace(of.trials[row.number - 1].recipe, search=search)
        family = recipe_named(name, family_of(of.base.spec), overrides)
        tables += ["", f"# {row.model}: setting {row.number} of {row.tried}", ""]
        tables.append(model_toml(row.model, chosen, family).strip("\n"))
    return "\n".join([*lines[:2], lines[2].rstrip("\n"), shared.rstrip("\n"), *tables]) + "\n"


def _search_of(row: TunedModel, tuning: Tuning, steps: Sequence[Rung]) -> Search:
    return Search(
        space=tuning.space,
        budget=tuning.budget,
        sampler=tuning.sampler,
        seed=tuning.seed,
        rungs=tuple(rung.epochs for rung in steps),
        images=tuning.dataset.sha256,
        netzoo=backend.versions()["netzoo"],
        optuna=str(optuna().__version__),
        tried=row.tried,
        finished=row.finished,
        epochs=row.epochs,
        validation_accuracy=row.validation_accuracy or 0.0,
    )
