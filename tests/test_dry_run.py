"""Dry runs: what they tell is what a training then takes, and nothing is written."""

import fcntl
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from processes import launch

import netzoo
from netzoo.errors import Interrupted

pytestmark = pytest.mark.backend_independent

SMALL = ("--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "100")
TOO_SMALL = "alexnet@image_size=9"
WORDS = (
    *("compare", "lenet", *SMALL, "--epochs", "3", "--seeds", "2", "--device", "cpu"),
    *("--save-models", "--output", "out"),
)  # fmt: skip
DRY = ("--dry-run", TOO_SMALL)  # which cannot be trained
FEW = {"dataset": "fashion_mnist_sample", "limit_train": 200, "limit_test": 100, "device": "cpu"}
ASKED = {**FEW, "epochs": 3, "seeds": [0, 1], "save_models": True}


def tree(*folders):
    """Return all that folders hold: when it was changed, and its content."""
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for folder in folders
        for path in (folder, *folder.rglob("*"))
    }


def size(paths):
    return sum(path.stat().st_size for path in paths if path.is_file())


def put_in(folder, patch):
    """Return a working folder and one of temporary files, both empty."""
    here, temporary = folder / "here", folder / "temporary"
    for each in (here, temporary):
        each.mkdir()
    patch.chdir(here)
    patch.setenv("TMPDIR", str(temporary))
    patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    return here, temporary


@pytest.fixture
def places(tmp_path, monkeypatch):
    return put_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return what a dry run tells, its exit code, and what its folders hold after it."""
    with pytest.MonkeyPatch.context() as patch:
        places = put_in(tmp_path_factory.mktemp("told"), patch)
        before = tree(places[0])
        with launch(places[0], [*WORDS, *DRY, "--report", "--format", "json"]) as process:
            printed, _ = process.communicate()
        assert tree(places[0]) == before
        return json.loads(printed), process.returncode, tree(*places)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Return the folder of a comparison that was stopped in its second training."""

    class Stop(netzoo.Callback):
        def on_trial_begin(self, trial, number, count, epochs_done):
            if trial.seed == 1:
                signal.raise_signal(signal.SIGINT)

    folder = tmp_path_factory.mktemp("stopped") / "out"
    with pytest.raises(Interrupted):
        netzoo.compare("lenet", callbacks=[Stop()], output=folder, **ASKED)
    return folder


def test_a_dry_run_writes_nothing(told):
    """No temporary file is left, either."""
    assert [path.name for path in told[2]] == ["here", "temporary"]


def test_a_dry_run_tells_trials_and_time(told):
    result, code, _ = told
    lenet, alexnet = result["models"]
    assert [(row["trials"], row["done"], row["epochs"]) for row in (lenet, alexnet)] == [
        (2, 0, 3), (2, 0, 3),
    ]  # fmt: skip
    assert result["seconds"] == lenet["seconds"] == pytest.approx(2 * lenet["trial_seconds"])
    assert result["device_hours"] == lenet["device_hours"] == pytest.approx(lenet["seconds"] / 3600)
    assert result["device"]["kind"] == "cpu"
    # What cannot be trained fails, as it does without a dry run.
    assert code == 1
    assert (alexnet["status"], alexnet["seconds"]) == ("failed", None)
    assert alexnet["error"].startswith("alexnet needs an image of at least")


def test_finished_trials_and_epochs_count_and_their_folder_stays_as_it_is(stopped, places):
    before = tree(stopped)
    (checkpoint,) = stopped.rglob("*.checkpoint")
    (lenet,) = netzoo.estimate(netzoo.compare, "lenet", output=stopped, **ASKED).models
    assert (lenet.trials, lenet.done) == (1, 1)
    assert 0 < lenet.seconds < lenet.trial_seconds
    assert lenet.checkpoint_bytes == pytest.approx(checkpoint.stat().st_size, rel=0.02)
    assert tree(stopped) == before
    assert [list(place.iterdir()) for place in places] == [[], []]


def test_each_format_of_a_dry_run(stopped, netzoo_here, tmp_path):
    shutil.copytree(stopped, tmp_path / "out")
    before = tree(tmp_path)
    printed = {
        form: netzoo_here(*WORDS, "--dry-run", "--columns", "verdict", *form).stdout
        for form in (("--format", "csv"), ("--format", "markdown"), ("--format", "latex"), ())
    }
    assert tree(tmp_path) == before
    assert all("lenet" in text and "Verdict" not in text for text in printed.values())
    assert "\nlenet,1,1,3," in printed["--format", "csv"]
    assert "In total: 1 trial to go" in printed[()]
    assert "Dry run: nothing is trained, and nothing is written." in printed[()]


def test_what_was_told_is_what_the_comparison_takes_on_the_disk(told, stopped):
    result, _, _ = told
    netzoo.compare("lenet", output=stopped, **ASKED)
    lenet = result["models"][0]
    assert lenet["record_bytes"] == pytest.approx(size(stopped.glob("trials/lenet*")), rel=0.25)
    assert lenet["network_bytes"] == pytest.approx(size(stopped.glob("models/*")), rel=0.25)
    assert result["disk_bytes"] == pytest.approx(size(stopped.rglob("*")), rel=0.25)
    peak = result["disk_bytes"] + result["working_bytes"] + 2 * lenet["checkpoint_bytes"]
    assert result["peak_disk_bytes"] == peak


@pytest.mark.slow
def test_a_damaged_plan_is_left_where_it_is(stopped, places):
    out = places[0] / "out"
    shutil.copytree(stopped, out)
    (out / "plan.json").write_text("{")
    before = tree(out)
    told = netzoo.estimate(netzoo.compare, ["lenet", "mlp"], output=out, **ASKED)
    assert [row.done for row in told.models] in ([1, 0], [2, 0])
    assert tree(out) == before


def test_a_dry_run_of_a_study_writes_nothing(places):
    here, temporary = places
    shutil.copy(Path(__file__).parent / "examples" / "mine.py", here)
    before = tree(here)
    asked = {**FEW, "seeds": [0, 1], "steps": [0, 2], "output": "out"}
    (row,) = netzoo.estimate(netzoo.probe, "mine.py:build", **asked).models
    assert (row.work, row.trials, row.epochs, row.checkpoint_bytes) == ("probe", 2, None, None)
    assert row.seconds == pytest.approx(2 * row.trial_seconds)
    assert tree(here) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_a_dry_run_of_the_lesson_has_its_trainings_and_its_probes(places):
    here, temporary = places
    with launch(here, ["lesson", *SMALL[2:], "--dry-run", "--output", "out", "--wide"]) as process:
        printed, _ = process.communicate()
    assert process.returncode == 0
    assert printed.count(" training ") >= 7
    assert printed.count(" probe ") == 3
    assert list(here.iterdir()) == list(temporary.iterdir()) == []


def full(folder):
    (folder / "full").mkdir()
    (folder / "full" / "file").write_text("text")
    (folder / "file").write_text("text")
    (folder / "used" / "trials").mkdir(parents=True)
    (folder / "used" / "lock").touch()


@pytest.mark.parametrize(
    "words",
    [
        "compare alexnt",
        "compare lenet --epochs 0",
        "compare lenet --seeds 0",
        "compare lenet --columns mac",
        "compare lenet --columns macs --format json",
        "compare lenet --metric acuracy",
        "compare lenet --log tensorbord",
        "compare lenet --memory much",
        "compare lenet --output full",
        "compare lenet --output file",
        "compare lenet --output file/below",
        "compare lenet --output used",
        f"compare lenet --output {'a' * 300}",
        pytest.param("compare lenet --dataset full/ --output out", marks=pytest.mark.slow),
        "ablate lenet-relu",
        "ladder lenet lenet",
        "lesson --brief --full",
        "lesson --output full",
        "probe lenet --steps x",
        "probe lenet --output used",
    ],
)
def test_a_wrong_request_has_the_error_that_it_has_without_a_dry_run(
    netzoo_here, tmp_path, monkeypatch, words
):
    full(tmp_path)
    monkeypatch.setattr("netzoo.runs.lock.LOCK_SECONDS", 0.2)
    before, hold = tree(tmp_path), os.open(tmp_path / "used" / "lock", os.O_RDWR)
    fcntl.flock(hold, fcntl.LOCK_EX)
    dry = netzoo_here(*words.split(), "--dry-run")
    assert tree(tmp_path) == before
    done = netzoo_here(*words.split())
    os.close(hold)
    assert (dry.returncode, dry.stdout, dry.stderr) == (2, "", done.stderr)
    assert dry.stderr.startswith("Error: ")


def test_ctrl_c_ends_a_dry_run_with_code_130_and_nothing_is_left(places):
    here, temporary = places
    with launch(here, ["compare", "lenet", *SMALL, "--dry-run", "--output", "out"]) as process:
        while not list(temporary.glob("*/comparison/lock")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert (process.returncode, printed) == (130, "")
    assert said.endswith("Error: stopped.\n")
    assert list(here.iterdir()) == list(temporary.iterdir()) == []


def test_what_does_not_train_is_not_estimated():
    with pytest.raises(TypeError, match="does not train; give netzoo"):
        netzoo.estimate(netzoo.versions)
