"""Real trainings, small: each in its own process, on the backend of the suite."""

import importlib
import json
import os
import signal
import subprocess
import time

import pytest
from conftest import COMMAND
from reference import MACS, PARAMS

import netzoo
from netzoo.records import TrialRecord, from_text
from netzoo.registry import MODELS
from netzoo.runs.compare import Listener

SMALL = ("--dataset", "fashion_mnist_sample", "--limit-train", "640", "--limit-test", "200")


def test_a_comparison_on_the_command_line(netzoo, tmp_path, backend_name):
    done = netzoo(
        "compare", "lenet", "lenet-relu", *SMALL, "--epochs", "2", "--seeds", "2",
        "--baseline", "lenet-relu", "--format", "json", "--output", "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["backend"] == backend_name
    assert told["dataset"]["source"] == "sample bundled with netzoo"
    assert (told["dataset"]["train"], told["dataset"]["test"]) == (640, 200)
    assert told["baseline"] == "lenet-relu"
    for model in told["models"]:
        assert (model["status"], model["params"], model["macs"]) == (
            "ok", PARAMS["lenet"], MACS["lenet"],
        )  # fmt: skip
        assert model["test_accuracy"]["n"] == 2
        assert [len(epochs) for epochs in model["history"]] == [2, 2]
        assert model["images_per_second"] > 0
    first, second, third, *_ = done.stderr.splitlines()
    assert first.startswith("Recipe: quick, since there is no GPU here. For the full training: ")
    assert first.endswith("netzoo compare lenet lenet-relu --recipe lesson")
    assert second.startswith("Data: fashion_mnist_sample, 640 training and 200 test images")
    assert third.startswith("Device: CPU (")
    assert "Estimate: about " in done.stderr
    assert "epoch 2/2, loss " in done.stderr

    folder = tmp_path / "out"
    assert json.loads((folder / "comparison.json").read_text()) == told
    assert "lenet-relu" in (folder / "table.txt").read_text()
    records = [
        from_text(TrialRecord, path.read_text(), path.name)
        for path in (folder / "trials").iterdir()
    ]
    assert sorted((r.trial.model, r.trial.seed) for r in records) == [
        (name, seed) for name in ("lenet", "lenet-relu") for seed in (0, 1)
    ]
    again = netzoo("compare", "lenet", *SMALL, "--output", "out")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "Error: out holds a comparison or is a file; name a new folder.\n"


@pytest.fixture
def users_models():
    """Register the models of users_models.py, and forget them afterwards."""
    before = dict(MODELS._values)
    importlib.import_module("users_models")
    yield
    MODELS._values.clear()
    MODELS._values.update(before)


class Heard(Listener):
    def __init__(self):
        self.epochs = []

    def epoch_ended(self, trial, record):
        self.epochs.append((trial.model, record.epoch))


SETTINGS = {
    "recipe": "quick",
    "dataset": "fashion_mnist_sample",
    "limit_train": 640,
    "limit_test": 200,
    "device": "cpu",
}


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    heard = Heard()
    comparison = netzoo.compare(
        ["lenet-modern", "alexnet:fc_layers=1"],
        epochs=1,
        image_size=67,
        augment="flip+crop",
        seeds=[3],
        listener=heard,
        **SETTINGS,
    )
    again = netzoo.compare(
        "alexnet:fc_layers=1",
        epochs=1,
        image_size=67,
        augment="flip+crop",
        seeds=[3, 4],
        **SETTINGS,
    )
    first, second = comparison.models[1], again.models[0]
    assert (first.status, second.status) == ("ok", "ok")
    assert first.test_accuracy.values[0] == second.test_accuracy.values[0]
    assert first.test_loss.values[0] == second.test_loss.values[0]
    assert first.train_loss.values[0] == second.train_loss.values[0]
    assert second.test_loss.values[0] != second.test_loss.values[1]
    assert heard.epochs == [("lenet-modern", 1), ("alexnet:fc_layers=1", 1)]


def test_the_lesson_shows_the_test_split_by_epoch_and_reports_the_last():
    settings = SETTINGS | {"recipe": "lesson"}
    (lenet,) = netzoo.compare("lenet", epochs=2, batch_size=64, **settings).models
    (history,) = lenet.history
    assert [epoch.test_accuracy is not None for epoch in history] == [True, True]
    assert lenet.test_accuracy.values == (history[-1].test_accuracy,)


def test_a_training_that_diverges_is_a_row_and_the_others_go_on(netzoo):
    done = netzoo(
        "compare", "lenet-relu", "lenet", *SMALL, "--epochs", "1", "--learning-rate", "1e6",
        "--optimizer", "sgd", "--precision", "float32", "--format", "json",
    )  # fmt: skip
    assert done.returncode == 1
    relu, sigmoid = json.loads(done.stdout)["models"]
    assert relu["status"] == "failed"
    assert relu["error"].startswith("seed 0: the training loss is nan after epoch 1")
    assert relu["test_accuracy"] is None
    assert sigmoid["status"] == "ok"


def test_users_models_train_and_those_that_cannot_be_built_are_rows(users_models):
    names = ["users-fatal", "users-broken", "users-tiny", "users-narrow"]
    comparison = netzoo.compare(names, epochs=1, baseline="users-tiny", **SETTINGS)
    fatal, broken, tiny, narrow = comparison.models
    assert fatal.error == ("seed 0: its process ended with code 3: fatal: the backend gave up")
    assert broken.error == "seed 0: RuntimeError: no such layer"
    assert (fatal.params, broken.params) == (None, None)
    assert (tiny.status, tiny.params) == ("ok", 784 * 16 + 16 + 16 * 10 + 10)
    assert (narrow.status, narrow.params) == ("ok", 784 * 2 + 2 + 2 * 10 + 10)


def start(tmp_path, *arguments):
    return subprocess.Popen(
        [COMMAND, "compare", *arguments, *SMALL, "--output", "out", "--format", "json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(process, words):
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"ended before {words!r}")


def children(process):
    tasks = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(tasks) as file:
        return [int(pid) for pid in file.read().split()]


def test_a_killed_trial_is_a_row_and_the_others_go_on(tmp_path):
    with start(tmp_path, "lenet", "lenet-relu", "--epochs", "300") as process:
        wait_for(process, "epoch 2/300")
        for pid in children(process):
            os.kill(pid, signal.SIGKILL)
        wait_for(process, "lenet-relu, seed 0")
        wait_for(process, "epoch 1/300")
        os.killpg(process.pid, signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 130
    killed, stopped = told["models"]
    assert killed["error"].startswith("seed 0: its process was ended by SIGKILL")
    assert len(killed["history"][0]) >= 2
    assert stopped["error"] == "seed 0: stopped by Ctrl-C."


def test_ctrl_c_keeps_what_is_done(tmp_path):
    with start(tmp_path, "lenet", "lenet-relu", "--epochs", "30") as process:
        wait_for(process, "Trial 2 of 2")
        wait_for(process, "epoch 1/30")
        os.killpg(process.pid, signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 130
    assert [model["status"] for model in told["models"]] == ["ok", "failed"]
    assert told["models"][0]["test_accuracy"]["n"] == 1
    assert len(list((tmp_path / "out" / "trials").iterdir())) == 1


def test_a_trial_ends_when_its_parent_is_killed(tmp_path):
    with start(tmp_path, "lenet", "--epochs", "3000") as process:
        wait_for(process, "epoch 1/3000")
        (child,) = children(process)
        process.kill()
    deadline = time.monotonic() + 30
    while os.path.exists(f"/proc/{child}") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{child}")


@pytest.mark.slow
def test_the_lessons_lenet_on_the_full_set_is_where_published_runs_are():
    """Published: .752 to .828, n = 61."""
    (lenet,) = netzoo.compare(
        "lenet", recipe="lesson", dataset="fashion_mnist", device="cpu", seeds=range(3)
    ).models
    assert lenet.test_accuracy.n == 3
    assert all(0.75 <= value <= 0.83 for value in lenet.test_accuracy.values)


@pytest.mark.slow
def test_the_quick_recipe_teaches_both_networks():
    lenet, alexnet = netzoo.compare(
        ["lenet", "alexnet"], recipe="quick", dataset="fashion_mnist_sample", device="cpu"
    ).models
    assert lenet.test_accuracy.mean >= 0.70
    assert alexnet.test_accuracy.mean >= 0.84
