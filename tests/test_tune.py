"""Searches of settings: each model has the same chance, and no test image is evaluated."""

import contextlib
import json
import os
import random
import signal

import pytest
from processes import finish, kept, kill, launch, wait_for, workers

import netzoo
from netzoo.recipes import RECIPES
from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord
from netzoo.runs.store import saved_study

pytest.importorskip("optuna")
pytestmark = pytest.mark.backend_independent

DATA = "fashion_mnist_sample"
FEW = {"dataset": DATA, "limit_train": 150, "limit_test": 50, "recipe": "brief", "epochs": 3}
WORDS = (
    *("tune", "lenet", "mlp", "--budget", "4", "--recipe", "brief", "--epochs", "3"),
    *("--dataset", DATA, "--limit-train", "150", "--limit-test", "50"),
    *("--output", "out", "--format", "json"),
)
FLOAT = {"optimizer": "sgd", "precision": "float32"}
SPACE = {"learning_rate": "1e-3..1e-1:log", "batch_size": [32, 64]}


@pytest.fixture(autouse=True, scope="module")
def recipes():
    """Leave no recipe of a file registered."""
    with RECIPES.temporary():
        yield


def records(folder):
    """Return the records of a folder by model, each with its name."""
    found = {}
    for path in sorted(folder.glob("trials/*.json")):
        record = from_text(TrialRecord, path.read_bytes(), path.name)
        found.setdefault(record.trial.model, []).append(record)
    return found


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """Return the folder of a search of two models, its result, and what the command said."""
    folder = tmp_path_factory.mktemp("searched")
    told, said = finish(folder, WORDS)
    return folder, told, said


def test_each_model_has_the_same_chance(searched):
    _, told, said = searched
    lenet, mlp = told["models"]
    drawn = [[each["settings"] for each in model["trials"]] for model in (lenet, mlp)]
    assert drawn[0] == drawn[1]
    assert len({json.dumps(setting) for setting in drawn[0]}) == 4
    assert told["rungs"] == [[1, 4], [3, 2]]
    for model in (lenet, mlp):
        assert (model["tried"], model["finished"], model["epochs"]) == (4, 2, 4 + 2 * 2)
        assert sorted(each["epochs"] for each in model["trials"]) == [1, 1, 3, 3]
    assert "Rung 2 of 2: the best 2 of each model, to epoch 3." in said
    assert "for 16 epochs of 4 settings for each model, where all to the last epoch " in said


def test_no_test_image_is_evaluated_in_a_search(searched):
    folder, told, _ = searched
    for held in records(folder / "out").values():
        for record in held:
            assert (record.status, record.test_reads) == ("paused", 0)
            assert record.test_accuracy is None
            assert record.predictions is None
    assert [model["test_reads"] for model in told["models"]] == [0, 0]


def test_the_best_of_each_rung_goes_on_and_the_best_of_the_last_is_chosen(searched):
    folder, told, _ = searched
    for model in told["models"]:
        by_number = {each["number"]: each for each in model["trials"]}
        first = {}
        for record in records(folder / "out")[model["model"]]:
            rate = record.trial.recipe.learning_rate
            (number,) = [n for n, t in by_number.items() if t["settings"]["learning_rate"] == rate]
            first[number] = record.history[0].validation_accuracy
        ranked = sorted(first, key=lambda number: (-first[number], number))
        assert sorted(ranked[:2]) == [n for n, t in by_number.items() if t["epochs"] == 3]
        last = {n: by_number[n]["validation_accuracy"] for n in sorted(ranked[:2])}
        assert model["number"] == max(last, key=last.get)
        assert model["validation_accuracy"] == last[model["number"]]


def test_a_search_leaves_no_checkpoint(searched):
    folder, _, _ = searched
    assert list(folder.glob("out/trials/*.checkpoint")) == []


def test_again_it_trains_nothing_and_gives_the_same_recipes(searched):
    folder, told, _ = searched
    recipes, before = (folder / "out" / "tuned.toml").read_bytes(), kept(folder)
    again, said = finish(folder, WORDS)
    assert (folder / "out" / "tuned.toml").read_bytes() == recipes
    assert kept(folder) == before
    assert "Rung" not in said
    assert again == told
    told_of = netzoo.estimate(netzoo.tune, ["lenet", "mlp"], budget=4, output=folder / "out", **FEW)
    assert [(row.trials, row.done) for row in told_of.models] == [(0, 4), (0, 4)]


def test_a_comparison_by_the_chosen_recipes_says_that_the_effort_was_the_same(searched):
    folder, told, _ = searched
    chosen = folder / "out" / "tuned.toml"
    comparison = netzoo.compare(["lenet", "mlp"], recipe=str(chosen), dataset=DATA)
    line = "Same search effort: 4 settings each, 3 epochs at most, chosen on validation images."
    assert comparison.effort == line
    assert comparison.warnings == ()
    assert line in comparison.table().render("table")
    for row, found in zip(comparison.models, told["models"], strict=True):
        assert row.test_reads == 1
        # Paused and continued in the search, and here in one go.
        (history,) = row.history
        assert history[-1].validation_accuracy == found["validation_accuracy"]
    alone = netzoo.compare("mlp", recipe=str(chosen), dataset=DATA, learning_rate=0.5)
    assert alone.recipe["by_model"]["mlp"]["search"] is None  # the search has not chosen this one


def test_show_knows_a_search(searched, netzoo):
    folder, told, _ = searched
    shown = netzoo("show", folder / "out", "--format", "csv", "--columns", "epochs,test")
    assert shown.returncode == 2
    shown = netzoo("show", folder / "out", "--format", "csv", "--columns", "number,epochs")
    rows = [f"{model['model']},{model['number']},8" for model in told["models"]]
    assert shown.stdout.splitlines() == ["model,number,epochs", *rows]


@pytest.mark.slow
def test_a_trial_of_a_search_is_repeated_as_far_as_it_went(searched, netzoo):
    folder, _, _ = searched
    (name, *_) = sorted(path.stem for path in folder.glob("out/trials/mlp*.json"))
    again = netzoo("rerun", folder / "out", name)
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_setting_that_diverges_loses_and_one_that_is_drawn_twice_trains_once():
    space = {"learning_rate": [1e6, 1e-3]}
    tuning = netzoo.tune("lenet-relu", budget=4, space=space, **FEW, **FLOAT)
    (row,) = tuning.models
    rates = [each.settings["learning_rate"] for each in row.trials]
    assert set(rates) == {1e6, 1e-3}
    assert {each.status for each in row.trials if each.settings["learning_rate"] == 1e6} == {
        "diverged"
    }
    assert row.settings == {"learning_rate": 1e-3}
    assert row.number == rates.index(1e-3) + 1
    assert row.epochs == 3
    assert '[model."lenet-relu"]\nlearning_rate = 0.001\n' in tuning.toml


@pytest.mark.slow
def test_a_search_that_is_killed_ten_times_ends_with_the_same_choice(searched, tmp_path):
    """The process itself is killed, or one that trains, after a random part of what it says."""
    folder, told, said = searched
    draw = random.Random(0)
    lines = said.count("\n")
    for number in range(10):
        with launch(tmp_path, WORDS) as process:
            wait_for(process, "Estimate: ")
            for _ in range(draw.randint(1, lines // 6)):
                if not process.stderr.readline():
                    break
            victims = workers(process)
            if number % 2 and victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(draw.choice(victims), signal.SIGKILL)
                for _ in range(draw.randint(0, 2)):
                    process.stderr.readline()
            kill(process)
    again, _ = finish(tmp_path, WORDS)
    assert (tmp_path / "out/tuned.toml").read_bytes() == (folder / "out/tuned.toml").read_bytes()
    assert [each["trials"] for each in again["models"]] == [
        each["trials"] for each in told["models"]
    ]


@pytest.mark.slow
def test_side_by_side_a_search_chooses_the_same(searched, tmp_path):
    folder, _, _ = searched
    finish(tmp_path, [*WORDS, "--jobs", "2"])
    assert (tmp_path / "out/tuned.toml").read_bytes() == (folder / "out/tuned.toml").read_bytes()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done(searched, tmp_path):
    folder, _, _ = searched
    with launch(tmp_path, WORDS) as process:
        wait_for(process, "Trial 4 of 8")
        process.send_signal(signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 130
    assert {model["status"] for model in told["models"]} == {"unfinished"}
    assert not (tmp_path / "out/tuned.toml").exists()
    before = kept(tmp_path)
    assert before
    finish(tmp_path, WORDS)
    assert before.items() <= kept(tmp_path).items() or len(kept(tmp_path)) == 8
    assert (tmp_path / "out/tuned.toml").read_bytes() == (folder / "out/tuned.toml").read_bytes()


@pytest.mark.slow
def test_tpe_draws_for_each_model_and_goes_on_from_its_records(tmp_path):
    given = {**FEW, "epochs": 1, "budget": 10, "space": SPACE, "sampler": "tpe"}
    first = netzoo.tune(["lenet", "mlp"], output=tmp_path / "out", **given)
    before = kept(tmp_path)
    assert netzoo.tune(["lenet", "mlp"], output=tmp_path / "out", **given).toml == first.toml
    assert kept(tmp_path) == before
    lenet, mlp = ([t.settings for t in row.trials] for row in first.models)
    assert lenet[:8] == mlp[:8]
    assert lenet[8:] != mlp[8:]


@pytest.mark.slow
def test_a_search_and_then_a_comparison_in_one_command(tmp_path):
    words = ("compare", *WORDS[1:3], "--tune", "2", *WORDS[5:])
    told, _ = finish(tmp_path, words)
    assert told["effort"].startswith("Same search effort: 2 settings each")
    assert [row["test_reads"] for row in told["models"]] == [1, 1]
    assert saved_study(tmp_path / "out" / "tuning").budget == 2
    before = kept(tmp_path)
    finish(tmp_path, words)
    assert kept(tmp_path) == before


@pytest.mark.slow
def test_without_halving_all_settings_train_to_the_end():
    tuning = netzoo.tune("mlp", budget=3, space=SPACE, halving=False, **FEW)
    assert tuning.rungs == ((3, 3),)
    assert (tuning.models[0].finished, tuning.models[0].epochs) == (3, 9)
