"""Searches: the settings that each model is best with on validation images, at the same effort."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netzoo.data.memory import budget as memory_budget
from netzoo.errors import BadInput, Interrupted
from netzoo.recipes import recipe as recipe_named
from netzoo.records.plan import Plan
from netzoo.results.estimate import SEARCH, TrainingEstimate
from netzoo.results.tuning import Tuning
from netzoo.runs.callback import Callback, callback_of
from netzoo.runs.estimate import (
    MODEL_BYTES,
    PAGE_BYTES,
    RESULT_BYTES,
    TRIAL_BYTES,
    Estimated,
    estimate_of,
    estimating,
    model_estimate,
)
from netzoo.runs.executor import LOCAL, Local, check_executor, open_executor
from netzoo.runs.places import at_most, check_jobs
from netzoo.runs.prepare import open_plan
from netzoo.runs.request import AUTO, AUTOMATIC, Request, family_of
from netzoo.runs.store import TOML, Store, keep_study
from netzoo.studies.draws import RANDOM, check_sampler, optuna
from netzoo.studies.halving import rungs
from netzoo.studies.search import SearchRun
from netzoo.studies.space import Dimension, Given, default_space, parse
from netzoo.studies.tuned import toml_of, tuning_of

MOST_SETTINGS = 10_000
VALIDATION = 0.1  # of the training images, where the recipe holds out none


@dataclass(frozen=True)
class TuneRequest(Request):
    """The request of a search; search: the arguments of its own that decide the numbers."""

    search: dict[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """Return the command that makes the request, without its models."""
        return f"netzoo tune --budget {self.search['budget']}"


def tune(
    models: Sequence[str] | str,
    *,
    budget: int,
    space: Given | None = None,
    sampler: str = RANDOM,
    halving: bool = True,
    recipe: str = AUTO,
    dataset: str | Path | None = None,
    data_dir: str | Path | None = None,
    memory: str | int | None = None,
    seed: int = 0,
    device: str = "auto",
    output: str | Path | None = None,
    jobs: int | str | None = None,
    per_device: int | None = None,
    executor: str = LOCAL,
    address: str | None = None,
    callbacks: Sequence[Callback] = (),
    **overrides: Any,
) -> Tuning:
    """Search the settings that each model is best with, with the same chance for all of them.

    budget: the number of settings that are drawn for each model. space: what they are drawn from:
    values by the name of a setting, {"learning_rate": "1e-4..1e-1:log", "augment": "none,flip"},
    the same as a list of "NAME=VALUES", or the path of a TOML file; by default learning rate,
    weight decay, label smoothing, augmentation and batch size. sampler: "random" draws the same
    settings for all models, "tpe" draws them for each by what it has reached.
    halving: after the first epochs the best third of the settings goes on, and again, until the
    last epoch of the recipe; otherwise all train to the last epoch. What counts is the accuracy on
    validation images, of the last epoch of each rung; the test images are not evaluated. A recipe
    that holds out no validation images gets a tenth of the training images.
    seed: of the draws, and of every training. output: a folder for records, checkpoints and the
    chosen recipes, tuned.toml; what is found there is not trained again. recipe, dataset, data_dir,
    memory, device, jobs, per_device, executor, address, callbacks, overrides: as netzoo.compare
    takes them.
    Raises NetzooError for a wrong request; MissingPackage without Optuna; Interrupted, with what
    was finished, at Ctrl-C.

    >>> import netzoo
    >>> few = {"recipe": "brief", "epochs": 1, "limit_train": 100}
    >>> tuning = netzoo.tune("lenet", budget=2, space={"learning_rate": "1e-3,1e-2"}, **few)
    >>> tuning.models[0].tried, tuning.models[0].test_reads
    (2, 0)
    """
    given = {"budget": budget, "sampler": sampler, "halving": halving}
    options = {"dataset": dataset, "data_dir": data_dir, "seeds": [seed], "device": device}
    check_jobs(1 if jobs is None else jobs, per_device)
    check_executor(executor, address)
    request = _request(models, given, space, recipe, {**options, **overrides})
    callback = callback_of(callbacks, None)
    beside = at_most(jobs or 1, len(request.models) * budget)
    with (
        memory_budget(memory, beside),
        open_plan(request, output, callback, side_by_side=beside > 1) as (store, plan, server),
    ):
        dimensions = parse(request.search["space"] or _default_space(plan, request))
        steps = rungs(epochs_of(plan), budget, halving=halving)
        about = steps, dimensions, sampler, seed
        if estimating():
            held = store if output is None else Store(Path(output))
            local = Local(store, server, jobs or 1, per_device)
            raise Estimated(_estimate(SearchRun(plan, held, callback, local, *about), store))
        with open_executor(executor, address, store, server, jobs, per_device, callback) as chosen:
            run = SearchRun(plan, store, callback, chosen, *about)
            whole = run.search()
        tuning = _result(run, request, dimensions, output, whole=whole)
        if whole:
            store.keep(TOML, tuning.toml)
        keep_study(output, tuning)
        if not whole:
            raise Interrupted(tuning)
        return tuning


def _request(
    models: Sequence[str] | str,
    given: dict[str, Any],
    space: Given | None,
    recipe: str,
    options: dict[str, Any],
) -> TuneRequest:
    """Return the checked request. Raises NetzooError."""
    count = given["budget"]
    if type(count) is not int or not 1 <= count <= MOST_SETTINGS:
        raise BadInput(
            f"`budget` is the number of settings for each model, 1 to {MOST_SETTINGS}; received "
            f"{count!r}."
        )
    check_sampler(given["sampler"])
    optuna()
    dimensions = None if space is None else parse(space)
    asked = Request.of(models, recipe=recipe, **options)
    asked.check()
    names = {each.name for each in dimensions or ()}
    for spec in asked.models:
        for name in spec.settings:
            if name in names or (dimensions is None and name in default_space(())):
                raise BadInput(
                    f"{name} is searched, and {spec.text} sets it; leave out either of them."
                )
            if name == "epochs":
                raise BadInput(
                    f"epochs is the same for all models of a search; received it for "
                    f"{spec.model!r} alone. Give it to all as `epochs`."
                )
    both = next((name for name in asked.overrides if name in names), None)
    if both is not None:
        raise BadInput(f"{both} is searched, and given as `{both}`; leave out either of them.")
    overrides = dict(asked.overrides)
    if "validation" not in overrides and (
        recipe in AUTOMATIC
        or not all(recipe_named(recipe, family_of(s)).validation for s in asked.models)
    ):
        overrides["validation"] = VALIDATION
    if overrides.get("validation", VALIDATION) == 0:
        raise BadInput(
            "a search takes the best on validation images; received `validation` 0, give a share "
            f"such as {VALIDATION}."
        )
    texts = None if dimensions is None else {each.name: each.text for each in dimensions}
    search = {**given, "space": texts}
    return TuneRequest(**{**vars(asked), "overrides": overrides}, search=search)


def _default_space(plan: Plan, request: Request) -> dict[str, str]:
    """Return the default space without what all models are given."""
    space = default_space([trial.recipe for trial in plan.trials])
    return {name: values for name, values in space.items() if name not in request.overrides}


def epochs_of(plan: Plan) -> int:
    """Return the epochs of all models. Raises BadInput if they differ."""
    found = {trial.model: trial.recipe.epochs for trial in plan.trials}
    if len(set(found.values())) > 1:
        told = ", ".join(f"{model} {epochs}" for model, epochs in found.items())
        raise BadInput(
            f"epochs is the same for all models of a search; received {told}. Give it to all as "
            "`epochs`."
        )
    return next(iter(found.values()))


def _estimate(run: SearchRun, store: Store) -> TrainingEstimate:
    """Return the estimate of a search; store: the temporary folder of its plan."""
    rows, todo = [], list(run.left())
    for model, of in run.searched.items():
        epochs = [each for name, each in todo if name == model]
        done = run.budget if model in run.models and not epochs else 0
        row = model_estimate(run.plan, of.base, done, epochs, False)
        trials = run.budget - done  # each with one record, however often it pauses
        record_bytes = row.record_bytes * trials // max(len(epochs), 1)
        rows.append(replace(row, work=SEARCH, trials=trials, record_bytes=record_bytes))
    firsts = replace(run.plan, trials=[of.base for of in run.searched.values()])
    settings = run.budget * len(rows)
    return estimate_of(
        firsts,
        store,
        rows,
        result_bytes=RESULT_BYTES + MODEL_BYTES * len(rows) + TRIAL_BYTES * settings,
        report_bytes=PAGE_BYTES,
    )


def _result(
    run: SearchRun,
    request: TuneRequest,
    space: Sequence[Dimension],
    output: str | Path | None,
    *,
    whole: bool,
) -> Tuning:
    """Return the result of a search; whole: whether it has come to its end."""
    tuning = tuning_of(run, request.search["sampler"], request.seeds[0], space, whole=whole)
    if not whole:
        return tuning
    first = run.plan.trials[0].recipe.name
    name = first if request.recipe in AUTOMATIC else request.recipe
    toml = toml_of(run, name, request.overrides, tuning)
    return replace(tuning, toml=toml, file=None if output is None else str(Path(output) / TOML))
