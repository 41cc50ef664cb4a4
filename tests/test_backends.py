"""Comparisons on several backends: real trainings, stopped, killed and read again."""

import json
import signal
from importlib.util import find_spec

import pytest
from processes import ended, kept, kill, start, wait_for, without_times

import netzoo
from netzoo.backend import INSTALL

pytestmark = pytest.mark.backend_independent

FEW = {"dataset": "fashion_mnist_sample", "limit_train": 100, "limit_test": 100, "epochs": 1}
WORDS = [f"--{name.replace('_', '-')}={value}" for name, value in FEW.items()]
MODELS = ("lenet", "lenet-relu")
INSTALLED = [name for name in INSTALL if find_spec(name)]


class Heard(netzoo.Callback):
    def __init__(self):
        self.lines, self.backends = [], []

    def on_message(self, line):
        self.lines.append(line)

    def on_backend_begin(self, name, number, count):
        self.backends.append((name, number, count))


def test_a_backend_that_is_not_installed_is_named_and_skipped(tmp_path, monkeypatch):
    """KERAS_BACKEND names that one, too."""
    real, heard = find_spec, Heard()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr("importlib.util.find_spec", lambda n: real(n) if n != "jax" else None)
    asked = {"backends": ["jax", "tensorflow", "jax"], **FEW}
    found = netzoo.compare(MODELS, output=tmp_path / "out", callbacks=[heard], **asked)
    assert heard.lines[0].startswith("jax is not installed, and skipped: pip install")
    assert heard.backends == [("tensorflow", 1, 1)]
    assert found.missing == {"jax": heard.lines[0].removeprefix("jax ")}
    assert [(row.model, row.backend, row.status) for row in found.models] == [
        (model, "tensorflow", "ok") for model in MODELS
    ]
    for row in found.models:
        assert 0 < row.first_step_seconds < 1000
        assert row.process_bytes > 50_000_000
        assert row.device_bytes is None  # a CPU
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("backends.json", "comparison.json", "lock", "table.txt", "tensorflow"),
    }
    assert (tmp_path / "out" / "table.txt").read_text() == found.table().render("table") + "\n"


def test_a_wrong_request_leaves_no_folder_and_is_told_alone(netzoo, tmp_path):
    done = netzoo("compare", "lenet", "--backends", "all", "--dataset", "nowhere/", "--output", "o")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "nowhere" in done.stderr
    assert "Trial" not in done.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.slow
def test_what_is_killed_goes_on_and_what_is_done_is_not_trained_again(netzoo, tmp_path):
    several = (*MODELS, *WORDS, "--backends", "all")
    last, count = INSTALLED[-1], len(INSTALLED)
    with start(tmp_path, *several) as process:
        wait_for(process, f"Backend {count} of {count}: {last}")
        wait_for(process, f"Trial 1 of 2: lenet on {last}, seed 0")
        kill(process)
    before = kept(tmp_path)
    assert len(before) >= 2 * (count - 1)
    shown = json.loads(netzoo("show", "out", "--format", "json").stdout)
    assert [row["status"] for row in shown["models"] if row["backend"] == last] != ["ok", "ok"]
    with start(tmp_path, *several) as process:
        told, said = ended(process)
    after = kept(tmp_path)
    assert before.items() <= after.items()
    assert len(after) == 2 * count
    assert said.count("2 of 2 trials are done already.") == count - 1
    assert [(row["model"], row["backend"]) for row in told["models"]] == [
        (model, backend) for model in MODELS for backend in INSTALLED
    ]
    assert len(told["within"]) == count
    again = netzoo("compare", *several, "--output", "out", "--format", "json")
    assert json.loads(again.stdout) == told
    assert json.loads(netzoo("show", "out", "--format", "json").stdout) == told
    rows = netzoo("show", "out", "--format", "csv", "--columns", "verdict").stdout.splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == INSTALLED * 2
    listed = netzoo("runs", "out", "--where", "state==ok", "--format", "csv").stdout.splitlines()
    assert len(listed) == 1 + 2 * count
    trial = sorted((tmp_path / "out" / "tensorflow" / "trials").glob("lenet-seed0*"))[0].stem
    assert netzoo("rerun", "out", trial).returncode == 0


@pytest.mark.slow
def test_ctrl_c_ends_the_whole_and_the_same_command_goes_on(tmp_path):
    several = (*MODELS, *WORDS, "--epochs", "3", "--backends", "all")
    with start(tmp_path, *several) as process:
        wait_for(process, "Trial 2 of 2: lenet-relu on tensorflow")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130
    assert "To resume: netzoo compare lenet lenet-relu" in said
    told = json.loads(printed)
    assert told["missing"] == dict.fromkeys(INSTALLED[1:], "has not begun.")
    assert told["backends"] == ["tensorflow"]
    with start(tmp_path, *several) as process:
        finished, _ = ended(process)
    assert finished["backends"] == INSTALLED
    first = [row for row in finished["models"] if row["name"] == "lenet (tensorflow)"]
    assert without_times(first)[0]["history"] == without_times(told["models"])[0]["history"]


@pytest.mark.slow
@pytest.mark.skipif("torch" not in INSTALLED, reason="PyTorch is not installed")
def test_a_backend_that_cannot_start_costs_the_others_nothing(netzoo):
    asked = ("lenet", *WORDS, "--backends", "tensorflow,torch", "--output", "out")
    done = netzoo("compare", *asked, "--format", "json", KERAS_TORCH_DEVICE="nonsense")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["failed"] == ["torch"]
    assert told["missing"]["torch"].startswith("failed: KERAS_TORCH_DEVICE is 'nonsense'")
    assert [row["status"] for row in told["models"]] == ["ok"]
    assert "torch failed: KERAS_TORCH_DEVICE" in netzoo("show", "out").stdout
    done = netzoo("compare", *asked, "--quiet", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["backends"] == ["tensorflow", "torch"]
