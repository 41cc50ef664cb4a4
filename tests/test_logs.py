"""Logs of other programs: what TensorBoard and MLflow read back by their own clients."""

import pytest
from small_comparisons import SMALL
from study_records import record

import netzoo
from netzoo.errors import BadInput, MissingPackage, UnknownName
from netzoo.results.trial_rows import results
from netzoo.runs.identity import identity
from netzoo.runs.logs import logged
from netzoo.runs.saved import run_state
from netzoo.runs.store import Store

pytestmark = [
    pytest.mark.backend_independent,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the clients' own packages
]


class Said(netzoo.Callback):
    def __init__(self):
        self.lines = []

    def on_message(self, line):
        self.lines.append(line)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Return the address of a new MLflow store."""
    address = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.chdir(tmp_path)  # where MLflow makes a folder of files
    return address


def follow(names, folder, *records, begin=0):
    """Let logs follow trials, from the epoch after `begin` on; return what was said."""
    said = Said()
    with logged(names, folder, said) as callback:
        for each in records:
            callback.on_trial_begin(each.trial, 1, 1, begin)
            for epoch in each.history[begin:]:
                callback.on_epoch_end(each.trial, epoch)
            if each.status != "unfinished":
                callback.on_trial_end(each)
    return said.lines


def mlflow_runs(address):
    """Return the runs of a store by name, and the values of each of a run's metrics by epoch."""
    client = pytest.importorskip("mlflow").MlflowClient(address)
    number = client.get_experiment_by_name("netzoo").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([number])}

    def curve(run, key):
        return {m.step: m.value for m in client.get_metric_history(run.info.run_id, key)}

    return runs, curve


def tensorboard_curve(folder, name, key):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = reader.EventAccumulator(str(folder / "tensorboard" / name))
    events.Reload()
    return {e.step: float(e.tensor_proto.float_val[0]) for e in events.Tensors(key)}


DONE = record("lenet", 0, 0.8, final_train_loss=0.4)
FAILED = record("lenet-relu", 0, 0.7, status="failed", error="it burst.")


@pytest.mark.parametrize("begin", [0, 1])
def test_a_trial_is_read_back_whole(store, tmp_path, begin):
    """Also one that was resumed: with the epochs before."""
    pytest.importorskip("mlflow")
    pytest.importorskip("tensorboard")
    lines = follow(["tensorboard", "mlflow"], tmp_path / "out", DONE, FAILED, begin=begin)
    assert lines == [
        f"Log: tensorboard --logdir {tmp_path / 'out' / 'tensorboard'}",
        f"Log: MLflow at {store}, experiment netzoo.",
    ]
    runs, curve = mlflow_runs(store)
    name = identity(DONE.trial)
    run = runs[name]
    assert run.info.status == "FINISHED"
    assert run.data.params["learning_rate"] == str(DONE.trial.recipe.learning_rate)
    assert run.data.params["model"] == "lenet"
    assert curve(run, "train_loss") == {e.epoch: e.train_loss for e in DONE.history}
    assert curve(run, "epoch_seconds") == {1: 2.0, 2: 2.0}
    known = {key: value for key, value in results(DONE).items() if value is not None}
    assert known["final_train_loss"] == 0.4
    assert {key: run.data.metrics[key] for key in known} == known
    failed = runs[identity(FAILED.trial)]
    assert (failed.info.status, failed.data.tags["netzoo.error"]) == ("FAILED", "it burst.")

    losses = tensorboard_curve(tmp_path / "out", name, "train_loss")
    assert losses == pytest.approx({e.epoch: e.train_loss for e in DONE.history})
    assert tensorboard_curve(tmp_path / "out", name, "test_accuracy") == pytest.approx({2: 0.8})


def test_a_trial_that_was_stopped_is_not_left_running(store, tmp_path):
    pytest.importorskip("mlflow")
    stopped = record("lenet", 0, 0.8, status="unfinished", history=DONE.history[:1])
    follow("mlflow", tmp_path / "out", stopped)
    runs, curve = mlflow_runs(store)
    (run,) = runs.values()
    assert run.info.status == "KILLED"
    assert curve(run, "train_accuracy") == {1: DONE.history[0].train_accuracy}


def test_a_server_that_is_away_costs_a_line(tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    place, failure = follow("mlflow", tmp_path / "out", DONE, FAILED)
    assert place == "Log: MLflow at http://127.0.0.1:9, experiment netzoo."
    assert failure.startswith("The log mlflow failed, and gets nothing more of this comparison: ")
    assert "127.0.0.1" in failure
    assert "\n" not in failure


@pytest.mark.slow
def test_the_command_logs_what_it_trains(netzoo, tmp_path):
    pytest.importorskip("mlflow")
    pytest.importorskip("tensorboard")
    address = f"sqlite:///{tmp_path}/mlflow.db"
    words = ["lenet", *SMALL, "--epochs", "2", "--device", "cpu", "--output", "out"]
    done = netzoo("compare", *words, "--log", "tensorboard,mlflow", MLFLOW_TRACKING_URI=address)
    assert done.returncode == 0, done.stderr
    assert "absl" not in done.stderr  # of a TensorFlow that nobody asked for
    (state,) = run_state(Store(tmp_path / "out")).trials
    runs, curve = mlflow_runs(address)
    run = runs[state.name]
    losses = {epoch.epoch: epoch.train_loss for epoch in state.record.history}
    assert curve(run, "train_loss") == losses
    assert run.data.metrics["test_accuracy"] == state.record.test_accuracy
    assert run.data.tags["netzoo.command"].startswith("netzoo compare lenet ")
    read = tensorboard_curve(tmp_path / "out", state.name, "train_loss")
    assert read == pytest.approx(losses)
    away = netzoo(
        "compare", "lenet-relu", *words[1:], "--log", "mlflow",
        MLFLOW_TRACKING_URI="http://127.0.0.1:9",
    )  # fmt: skip
    assert away.returncode == 0
    assert away.stderr.count("The log mlflow failed") == 1


def test_mlflow_writes_nothing_before_a_trial_begins(store, tmp_path):
    """So a dry run leaves no database."""
    pytest.importorskip("mlflow")
    with logged("mlflow", tmp_path / "out", Said()):
        pass
    assert list(tmp_path.iterdir()) == []


def test_wrong_logs(tmp_path, monkeypatch):
    with pytest.raises(UnknownName, match="no log 'mlfow'; did you mean 'mlflow'"):
        follow("mlfow", tmp_path)
    with pytest.raises(BadInput, match="`log` keeps curves of an output folder"):
        follow("mlflow", None)
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.summary", None)
    with pytest.raises(MissingPackage, match=r'pip install "netzoo\[tensorboard\]"'):
        follow("tensorboard", tmp_path)
