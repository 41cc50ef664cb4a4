"""Comparisons that stop at a target: real trainings, continued, killed, side by side."""

import json
import os
import random
import signal
import time
from threading import Event

import keras
import pytest
from processes import finish, launch, start, workers
from small_comparisons import numbers

import netzoo
from netzoo import backend
from netzoo.data import open_images
from netzoo.models.catalog import model_spec
from netzoo.provenance import Device
from netzoo.results.target import first_passing
from netzoo.runs import checkpoint
from netzoo.runs.answers import Worker
from netzoo.runs.messages import Epoch, Stopped, Train
from netzoo.runs.request import planned_trials, recipe_of
from netzoo.runs.saved import saved_comparison
from netzoo.runs.store import open_store

FEW = {"dataset": "fashion_mnist_sample", "limit_train": 300, "limit_test": 50, "epochs": 4}
SETTINGS = {"recipe": "brief", "precision": "float32", **FEW}
WORDS = (
    *("lenet-relu", "--recipe", "brief", "--precision", "float32", "--seeds", "2"),
    *(f"--{name.replace('_', '-')}={value}" for name, value in FEW.items()),
)
TARGET = 0.5
SAME = ("split", "n", "epoch", "seed_epochs")  # with and without the epochs after the target


def decided(told):
    """Return when the target was reached, but for the times."""
    return [{name: row["target"][name] for name in SAME} for row in told["models"]]


class Told(netzoo.Callback):
    """Notes the lines, and the epochs of each seed as they are trained."""

    def __init__(self):
        self.lines, self.epochs = [], []
        self.on_message = self.lines.append

    def on_epoch_end(self, trial, record):
        self.epochs.append((trial.seed, record.epoch))


def small_trial():
    """Return a trial of this backend, of 270 images and 30 held out."""
    device, spec = Device("cpu", "CPU"), model_spec("mlp")
    data = open_images("fashion_mnist_sample").limited(300, 50).record(None)
    settings = {"epochs": 4, "precision": "float32", "limit_train": 300, "limit_test": 50}
    chosen = recipe_of(spec, "brief", settings, device)
    (trial,) = planned_trials({spec: chosen}, data, [0], backend.name(), "cpu")
    return trial


def test_a_worker_stops_where_it_was_asked_to_and_goes_on_as_if_it_had_not(tmp_path):
    """In this process, on every backend."""
    trial = small_trial()

    def train(name, **until):
        """Train by a checkpoint of this name; return the reply, and the epochs of this call."""
        heard = []
        keras.utils.clear_session()  # a checkpoint has the names of a process's first network
        reply = Worker(heard.append, Event()).train(Train(trial, 1, str(tmp_path / name), **until))
        return reply, [event.record.epoch for event in heard if isinstance(event, Epoch)]

    ended, epochs = train("whole")
    whole = ended.fitted.history
    own = first_passing([each.validation_accuracy for each in whole], TARGET)
    assert own in (1, 2, 3), "the settings of this test no longer stop on the way"
    assert train("part", until_accuracy=TARGET) == (Stopped(paused=True), epochs[:own])
    assert numbers_of(checkpoint.read_meta(tmp_path / "part").history) == numbers_of(whole)[:own]
    assert train("part", until_epoch=own) == (Stopped(paused=True), [])
    continued, rest = train("part")
    assert rest == epochs[own:]
    assert numbers_of(continued.fitted.history) == numbers_of(whole)
    assert continued.fitted.test_loss == ended.fitted.test_loss


def numbers_of(history):
    """Return all figures of epochs but times."""
    return [
        (e.train_loss, e.train_accuracy, e.validation_loss, e.validation_accuracy) for e in history
    ]


@pytest.mark.backend_independent
def test_what_stops_at_the_target_has_it_where_the_whole_curve_has(tmp_path):
    """Stopped, asked for again, and continued to the end: by every seed's own curve."""

    def compare(**more):
        told = Told()
        about = {**SETTINGS, "seeds": (0, 1), "output": tmp_path / "out", "callbacks": [told]}
        return netzoo.compare("lenet-relu", **about, **more), told

    early, told = compare(target=TARGET)
    (row,) = early.models
    assert (row.status, row.test_accuracy, row.test_reads) == ("paused", None, 0)
    lengths = [len(history) for history in row.history]
    assert all(0 < length < 4 for length in lengths)
    assert len(told.epochs) == len({*told.epochs}) == sum(lengths)
    assert any(line.startswith("Target: 50 %.") for line in told.lines)

    again, told = compare(target=TARGET)
    assert told.lines == ["2 of 2 trials are done already."]
    assert again == early

    # What follows is of other processes, which know of no target.
    whole, told = compare()
    (ended,) = whole.models
    assert (ended.status, ended.test_accuracy.n, whole.target) == ("ok", 2, None)
    assert len(told.epochs) == 8 - sum(lengths)
    for before, after in zip(row.history, ended.history, strict=True):
        assert tuple(after[: len(before)]) == tuple(before)
    shown, _ = saved_comparison(open_store(tmp_path / "out"), target=TARGET)
    assert decided(shown.to_dict()) == decided(early.to_dict())


@pytest.mark.slow
def test_side_by_side_it_is_the_same(tmp_path):
    several = (*WORDS, "--seeds", "3", "--target", "0.5")
    for jobs in ("1", "3"):
        (tmp_path / jobs).mkdir()
        with start(tmp_path / jobs, *several, "--jobs", jobs) as process:
            printed, said = process.communicate()
        assert process.returncode == 0, said
        told = json.loads(printed)
        lengths = [len(history) for history in told["models"][0]["history"]]
        if jobs == "1":
            first, stood = decided(told), lengths
    assert decided(told) == first
    assert lengths == stood
    assert numbers(tmp_path / "3" / "out") == numbers(tmp_path / "1" / "out")


@pytest.mark.slow
def test_kills_on_the_way_to_a_target_change_nothing(tmp_path):
    """The same trials with as many epochs, none of them trained twice but the running one."""
    several = (*WORDS, "--seeds", "3", "--epochs", "40", "--target", "0.75")
    whole = tmp_path / "whole"
    whole.mkdir()
    with start(whole, *several) as process:
        printed, said = process.communicate()
    assert process.returncode == 0, said
    told = json.loads(printed)
    rng, kills, ended = random.Random(5), 0, None
    while ended != 0:
        with start(tmp_path, *several) as process:
            deadline = time.monotonic() + rng.uniform(3, 12)
            while process.poll() is None and time.monotonic() < deadline and kills < 12:
                time.sleep(0.1)
            if process.poll() is None and kills < 12:
                for pid in (workers(process) if kills % 2 else []) or [process.pid]:
                    os.kill(pid, signal.SIGKILL)
                kills += 1
            printed, said = process.communicate()
        ended = process.returncode
    assert kills > 0
    assert decided(json.loads(printed)) == decided(told)
    assert numbers(tmp_path / "out") == numbers(whole / "out")


@pytest.mark.slow
def test_ctrl_c_on_the_way_is_unfinished_and_goes_on(tmp_path):
    several = (*WORDS, "--epochs", "40", "--target", "0.75")
    with start(tmp_path, *several) as process:
        for line in process.stderr:
            if "epoch 2/40" in line:
                break
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130, said
    (row,) = json.loads(printed)["models"]
    assert (row["status"], row["target"]) == ("unfinished", None)
    told, said = finish(tmp_path, ["compare", *several, "--output", "out", "--format", "json"])
    assert "epochs done before" in said
    assert told["models"][0]["target"]["seed_epochs"]["n"] == 2


@pytest.mark.slow
def test_a_paused_trial_is_repeated_as_far_as_it_came(tmp_path):
    finish(tmp_path, ["compare", *WORDS, "--target", "0.5", "--output", "out", "--format", "json"])
    with launch(tmp_path, ["rerun", "out", "lenet-relu-seed1", "--format", "csv"]) as done:
        printed, said = done.communicate()
    assert done.returncode == 0, said
    assert all(line.endswith(",True") for line in printed.splitlines()[1:])
