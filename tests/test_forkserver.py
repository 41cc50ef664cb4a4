"""Workers that a forkserver forks: as good as new processes, and as hard to lose."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import children, gone, start, wait_for, workers
from small_comparisons import SMALL, numbers

import netzoo
from netzoo.errors import TrialFailed
from netzoo.runs import checkpoint, forking
from netzoo.runs.forkserver import Forked, Forkserver
from netzoo.runs.identity import identity
from netzoo.runs.messages import Ended, Probed, Start, Started, Train
from netzoo.runs.prepare import open_plan, start_process
from netzoo.runs.process import Process, environment
from netzoo.runs.request import Request

FEW = {
    "recipe": "quick",
    "dataset": "fashion_mnist_sample",
    "limit_train": 640,
    "limit_test": 100,
    "epochs": 1,  # after the first a checkpoint is written always, of others if it is quick
    "device": "cpu",
    "augment": "flip+crop",
}


@pytest.fixture
def server(tmp_path, backend_name):
    """Return a forkserver of the suite's backend, which its first worker starts."""
    with Forkserver(tmp_path / "server.log", environment(backend_name, None), "cpu") as server:
        yield server


def worker(server, folder, lock_fd=None):
    """Return a worker that has started its backend."""
    process = Process(folder / "worker.log", "none", lock_fd, server=server)
    process.ask(Start("cpu", None), Started)
    return process


def test_a_forked_worker_trains_to_the_same_bits_as_a_new_process(tmp_path):
    """The second trial of a server, with dropout and Adam: every weight, slot and prediction."""
    request = Request.of(["lenet-relu", "lenet-dropout"], **FEW)
    with open_plan(request, tmp_path / "out", netzoo.Callback()) as (store, plan, server):
        first, trial = plan.trials
        results = []
        for name, each, by in (
            ("first", first, server),
            ("forked", trial, server),
            ("new", trial, None),
        ):
            path = tmp_path / f"{name}.zip"
            about = each.backend, each.device, plan.device.threads
            process, started = start_process(store, name, *about, server=by)
            with process:
                assert isinstance(process._process, Forked if by else subprocess.Popen)
                ended = process.ask(Train(each, 1, str(path)), Ended)
            _, arrays = checkpoint.read(path, identity(each))
            results.append((started, ended.fitted, arrays))
        _, (started, forked, ours), (again, new, theirs) = results
        assert started == again
        assert [(e.train_loss, e.validation_loss) for e in forked.history] == [
            (e.train_loss, e.validation_loss) for e in new.history
        ]
        assert (forked.test_loss, forked.predictions) == (new.test_loss, new.predictions)
        assert ours.keys() == theirs.keys()
        assert [key for key in ours if (ours[key] != theirs[key]).any()] == []
    assert (store.folder / "logs" / "forkserver.log").read_text() == ""


def files_of(pid):
    """Return what a process has open, by number."""
    return {int(path.name): os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}


def test_a_worker_has_its_own_group_and_streams_and_holds_the_lock(server, tmp_path):
    lock = tmp_path / "lock"
    with (
        lock.open("w") as file,
        worker(server, tmp_path, file.fileno()),
        worker(server, tmp_path / "other") as other,
    ):
        forker = server._process.pid
        first, second = children(forker)
        assert len(list(Path(f"/proc/{forker}/task").iterdir())) <= 2  # jemalloc has one
        assert [os.getpgid(pid) for pid in (forker, first, second)] == [forker, first, second]
        assert files_of(first)[2] == str(tmp_path / "worker.log")
        assert files_of(second)[2] == str(tmp_path / "other" / "worker.log")
        assert str(lock) in files_of(first).values()
        for pid in (forker, second):
            assert str(lock) not in files_of(pid).values()
        sockets = {file for file in files_of(forker).values() if file.startswith("socket:")}
        assert len(sockets) == 3  # the parent's, and a channel for each worker
        for pid in (first, second):
            assert not sockets & set(files_of(pid).values())
        os.kill(second, signal.SIGTERM)
        with pytest.raises(TrialFailed, match=r"^its process was ended by SIGTERM\.$"):
            other.receive(Probed)
        assert children(forker) == [first]
    assert children(forker) == []


def stop(pid):
    """Stop a process, and wait until each of its threads has stopped."""
    os.kill(pid, signal.SIGSTOP)
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    while any((task / "stat").read_text().rpartition(")")[2].split()[0] != "T" for task in tasks):
        time.sleep(0.01)


def test_a_worker_is_killed_at_once_and_its_exit_code_is_known(server, tmp_path):
    with worker(server, tmp_path) as ended:
        pass
    assert ended._wait() == 0
    killed = worker(server, tmp_path)
    (pid,) = children(server._process.pid)
    stop(pid)  # or it could end by itself, as its requests end
    killed.kill()
    assert not Path(f"/proc/{pid}").exists()
    assert killed._wait() == -signal.SIGKILL
    killed.kill()  # once more, of one that has ended


@pytest.mark.slow
@pytest.mark.backend_independent
def test_a_killed_server_costs_no_trial_and_its_parent_starts_the_next_ones_itself(
    tmp_path, backend_name
):
    arguments = ("lenet", "lenet-relu", *SMALL, "--epochs", "12")
    with start(tmp_path, *arguments) as process:
        wait_for(process, "epoch 1/12")
        (server,), (left,) = children(process.pid), workers(process)
        os.kill(server, signal.SIGKILL)
        wait_for(process, "lenet-relu, seed 0")
        (fresh,) = children(process.pid)
        process.communicate()
    assert process.returncode == 0
    assert gone([server, left, fresh])
    log = (tmp_path / "out" / "logs" / "forkserver.log").read_text()
    assert log == (
        "No forkserver: it ended, or had no memory for a worker. Each worker imports the backend "
        "itself.\n"
    )
    assert len(numbers(tmp_path / "out")) == 2


@pytest.mark.backend_independent
def test_where_nothing_can_be_forked_each_worker_is_a_new_process(tmp_path, monkeypatch):
    log = tmp_path / "server.log"
    wrong = environment("no-such-backend", None)
    with Forkserver(log, wrong, "cpu") as server, log.open("ab") as file:
        assert server.fork(file, None) is None
        assert "no backend 'no-such-backend'" in log.read_text()
        assert log.read_text().endswith(
            "No forkserver: see above. Each worker imports the backend itself.\n"
        )
    log.unlink()
    monkeypatch.setattr(sys, "platform", "darwin")
    with Forkserver(log, environment("tensorflow", None), "cpu") as server:
        assert not server.start()
        with Process(tmp_path / "log", "tensorflow", server=server) as process:
            assert isinstance(process._process, subprocess.Popen)
    assert log.read_text().startswith("No forkserver: on darwin, system libraries do not bear a ")


@pytest.mark.backend_independent
def test_a_process_that_has_started_a_gpu_is_not_forked(tmp_path, monkeypatch):
    assert forking._no_fork() is None
    monkeypatch.setattr(forking, "GPU_FILES", (str(tmp_path),))
    with (tmp_path / "nvidia-uvm").open("w"):
        assert forking._no_fork().startswith("importing the backend has started a GPU (")
    monkeypatch.setattr(os, "pidfd_open", lambda pid: os.close(10**6))
    assert forking._no_fork() == "the kernel has no pidfd_open (Bad file descriptor)"


SITE = """
import importlib.abc, sys
class Seer(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "netzoo.training.fit" and "torch" in sys.modules:
            import os, torch
            torch.cuda.is_available = lambda: "PYTORCH_NVML_BASED_CUDA_CHECK" in os.environ
sys.meta_path.insert(0, Seer())
"""


def test_a_worker_whose_driver_bears_no_cuda_begins_anew(tmp_path, monkeypatch, backend_name):
    """Without CUDA torch sees a GPU that CUDA cannot use then, as with a driver that is too old."""
    if backend_name != "torch":
        pytest.skip("torch alone finds a GPU as it is imported")
    (tmp_path / "sitecustomize.py").write_text(SITE)
    monkeypatch.syspath_prepend(tmp_path)
    told = environment(backend_name, None)
    with Forkserver(tmp_path / "server.log", told, "cpu") as server, worker(server, tmp_path):
        (forked,) = children(server._process.pid)
        module = Path(f"/proc/{forked}/cmdline").read_text().split("\0")[3]
    assert module == "netzoo.runs.worker"
