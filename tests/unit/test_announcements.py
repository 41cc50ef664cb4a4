"""What a comparison says before it trains."""

import pytest
from study_records import CPU, DATA

from netzoo.recipes import RECIPES, Recipe, recipe
from netzoo.records.plan import ModelProfile, Plan, Timing
from netzoo.records.trial import Trial
from netzoo.runs.announcements import plan_lines
from netzoo.runs.places import ANYWHERE
from netzoo.runs.progress import EtaEstimator
from netzoo.runs.request import Request


def said(name, epoch_seconds, **asked):
    """Return the lines of a comparison by a recipe whose epochs take so long."""
    request = Request.of(["lenet", "alexnet"], **asked)
    trials = tuple(
        Trial(spec.text, (28, 28, 1), DATA, recipe(name, spec.model), 0, "torch", "cpu")
        for spec in request.models
    )
    profiles = dict.fromkeys(
        ("lenet", "alexnet"), ModelProfile(timing=Timing(1.0, 1.0, epoch_seconds, 1.0))
    )
    versions = {"torch": "2", "keras": "3"}
    plan = Plan(request.to_dict(), "lenet", trials, CPU, versions, profiles)
    todo = [(trial, trial.recipe.epochs) for trial in trials]
    return plan_lines(plan, todo, EtaEstimator(plan, todo).left_seconds(), [ANYWHERE])


SOONER = "Sooner, from fewer images and epochs: "


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("quick", {}, "netzoo compare lenet alexnet --recipe brief"),
        ("quick", {"recipe": "quick"}, "--recipe brief"),
        ("lesson", {"recipe": "lesson"}, "--recipe quick"),
        ("lesson", {"recipe": "auto-brief"}, "--recipe quick"),
    ],
)
def test_a_long_estimate_comes_with_the_command_of_a_smaller_recipe(name, asked, words):
    *_, estimate, sooner = said(name, 60.0, **asked)
    assert estimate.startswith("Estimate: about ")
    assert sooner == SOONER + words


@pytest.mark.parametrize(
    ("name", "seconds", "asked"),
    [
        ("quick", 20.0, {}),
        ("brief", 600.0, {"recipe": "auto-brief"}),
        ("lesson", 60.0, {}),  # the line of the recipe has named quick
        ("quick", 60.0, {"limit_train": 60_000}),
        ("quick", 60.0, {"epochs": 100}),
        ("mine", 60.0, {"recipe": "mine"}),
    ],
)
def test_no_smaller_recipe_is_named_where_there_is_no_need_or_none(name, seconds, asked):
    with RECIPES.temporary():
        RECIPES.add("mine", lambda family: Recipe("mine", 10, 10, 0.1))
        assert not any(line.startswith("Sooner") for line in said(name, seconds, **asked))
