"""What a search tells: its table, where the lead changes, and what a comparison says of it."""

import json
from dataclasses import replace

import pytest
from study_records import CPU, DATA, VERSIONS, record

from netzoo.models.catalog import model_spec
from netzoo.recipe_files import model_toml, register, search_toml, to_toml
from netzoo.recipe_search import Search
from netzoo.recipes import RECIPES, recipe
from netzoo.records.codec import from_text, to_text
from netzoo.records.trial import TrialRecord
from netzoo.report.words import dictionary
from netzoo.results.rows import compare_records
from netzoo.results.study import kind_of, study_of
from netzoo.results.tuning import TriedSetting, TunedModel, Tuning
from netzoo.runs.identity import identity
from netzoo.runs.request import recipe_of

SEARCH = Search(
    space={"learning_rate": "1e-4..1e-1:log", "label_smoothing": "0..0.2"},
    budget=3,
    sampler="random",
    seed=0,
    rungs=(1, 3),
    images="ab" * 32,
    netzoo="0.1.0",
    optuna="5.0.0",
    tried=3,
    finished=1,
    epochs=5,
    validation_accuracy=0.7,
)


def tuned(name, accuracies, expected, best):
    settings = [{"learning_rate": 0.001 * (n + 1)} for n in range(len(accuracies))]
    number = accuracies.index(max(accuracies)) + 1
    trials = tuple(
        TriedSetting(n, setting, 3, accuracy, "paused")
        for n, (setting, accuracy) in enumerate(zip(settings, accuracies, strict=True), 1)
    )
    chosen = number, settings[number - 1], max(accuracies)
    counts = 3, 1, 5, 9.0, 0
    return TunedModel(name, "ok", *chosen, *counts, expected, best, trials)


def tuning(*models):
    return Tuning(
        dataset=DATA,
        recipe={"name": "brief", "seeds": [0], "by_model": {}},
        backend="jax",
        device=CPU,
        versions=VERSIONS,
        budget=3,
        sampler="random",
        seed=0,
        space=SEARCH.space,
        rungs=((1, 3), (3, 1)),
        validation=200,
        models=models,
    )


LENET = tuned("lenet", [0.5, 0.6, 0.8], (0.63, 0.72, 0.76), ((1, 0.5), (2, 0.6), (3, 0.8)))
ALEXNET = tuned("alexnet", [0.1, 0.9, 0.2], (0.4, 0.73, 0.79), ((1, 0.1), (2, 0.9)))


def test_the_line_names_where_the_lead_changes():
    by_settings, by_epochs = tuning(LENET, ALEXNET).crossing_lines()
    assert by_settings == (
        "By settings tried, the expected best validation accuracy: lenet is ahead at first, "
        "alexnet from 2 settings on."
    )
    assert by_epochs == (
        "By epochs trained, the best validation accuracy: lenet is ahead at first, alexnet from 2 "
        "epochs on."
    )
    always = replace(ALEXNET, expected=(0.1, 0.2, 0.3), best=((1, 0.1),))
    assert tuning(LENET, always).crossing_lines()[0].endswith("lenet is ahead at every budget.")
    assert tuning(LENET).crossing_lines() == []


def test_the_table_has_the_choice_and_the_effort():
    shown = tuning(LENET, ALEXNET)
    assert tuple(column.key for column in shown.table().columns) == Tuning.COLUMNS
    rows = shown.table().render("csv").splitlines()
    assert rows[1] == "lenet,0.8,3,learning_rate 0.003,3,1,5,9.0"
    text = shown.table().render("table")
    assert "3 to epoch 1, 1 to epoch 3" in text
    assert "were read 0 times" in text


def test_a_search_is_read_again():
    kept = tuning(LENET, ALEXNET)
    assert study_of(json.loads(to_text(kept)), "study.json", kind_of(kept)) == kept


@pytest.mark.page
def test_the_page_has_the_curves_and_an_answer_in_both_languages():
    from netzoo.report.answer import study_answer
    from netzoo.report.content import Content
    from netzoo.report.figures import figures

    content = Content(comparisons={}, records={}, studies=(tuning(LENET, ALEXNET),))
    assert content.models == ["lenet", "alexnet"]
    (figure,) = figures(content)
    rows = [row for row in figure.rows if row["budget"] == "settings" and row["model"] == "lenet"]
    assert [(row["amount"], round(row["accuracy"])) for row in rows] == [(1, 63), (2, 72), (3, 76)]
    assert set(figure.specs) == {"settings", "epochs"}
    answer = study_answer(content.studies[0])
    told = [figure.title, figure.caption[0], *figure.headings, *(c.label for c in figure.choices)]
    told += [label for choice in figure.choices for _, label in choice.options]
    told += [text for text, _ in (answer.question, *answer.sentences)]
    assert [text for text in told if text not in dictionary()] == []
    assert [text for text, _ in answer.sentences][2:] == [
        "By settings tried, {model} is ahead from {count} on."
    ] * 2


def searched(name, search, **settings):
    found = record(name, 0, 0.7, cost=False)
    chosen = replace(found.trial.recipe, search=search, **settings)
    return replace(found, trial=replace(found.trial, recipe=chosen, input_shape=(28, 28, 1)))


def test_models_of_one_search_had_the_same_chance():
    smooth = {"loss": "CategoricalCrossentropy", "learning_rate": 0.1}
    ours, theirs = searched("lenet", SEARCH), searched("lenet-relu", SEARCH, **smooth)
    comparison = compare_records([ours, theirs], "lenet")
    assert comparison.warnings == ()  # label smoothing was searched
    assert comparison.effort == (
        "Same search effort: 3 settings each, 3 epochs at most, chosen on validation images."
    )
    assert compare_records([ours], "lenet").effort is None
    assert identity(ours.trial) == identity(searched("lenet", None).trial)
    assert from_text(TrialRecord, to_text(ours), "a record") == ours


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tried": 9, "budget": 9}, "Models differ in the search, in settings tried: lenet 3; "),
        ({"rungs": (3,)}, "Models differ in the search, in epochs: lenet 1, 3; lenet-relu 3."),
        ({"space": {"augment": "none,flip"}}, "Models differ in the search, in space: lenet lea"),
        ({"images": "cd" * 32}, "Models differ in the search, in images: lenet abab"),
        ({"seed": 1}, "Models differ in the search, in sampler: lenet random, seed 0; lenet-relu"),
        (None, "Settings were searched for lenet, not for lenet-relu, which may be better with"),
    ],
)
def test_what_differs_in_the_search_is_a_warning(change, words):
    other = None if change is None else replace(SEARCH, **change)
    pair = [searched("lenet", SEARCH), searched("lenet-relu", other)]
    comparison = compare_records(pair, "lenet")
    assert comparison.effort is None
    assert comparison.warnings[0].startswith(words)


def test_the_file_of_a_search_is_a_recipe_of_each_of_its_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    base = recipe("brief", "lenet")
    chosen = replace(base, learning_rate=0.02, optimizer_options={"weight_decay": 0.1})
    parts = [
        to_toml("brief", {"epochs": 3}),
        search_toml(SEARCH),
        model_toml("lenet", replace(chosen, search=SEARCH, precision="float32"), base),
    ]
    (tmp_path / "tuned.toml").write_text("".join(parts))
    with RECIPES.temporary():
        register("tuned.toml")
        found = recipe_of(model_spec("lenet"), "tuned.toml", {}, CPU)
        assert (found.learning_rate, found.search) == (0.02, SEARCH)
        assert found.optimizer_options == {"weight_decay": 0.1}
        assert found.precision == "float32"  # as "auto" is on this device
        other = recipe_of(model_spec("lenet-relu"), "tuned.toml", {}, CPU)
        assert (other.learning_rate, other.search) == (base.learning_rate, None)
        again = recipe_of(model_spec("lenet"), "tuned.toml", {"batch_size": 8}, CPU)
        assert (again.batch_size, again.learning_rate, again.search) == (8, 0.02, None)
