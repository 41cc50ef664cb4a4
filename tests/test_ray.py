"""Trials on a Ray cluster: the numbers of one machine, whatever dies, freezes or is stopped.

The cluster is one as `ray start` makes it, with three nodes on this machine.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import time

import pytest
from processes import COMMAND, ended, gone, launch, start, wait_for
from ray_nodes import Cluster, kill_all
from small_comparisons import SMALL, numbers

pytest.importorskip("ray")
pytestmark = pytest.mark.ray

FEW = ("lenet", "lenet-dropout", *SMALL, "--seeds", "2", "--epochs", "12")
MANY = ("lenet", "lenet-dropout", "lenet-relu", *SMALL, "--seeds", "8", "--epochs", "40")
AGAIN = "; it runs again, after epoch "


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
        assert not [pid for node in cluster.nodes for pid in node.workers()]


def locally(tmp_path_factory, words):
    folder = tmp_path_factory.mktemp("locally")
    with start(folder, *words, "--jobs", "2") as process:
        ended(process)
    return numbers(folder / "out")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return locally(tmp_path_factory, FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return locally(tmp_path_factory, MANY)


def on(cluster, folder, *words):
    """Start a comparison on a cluster, whose output is folder/out, and which prints JSON."""
    words = [*words, "--executor", "ray", "--address", cluster.address]
    return subprocess.Popen(
        [COMMAND, "compare", *words, "--output", "out", "--format", "json"],
        cwd=folder,
        env=cluster.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def workers(cluster):
    return [pid for node in cluster.nodes for pid in node.workers()]


def attempts(cluster):
    return [pid for node in cluster.nodes for pid in node.attempts()]


def check_nothing_left(cluster, folder):
    assert gone(workers(cluster))
    assert not (folder / "out" / "attempts").exists()
    assert not list((folder / "out" / "trials").glob("*.checkpoint"))


def test_a_killed_process_of_ray_costs_the_epochs_since_the_checkpoint(cluster, few, tmp_path):
    with on(cluster, tmp_path, *FEW) as process:
        wait_for(process, ": epoch 3/12, loss ")
        trained = workers(cluster)
        kill_all(attempts(cluster)[:1])
        _, said = ended(process)
    assert said.count(AGAIN) == 1
    assert gone(trained)
    assert numbers(tmp_path / "out") == few
    check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_ctrl_c_ends_the_epochs_and_the_same_command_goes_on(cluster, few, tmp_path):
    with on(cluster, tmp_path, *FEW) as process:
        wait_for(process, ": epoch 2/12, loss ")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130, said
    assert said.count("Stopping at the end of each trial's epoch; Ctrl-C again stops now.") == 1
    unfinished = json.loads(printed)["models"]
    assert sum(" of 12 epochs are kept." in row["error"] for row in unfinished) >= 1
    assert gone(workers(cluster))
    with on(cluster, tmp_path, *FEW) as process:
        _, said = ended(process)
    assert " of 12 epochs done before" in said
    assert numbers(tmp_path / "out") == few
    check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_the_second_ctrl_c_ends_all_at_once(cluster, tmp_path):
    long = ("lenet", "lenet-relu", *SMALL, "--epochs", "30000", "--batch-size", "1")
    with on(cluster, tmp_path, *long) as process:
        wait_for(process, ": epoch 1/30000")
        running = workers(cluster)
        os.kill(process.pid, signal.SIGINT)
        wait_for(process, "Ctrl-C again stops now")
        os.kill(process.pid, signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 130
    assert running
    assert gone(running)
    assert [row["status"] for row in told["models"]] == ["unfinished"] * 2


@pytest.mark.slow
def test_a_killed_command_takes_its_trials_along_and_the_same_command_goes_on(
    cluster, few, tmp_path
):
    with on(cluster, tmp_path, *FEW) as process:
        wait_for(process, ": epoch 3/12, loss ")
        running = workers(cluster)
        process.kill()
        process.communicate()
    assert running
    assert gone(running)
    with on(cluster, tmp_path, *FEW) as process:
        ended(process)
    assert numbers(tmp_path / "out") == few
    check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_ray_is_started_and_ended_where_no_cluster_is_named(few, tmp_path):
    words = [*FEW, "--jobs", "2", "--executor", "ray", "--output", "out", "--format", "json"]
    with launch(tmp_path, ["compare", *words]) as process:
        _, said = ended(process)
    assert "Starting Ray on this machine …" in said
    assert numbers(tmp_path / "out") == few


@pytest.mark.slow
def test_a_run_that_is_silent_for_long_begins_again_and_is_shut_out(cluster, few, tmp_path):
    with on(cluster, tmp_path, *FEW) as process:
        wait_for(process, ": epoch 3/12, loss ")
        frozen = next(node for node in cluster.nodes if node.workers())
        stopped = [*frozen.attempts(), *frozen.workers()]
        assert len(stopped) == 2
        kill_all(stopped, signal.SIGSTOP)
        try:
            _, said = ended(process)
        finally:
            kill_all(stopped, signal.SIGCONT)
    assert "nothing was heard of its node for 90 s; it runs again, after epoch " in said
    assert numbers(tmp_path / "out") == few
    check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_a_folder_that_a_node_does_not_share_is_a_reason(cluster, tmp_path):
    """A node whose folder is another one: in place of the fence it finds a file of its own."""
    with on(cluster, tmp_path, *FEW) as process:
        wait_for(process, "Trial 1 of ")
        while process.poll() is None:
            for fence in (tmp_path / "out" / "attempts").glob("*"):
                fence.write_text("another")
        printed, said = process.communicate()
    assert process.returncode == 1, said
    errors = {row["error"] for row in json.loads(printed)["models"]}
    assert any("is not the folder of the command: all machines must share it" in e for e in errors)
    assert "; it runs again, from its beginning." in said


@pytest.mark.slow
def test_a_node_and_a_process_are_killed_amid_24_trials(many, tmp_path):
    with Cluster(tmp_path / "cluster") as cluster:
        with on(cluster, tmp_path, *MANY) as process:
            wait_for(process, ": epoch 20/40, loss ")
            lost = cluster.nodes.pop()
            on_it = [lost.process.pid, *lost.all()]
            kill_all([lost.raylet()])
            assert gone(lost.workers())
            time.sleep(10)
            kill_all(random.Random(3).sample(attempts(cluster), 1))
            _, said = process.communicate()
        lost.end()
        assert process.returncode == 0, said
        assert gone(on_it)
        assert said.count("; it runs again, ") >= 2
        assert numbers(tmp_path / "out") == many
        check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_a_node_that_freezes_for_two_minutes_writes_nothing_beside_the_second_run(many, tmp_path):
    with Cluster(tmp_path / "cluster") as cluster:
        with on(cluster, tmp_path, *MANY) as process:
            wait_for(process, ": epoch 20/40, loss ")
            frozen = [cluster.nodes[-1].process.pid, *cluster.nodes[-1].all()]
            assert cluster.nodes[-1].workers()
            kill_all(frozen, signal.SIGSTOP)
            time.sleep(120)
            kill_all(frozen, signal.SIGCONT)
            _, said = process.communicate()
        assert process.returncode == 0, said
        assert "; it runs again, " in said
        assert numbers(tmp_path / "out") == many
        check_nothing_left(cluster, tmp_path)


@pytest.mark.slow
def test_kills_at_random_moments_lose_and_double_nothing(few, tmp_path):
    rng, kills, code = random.Random(7), 0, None
    with Cluster(tmp_path / "cluster") as cluster:
        while code != 0:
            with on(cluster, tmp_path, *FEW) as process:
                while process.poll() is None and kills < 8:
                    time.sleep(rng.uniform(3, 15))
                    victim = rng.choice([process.pid, *attempts(cluster), *attempts(cluster)])
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(victim, signal.SIGKILL)
                        kills += 1
                process.communicate()
            code = process.returncode
        assert numbers(tmp_path / "out") == few
        check_nothing_left(cluster, tmp_path)
