"""Real trainings, small: each in its own process, on the backend of the suite."""

import json
import os
import signal

import pytest
from processes import children, gone, start, wait_for, workers
from reference import MACS, PARAMS
from scipy import stats
from small_comparisons import SMALL
from users import registered_by

import netzoo
from netzoo.models.catalog import MODELS
from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord


def test_a_comparison_on_the_command_line(netzoo, tmp_path, backend_name):
    """A training that diverges is a row, and the others go on."""
    diverges = "lenet-relu@learning_rate=1e6,optimizer=sgd,precision=float32"
    done = netzoo(
        "compare", diverges, "lenet", "lenet-relu", *SMALL, "--epochs", "2", "--seed", "3",
        "--baseline", "lenet-relu", "--format", "json", "--output", "out",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    failed, *models = told["models"]
    assert (failed["status"], failed["test_accuracy"]) == ("failed", None)
    assert failed["error"].startswith("seed 3: the training loss is nan in epoch 1; try a lower")
    assert told["backend"] == backend_name
    assert told["dataset"]["source"] == "sample bundled with netzoo"
    assert (told["dataset"]["train"], told["dataset"]["test"]) == (640, 200)
    assert told["baseline"] == "lenet-relu"
    for model in models:
        assert (model["status"], model["params"], model["macs"]) == (
            "ok", PARAMS["lenet"], MACS["lenet"],
        )  # fmt: skip
        assert model["test_accuracy"]["n"] == 1
        assert [len(epochs) for epochs in model["history"]] == [2]
        assert model["images_per_second"] > 0
    first, second, third, *_ = done.stderr.splitlines()
    assert first.startswith("Recipe: quick, since there is no GPU here. For the full training: ")
    assert first.endswith(f"netzoo compare {diverges} lenet lenet-relu --recipe lesson")
    assert second.startswith(
        "Data: fashion_mnist_sample, 640 training (10 % held out for validation)"
    )
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
        (name, 3) for name in ("lenet", "lenet-relu", diverges)
    ]
    records = [r for r in records if r.trial.model != diverges]
    assert {r.test_reads for r in records} == {1}
    assert all(
        r.command.startswith(f"netzoo compare {diverges} lenet lenet-relu --dataset")
        for r in records
    )
    assert {len(r.predictions.correct()) for r in records} == {200}
    for r in records:
        assert r.test_accuracy == sum(r.predictions.correct()) / 200
        assert all(epoch.validation_accuracy > 0 for epoch in r.history)


@pytest.fixture(scope="module")
def users_models():
    """Register the models of users_models.py, and forget them afterwards."""
    with MODELS.temporary():
        registered_by("users_models")
        yield


SETTINGS = {
    "recipe": "quick",
    "dataset": "fashion_mnist_sample",
    "limit_train": 640,
    "limit_test": 200,
    "device": "cpu",
}


@pytest.mark.slow_but_on_tensorflow
def test_the_lesson_shows_the_test_split_by_epoch_and_reports_the_last():
    settings = SETTINGS | {"recipe": "lesson"}
    (lenet,) = netzoo.compare("lenet", epochs=2, batch_size=64, **settings).models
    (history,) = lenet.history
    assert [epoch.test_accuracy is not None for epoch in history] == [True, True]
    assert lenet.test_accuracy.values == (history[-1].test_accuracy,)
    assert lenet.test_reads == 2


@pytest.mark.slow  # test_users_networks.py trains more kinds
def test_users_models_train_and_those_that_cannot_be_built_are_rows(users_models):
    names = ["users-fatal", "users-broken", "users-tiny", "users-narrow"]
    comparison = netzoo.compare(names, epochs=1, baseline="users-tiny", **SETTINGS)
    fatal, broken, tiny, narrow = comparison.models
    assert fatal.error == ("seed 0: its process ended with code 3: fatal: the backend gave up")
    assert broken.error == "seed 0: RuntimeError: no such layer"
    assert (fatal.params, broken.params) == (None, None)
    assert (tiny.status, tiny.params) == ("ok", 784 * 16 + 16 + 16 * 10 + 10)
    assert (narrow.status, narrow.params) == ("ok", 784 * 2 + 2 + 2 * 10 + 10)


def test_a_batch_that_does_not_fit_goes_in_parts_and_gives_the_same(users_models, tmp_path):
    """64 images do not fit where 40 do; the epoch ends with one image, in one part and none."""
    settings = {
        "recipe": "quick", "dataset": "fashion_mnist_sample", "limit_train": 641,
        "limit_test": 40, "epochs": 2, "device": "cpu", "precision": "float32",
        "batch_size": 64, "validation": 0.0, "optimizer": "sgd", "learning_rate": 0.1,
    }  # fmt: skip
    names = ["users-plain", "users-large", "users-endless"]
    plain, large, endless = netzoo.compare(names, output=tmp_path / "out", **settings).models
    assert (plain.parts, large.parts) == (1, 2)
    assert large.error is None
    for ours, theirs in zip(large.history[0], plain.history[0], strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, rel=2e-3)
    assert large.test_loss.mean == pytest.approx(plain.test_loss.mean, rel=1e-4)
    assert large.test_accuracy == plain.test_accuracy
    assert endless.status == "failed"
    assert "Exception encountered" not in endless.error
    assert (
        "users-large: gradient accumulation over 2 micro-batches"
        in (tmp_path / "out/table.txt").read_text()
    )


@pytest.mark.backend_independent
def test_a_killed_trial_is_a_row_and_all_end_when_their_parent_is_killed(netzoo, tmp_path):
    with start(tmp_path, "lenet", "lenet-relu", *SMALL, "--epochs", "30000") as process:
        wait_for(process, "epoch 2/30000")
        for pid in workers(process):
            os.kill(pid, signal.SIGKILL)
        wait_for(process, "lenet-relu, seed 0")
        wait_for(process, "epoch 1/30000")
        left_over = {*children(process.pid), *workers(process)}
        assert len(left_over) == 2  # the forkserver and the trial
        process.kill()
    assert gone(left_over)
    killed, left = json.loads(netzoo("show", "out", "--format", "json").stdout)["models"]
    assert killed["error"].startswith("seed 0: its process was ended by SIGKILL")
    assert len(killed["history"][0]) >= 2
    assert left["error"].endswith(" of 30000 epochs are done.")


@pytest.mark.slow
def test_the_lessons_lenet_on_the_full_set_is_where_published_runs_are():
    """Published: .752 to .828, n = 61."""
    (lenet,) = netzoo.compare(
        "lenet", recipe="lesson", dataset="fashion_mnist", device="cpu", seeds=range(3)
    ).models
    assert lenet.test_accuracy.n == 3
    assert all(0.75 <= value <= 0.83 for value in lenet.test_accuracy.values)


@pytest.mark.slow
def test_the_verdicts_are_those_of_scipy_on_the_stored_values(tmp_path):
    names = ["lenet", "lenet-relu", "alexnet-sigmoid"]
    told = netzoo.compare(
        names, recipe="quick", dataset="fashion_mnist_sample", device="cpu", seeds=range(5),
        output=tmp_path / "out",
    ).to_dict()  # fmt: skip
    lenet, relu, sigmoid = (model["test_accuracy"]["values"] for model in told["models"])
    found = [
        stats.ttest_1samp([a - b for a, b in zip(values, lenet, strict=True)], 0)
        for values in (relu, sigmoid)
    ]
    smaller, larger = sorted(test.pvalue for test in found)
    holm = {smaller: min(1.0, 2 * smaller), larger: max(2 * smaller, larger)}
    for model, test, values in zip(told["models"][1:], found, (relu, sigmoid), strict=True):
        assert model["delta"]["p"] == pytest.approx(min(1.0, holm[test.pvalue]))
        assert model["delta"]["ci95"] == pytest.approx(list(test.confidence_interval(0.95)))
        expected = "not separable"
        if holm[test.pvalue] < 0.05:
            expected = "better" if sum(values) > sum(lenet) else "worse"
        if all(value == 0.1 for value in values):
            expected = "did not train"
        assert model["verdict"] == expected
    print([(m["name"], m["verdict"], m["delta"]) for m in told["models"]])


@pytest.mark.slow
def test_the_quick_recipe_teaches_both_networks():
    lenet, alexnet = netzoo.compare(
        ["lenet", "alexnet"], recipe="quick", dataset="fashion_mnist_sample", device="cpu"
    ).models
    assert lenet.test_accuracy.mean >= 0.70
    assert alexnet.test_accuracy.mean >= 0.84


def test_the_processes_of_a_command_share_what_jax_compiled_and_it_goes(tmp_path, backend_name):
    if backend_name != "jax":
        pytest.skip("another backend keeps nothing")

    class Look(netzoo.Callback):
        def on_trial_begin(self, *about):
            self.before = steps()

        def on_trial_end(self, record):
            self.after = steps()

    def steps():
        return sorted(path.name for path in compiled.glob("jit__step*-cache"))

    compiled, look = tmp_path / "out" / "compiled", Look()
    whole_batches = {"limit_train": 100, "validation": 0.1, "batch_size": 45}
    netzoo.compare(
        "lenet", dataset="fashion_mnist_sample", recipe="quick", epochs=1, limit_test=50,
        output=tmp_path / "out", callbacks=[look], **whole_batches,
    )  # fmt: skip
    assert len(look.before) == 1
    assert look.after == look.before
    assert not compiled.exists()
