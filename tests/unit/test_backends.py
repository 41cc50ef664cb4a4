"""Comparisons of backends, from records that never were: rows, verdicts, folders."""

import json
from dataclasses import replace

import pytest
from netzoo_cli.app import app
from page_content import groups, predictions
from study_records import record

from netzoo import disk
from netzoo.backend import INSTALL
from netzoo.report.answer import answer
from netzoo.report.figures import figures
from netzoo.report.gather import gather
from netzoo.report.page import page
from netzoo.results.backends import compare_backends
from netzoo.results.rows import compare_records
from netzoo.runs.backend_names import chosen_backends
from netzoo.runs.backends import saved_backends
from netzoo.runs.store import Store, stores

# Test accuracies of three seeds; LeNet's of torch and TensorFlow are far from each other.
OF = {
    "tensorflow": {"lenet": [0.70, 0.72, 0.69], "alexnet": [0.86, 0.88, 0.87]},
    "torch": {"lenet": [0.80, 0.81, 0.80], "alexnet": [0.87, 0.86, 0.88]},
    "jax": {"lenet": [0.71, 0.70, 0.70], "alexnet": [0.86, 0.87, 0.87]},
}


def on(backend, seconds=3.0):
    """Return the records of a backend, whose trials took so long to their first step."""
    return [
        replace(
            each,
            trial=replace(each.trial, backend=backend),
            first_step_seconds=seconds + each.trial.seed,
            process_bytes=500_000_000 + each.trial.seed,
        )
        for group in groups(OF[backend]).values()
        for each in group
    ]


def folder_of(path, names, **file):
    """Return the folder of a comparison of backends, without plans."""
    path.mkdir()
    text = json.dumps({"backends": list(names), **file})
    (path / "backends.json").write_text(disk.sealed(text + "\n"))
    for name in names:
        (path / name / "trials").mkdir(parents=True)
        for each in on(name):
            Store(path / name).keep_trial(each)
    return path


def all_three():
    return compare_backends({name: on(name) for name in OF}, "lenet")


def test_a_row_is_a_model_on_a_backend_beside_the_same_model_on_the_first():
    found = all_three()
    assert [(row.model, row.backend) for row in found.models] == [
        (model, backend) for model in ("lenet", "alexnet") for backend in OF
    ]
    assert [row.name for row in found.models][1] == "lenet (torch)"
    assert [row.verdict for row in found.models] == [
        *(None, "better", "not separable"),
        *(None, "not separable", "not separable"),
    ]
    torch = found.models[1]
    assert torch.delta.mean == pytest.approx((0.10 + 0.09 + 0.11) / 3)
    assert torch.delta.test == "paired t"
    assert torch.first_step_seconds == 4.0  # the median of 3, 4 and 5
    assert torch.process_bytes == 500_000_002
    assert found.backends == tuple(OF)


def test_verdicts_are_corrected_for_all_rows_together():
    pair = compare_backends({name: on(name) for name in ("tensorflow", "torch")}, "lenet")
    alone = {"tensorflow": on("tensorflow")[:3], "torch": on("torch")[:3]}
    (_, one) = compare_backends(alone, "lenet").models
    assert pair.models[1].delta.p == pytest.approx(2 * one.delta.p)


def test_the_verdicts_within_a_backend_are_those_of_its_own_comparison():
    found = all_three()
    assert [(each.backend, each.model) for each in found.within] == [
        (backend, "alexnet") for backend in OF
    ]
    for each in found.within:
        (row,) = [r for r in compare_records(on(each.backend), "lenet").models if r.delta]
        assert (each.delta, each.verdict, each.more_seeds) == (
            *(row.delta, row.verdict, row.more_seeds),
        )
    told = found.to_dict()
    assert told["within"][1]["verdict"] == "better"
    assert told["models"][1]["backend"] == "torch"


def test_the_same_initial_weights_are_told():
    def same(record):
        recipe = replace(record.trial.recipe, same_weights=True)
        return replace(record, trial=replace(record.trial, recipe=recipe))

    found = compare_backends({name: [*map(same, on(name))] for name in OF}, "lenet")
    text = found.table().render("table")
    assert "on every backend, and the same initial weights, but other dropout." in text


def test_the_table_names_model_and_backend_and_says_how_to_read_it():
    text = all_three().table().render("table")
    assert "against the same network on tensorflow, paired t test over the seeds" in text
    assert "Holm's correction for 4 comparisons" in text
    assert "On torch, against lenet, in points: alexnet +6.7 (" in text
    assert "on every backend, but other initial weights and dropout." in text
    assert "Backend: tensorflow, torch, jax." in text
    assert "Models differ in backend" not in text
    first, second = (line.split() for line in text.splitlines()[3:5])
    assert first[:2] == ["lenet", "tensorflow"]
    assert second[:2] == ["lenet", "torch"]
    csv = all_three().table(["process_bytes"]).render("csv").splitlines()
    assert csv[:3] == [
        "name,backend,process_bytes",
        "lenet,tensorflow,500000002",
        "lenet,torch,500000002",
    ]
    assert [c.key for c in all_three().table().fitted(100).columns][:2] == ["name", "backend"]


def test_one_seed_is_judged_over_the_images_and_said_to_be_two_draws():
    by_backend = {
        name: [
            replace(
                record("lenet", 0, 0.8, predictions=predictions(name, 0)),
                trial=replace(record("lenet", 0, 0.8).trial, backend=name),
            )
        ]
        for name in ("tensorflow", "torch")
    }
    found = compare_backends(by_backend, "lenet")
    assert found.models[1].delta.test == "McNemar"
    text = found.table().render("table")
    assert "a difference may be that of two draws alone" in text
    assert "compare the architectures" not in text


def test_what_differs_between_backends_is_named_once():
    slow = [
        replace(r, trial=replace(r.trial, recipe=replace(r.trial.recipe, precision="float32")))
        for r in on("jax")
    ]
    fast = [
        replace(
            r, trial=replace(r.trial, recipe=replace(r.trial.recipe, precision="mixed_bfloat16"))
        )
        for r in on("torch")
    ]
    found = compare_backends({"torch": fast, "jax": slow}, "lenet")
    (line,) = [line for line in found.warnings if "precision" in line]
    assert line == "Backends differ in precision: torch mixed_bfloat16; jax float32."


def test_a_single_backend_is_compared_as_models_are():
    found = compare_backends({"torch": on("torch")}, "lenet", missing={"jax": "is not installed"})
    assert [row.verdict for row in found.models] == [None, "better"]
    text = found.table().render("table")
    assert "accuracy against lenet, paired t" in text
    assert "jax is not installed\n" in text
    assert "initial weights" not in text


def test_an_answer_compares_each_network_with_itself():
    found = answer(all_three())
    assert found.question[1]["models"] == "lenet, alexnet (tensorflow, torch, jax)"
    pairs = {(values["model"], values["base"]) for _, values in found.sentences}
    assert ("lenet (torch)", "lenet (tensorflow)") in pairs
    assert len(pairs) == 4
    assert not any("MACs" in text for text, _ in found.sentences)


def test_a_folder_is_read_again_in_the_order_that_was_asked_for(tmp_path):
    folder = folder_of(tmp_path / "out", ["torch", "tensorflow"])
    saved = saved_backends(folder)
    found = saved.comparison()
    assert found.backends == ("torch", "tensorflow")
    assert found.models[0].name == saved.baseline + " (torch)"
    assert list(saved.by_row()) == [row.name for row in found.models]
    assert saved.comparison(first="tensorflow").backends == ("tensorflow", "torch")
    assert saved.notes == ()


def test_a_damaged_list_of_backends_costs_a_note(tmp_path):
    folder = folder_of(tmp_path / "out", ["torch", "tensorflow"])
    (folder / "backends.json").write_text("{")
    saved = saved_backends(folder)
    assert saved.comparison().backends == ("tensorflow", "torch")
    assert "backends.json" in saved.notes[0]


def test_a_backend_without_trials_has_not_begun(tmp_path):
    asked = {"backends": ["torch", "jax"], "missing": {"tensorflow": "failed: no"}}
    folder = folder_of(tmp_path / "out", ["torch"], **asked)
    found = saved_backends(folder).comparison()
    assert found.missing == {"jax": "has not begun.", "tensorflow": "failed: no"}


def test_the_commands_read_a_folder_of_backends(tmp_path, capsys):
    folder = folder_of(tmp_path / "out", list(OF))

    def ran(*words):
        with pytest.raises(SystemExit) as end:
            app.main(list(words), standalone_mode=True)
        assert end.value.code in (0, None)
        return capsys.readouterr().out

    told = json.loads(ran("show", str(folder), "--format", "json"))
    assert [row["backend"] for row in told["models"][:3]] == list(OF)
    judged = ran("show", str(folder), "--metric", "balanced_accuracy")
    assert "balanced accuracy against the same network on tensorflow" in judged
    listed = json.loads(ran("runs", str(folder), "--format", "json"))
    assert [each["name"] for each in listed] == ["out/jax", "out/tensorflow", "out/torch"]
    assert sum(len(each["trials"]) for each in listed) == 18
    assert [store.name for store in stores(tmp_path)] == [each["name"] for each in listed]
    table = ran("runs", str(folder))
    assert table.count("lenet-seed") == 9
    assert ran("runs", str(folder), "--where", "backend==jax").count("-seed") == 6


@pytest.mark.page
def test_a_page_has_each_backend_as_the_baseline_and_draws_a_network_once(tmp_path):
    folder = folder_of(tmp_path / "out", list(OF))
    found = gather([folder])
    assert list(found.comparisons) == list(OF)
    assert found.comparison.backends[0] == "tensorflow"
    assert next(iter(gather([folder], "jax").comparisons)) == "jax"
    (drawn,) = [figure for figure in figures(found) if figure.name == "architecture"]
    assert [head["head"] for head in drawn.more["heads"]] == [
        *("alexnet (tensorflow)", "lenet (tensorflow)"),  # by name, as there is no plan
    ]
    text = page(found)
    assert '<tr data-model="lenet (torch)">' in text
    assert ">Backend<" in text
    joint = gather([folder, folder_of(tmp_path / "other", ["torch"])])
    assert "lenet (jax)" in joint.models


def test_names_of_backends_are_taken_once_in_their_order(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "jax" or None)
    assert chosen_backends("torch") == (["torch"], [])
    assert chosen_backends(["torch", "tensorflow", "torch"]) == (["torch", "tensorflow"], [])
    assert chosen_backends("all") == (["tensorflow", "torch"], ["jax"])
    assert chosen_backends(["jax", "all"]) == (["tensorflow", "torch"], ["jax"])
    assert chosen_backends(["torch", "all"])[0] == ["torch", "tensorflow"]
    assert set(INSTALL) == {"tensorflow", "torch", "jax"}
