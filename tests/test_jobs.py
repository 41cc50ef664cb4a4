"""Trials side by side: the numbers, the stops and the failures of one after the other."""

import json
import os
import random
import signal
import time

import pytest
from processes import ended, finish, gone, launch, start, wait_for, workers
from small_comparisons import SMALL, numbers

from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord

MODELS = ("lenet", "lenet-dropout", *SMALL, "--augment", "flip+crop", "--seeds", "2")
SHORT = (*MODELS, "--epochs", "3")


def records(folder):
    paths = sorted((folder / "out" / "trials").glob("*.json"))
    return [from_text(TrialRecord, path.read_bytes(), path.name) for path in paths]


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_by_one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # the same bits, sooner on a shared machine
        with start(folder, *SHORT) as process:
            ended(process)
    return folder


@pytest.mark.slow_but_on_tensorflow
def test_two_side_by_side_stopped_and_continued_give_the_numbers_of_one_after_the_other(
    one_by_one, tmp_path
):
    with start(tmp_path, *SHORT, "--jobs", "2") as process:
        wait_for(process, "Jobs: 2 trials side by side, on ")
        wait_for(process, ": epoch 1/3, loss ")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130
    assert said.count("Stopping at the end of each trial's epoch; Ctrl-C again stops now.") == 1
    unfinished = json.loads(printed)["models"]
    assert sum(" of 3 epochs are kept." in row["error"] for row in unfinished) >= 1
    told, said = finish(
        tmp_path, ["compare", *SHORT, "--jobs", "3", "--output", "out", "--format", "json"]
    )
    assert " of 3 epochs done before" in said
    assert numbers(tmp_path / "out") == numbers(one_by_one / "out")
    assert {row["jobs"] for row in told["models"]} == {3}
    alone, beside = records(one_by_one), records(tmp_path)
    assert {record.jobs for record in alone} == {1}
    assert {record.jobs for record in beside} <= {2, 3}
    assert [r.device for r in beside] == [r.device for r in alone]


@pytest.mark.slow
def test_the_second_ctrl_c_ends_all_at_once_and_the_table_says_so(tmp_path):
    few = ("--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "50")
    long = ("lenet", "lenet-relu", *few, "--epochs", "30000", "--batch-size", "1")
    with start(tmp_path, *long, "--jobs", "2") as process:
        wait_for(process, "lenet, seed 0: epoch 1/30000")
        running = workers(process)
        os.kill(process.pid, signal.SIGINT)
        wait_for(process, "Ctrl-C again stops now")
        os.kill(process.pid, signal.SIGINT)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 130
    assert len(running) >= 2
    assert gone(running)
    assert [row["status"] for row in told["models"]] == ["unfinished"] * 2
    assert all("stopped by Ctrl-C" in row["error"] for row in told["models"])


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_own_trial_alone(one_by_one, tmp_path):
    with start(tmp_path, *SHORT, "--jobs", "2") as process:
        wait_for(process, ": epoch 1/3, loss ")
        os.kill(workers(process)[-1], signal.SIGKILL)
        printed, _ = process.communicate()
    assert process.returncode == 1
    errors = [row["error"] for row in json.loads(printed)["models"] if row["error"]]
    assert len(errors) == 1
    assert errors[0].startswith("seed ")
    assert errors[0].endswith("its process was ended by SIGKILL, possibly out of memory.")
    finish(tmp_path, ["compare", *SHORT, "--jobs", "2", "--output", "out", "--format", "json"])
    assert numbers(tmp_path / "out") == numbers(one_by_one / "out")


@pytest.mark.slow
def test_a_model_that_cannot_be_built_is_a_row_beside_the_others(tmp_path):
    words = ["lenet", "lenet@image_size=3", "lenet-relu", *SMALL, "--epochs", "1", "--jobs", "2"]
    words = ["compare", *words, "--output", "out", "--format", "json"]
    with launch(tmp_path, words) as process:
        printed, said = process.communicate()
    assert process.returncode == 1, said
    assert [row["status"] for row in json.loads(printed)["models"]] == ["ok", "failed", "ok"]


# The builder takes what there is once, as a network does that needs most of the memory.
TAKES_ALL = """
import fcntl
import keras

taken = open("memory", "w")


def build(input_shape, num_classes):
    try:
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise MemoryError("taken by another process") from None
    layers = keras.layers.Flatten(), keras.layers.Dense(num_classes)
    return keras.Sequential([keras.Input(input_shape), *layers])
"""


@pytest.mark.slow
def test_what_finds_no_memory_beside_another_runs_by_itself_with_its_whole_batch(tmp_path):
    (tmp_path / "mine.py").write_text(TAKES_ALL)
    words = ["mine.py:build", *SMALL, "--epochs", "40", "--seeds", "2", "--jobs", "2"]
    told, said = finish(tmp_path, ["compare", *words, "--output", "out", "--format", "json"])
    assert said.count("the memory does not do for it beside the others; it runs by itself") == 1
    assert "micro-batches" not in said
    assert told["models"][0]["seeds"] == [0, 1]
    assert sorted(record.jobs for record in records(tmp_path)) == [1, 2]


@pytest.mark.slow
def test_thirty_kills_of_parent_or_child_at_random_moments_lose_and_double_nothing(tmp_path):
    """Each of eight trials ends once, with the numbers of one after the other."""
    models = (*MODELS[:-1], "4", "--epochs", "30")
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    with start(tmp_path / "whole", *models) as process:
        ended(process)
    rng, kills, code = random.Random(5), 0, None
    while kills < 30 or code != 0:
        with start(tmp_path / "killed", *models, "--jobs", "4") as process:
            while process.poll() is None and kills < 30:
                time.sleep(rng.uniform(0.5, 9))
                left = workers(process)
                victim = rng.choice([process.pid, *left])
                os.kill(victim, signal.SIGKILL)
                kills += 1
                if victim == process.pid:
                    assert gone(left)
            process.communicate()
        code = process.returncode
    assert numbers(tmp_path / "killed" / "out") == numbers(tmp_path / "whole" / "out")
    assert len(records(tmp_path / "killed")) == 8
