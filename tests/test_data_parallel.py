"""One training on two devices: the curve of one device, and all else that holds for a training.

The CPU stands in for the devices.
"""

import json
import os
import shutil
import signal

import pytest
from processes import children, gone, one_line, start, wait_for, workers

from netzoo import backend
from netzoo.data import open_images
from netzoo.models.catalog import model_spec
from netzoo.provenance import Device
from netzoo.runs import checkpoint
from netzoo.runs.forkserver import Forkserver
from netzoo.runs.identity import identity
from netzoo.runs.messages import Ended, Epoch, Finished, Start, Started, Train
from netzoo.runs.process import Process, environment
from netzoo.runs.request import planned_trials, recipe_of

pytestmark = pytest.mark.skipif(backend.cores() < 2, reason="a core stands in for each device")

BUILDER = """
import keras
from keras import layers


def build(input_shape=(28, 28, 1), num_classes=10, dropout=0.0):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(4, 5, strides=3),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(num_classes),
        ]
    )
"""
CURVE = 1e-5  # the relative difference of losses; of these few steps it is mostly below 1e-7


@pytest.fixture(scope="module")
def server(tmp_path_factory, backend_name):
    log = tmp_path_factory.mktemp("server") / "log"
    with Forkserver(log, environment(backend_name, None), "cpu") as server:
        yield server


def worker_of_two(server, folder):
    """Return a worker whose backend has started with two devices."""
    process = Process(folder / "log", backend.name(), server=server)
    assert process.ask(Start("cpu", 2, devices=2), Started).devices == 2
    return process


@pytest.fixture
def worker(server, tmp_path):
    with worker_of_two(server, tmp_path) as process:
        yield process


def trial_of(model, devices, **settings):
    """Return a trial of a model on so many devices, by 100 images and 10 held out of training."""
    given = {
        "epochs": 2,
        "limit_train": 110,
        "limit_test": 101,
        "learning_rate": 0.001,
        "precision": "float32",
        **settings,
    }
    spec, device = model_spec(model), Device("cpu", "CPU")
    data = open_images("fashion_mnist_sample").limited(110, 101).record(None)
    chosen = recipe_of(spec, "quick", given, device, devices)
    (trial,) = planned_trials({spec: chosen}, data, [0], backend.name(), "cpu")
    return trial


def mine(folder):
    """Return a network of one convolution, batch normalisation, and perhaps dropout."""
    (folder / "mine.py").write_text(BUILDER)
    return f"{folder / 'mine.py'}:build"


def trained(worker, trial, folder, on_progress=lambda event: None):
    path = folder / f"{identity(trial)}.checkpoint"
    return worker.ask(Train(trial, 1, str(path)), Ended, on_progress)


def losses(ended):
    assert isinstance(ended, Finished)
    fitted = ended.fitted
    epochs = [(each.train_loss, each.validation_loss) for each in fitted.history]
    return [loss for pair in epochs for loss in pair] + [fitted.test_loss, fitted.final_train_loss]


def accuracies(ended):
    fitted = ended.fitted
    curve = [(each.train_accuracy, each.validation_accuracy) for each in fitted.history]
    return [*curve, fitted.test_accuracy, fitted.final_train_accuracy, fitted.predictions]


def test_two_devices_give_the_curve_of_one(worker, tmp_path):
    """In odd batches and a last one of one image, all normalised whole, with clipped gradients."""
    settings = {
        "batch_size": 33,
        "augment": "flip+crop",
        "class_weight": "balanced",
        "optimizer": "sgd",
        "optimizer_options": {"weight_decay": 0.01, "global_clipnorm": 0.1},
        "ema": 0.5,
    }
    model = mine(tmp_path)
    one, two = (
        trained(worker, trial_of(model, devices, **settings), tmp_path) for devices in (1, 2)
    )
    assert losses(two) == pytest.approx(losses(one), rel=CURVE)
    assert accuracies(two) == accuracies(one)


@pytest.mark.slow
def test_a_training_goes_on_from_any_checkpoint_to_the_same_bits(server, tmp_path):
    """With dropout, whose masks are drawn on each device, and Adam's slots."""
    trial = trial_of(f"{mine(tmp_path)}:dropout=0.5", 2, batch_size=33, epochs=3)
    path, kept = tmp_path / f"{identity(trial)}.checkpoint", tmp_path / "kept"

    def keep(event):
        if isinstance(event, Epoch) and not kept.exists():
            shutil.copy(path, kept)

    with worker_of_two(server, tmp_path) as worker:
        whole = trained(worker, trial, tmp_path, keep)
    done = len(checkpoint.read_meta(kept).history)
    kept.replace(path)
    epochs = []
    with worker_of_two(server, tmp_path) as worker:
        again = trained(worker, trial, tmp_path, epochs.append)
    assert sum(isinstance(event, Epoch) for event in epochs) == 3 - done
    assert (losses(again), accuracies(again)) == (losses(whole), accuracies(whole))


FEW = ("--dataset", "fashion_mnist_sample", "--limit-train", "640", "--limit-test", "200")
TWO = ("lenet-dropout", *FEW, "--data-parallel", "2", "--epochs", "30")


@pytest.mark.slow
def test_a_comparison_that_is_killed_goes_on_to_the_same_bits(netzoo, tmp_path):
    with start(tmp_path, *TWO) as process:
        wait_for(process, "epoch 3/30")
        left = [*workers(process), *(pid for each in workers(process) for pid in children(each))]
        process.kill()
        process.communicate()
    assert gone(left)
    done = netzoo("compare", *TWO, "--output", "out", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "of 30 epochs done before" in done.stderr
    again = netzoo("rerun", "out", "lenet-dropout")
    assert "numbers are bit-identical" in again.stdout
    (told,) = json.loads(done.stdout)["recipe"]["by_model"].values()
    assert told["data_parallel"] == 2


@pytest.mark.slow
def test_a_process_of_a_device_that_dies_ends_its_trial(tmp_path, backend_name):
    if backend_name != "torch":
        pytest.skip("one process for all devices")
    with start(tmp_path, *TWO) as process:
        wait_for(process, "epoch 3/30")
        (first,) = workers(process)
        (other,) = children(first)
        os.kill(other, signal.SIGKILL)
        told = json.loads(process.communicate()[0])
    assert process.returncode == 1
    assert told["models"][0]["error"] == (
        "seed 0: the process of device 2: its process was ended by SIGKILL, possibly out of memory."
    )
    assert gone([first, other])


@pytest.mark.backend_independent
def test_more_devices_than_there_are_are_refused_in_a_line(netzoo):
    cores = backend.cores()
    one_line(
        netzoo("compare", "lenet", *FEW, "--data-parallel", cores + 1),
        f"data_parallel {cores + 1} needs as many GPUs, or, to try it out, CPU cores; here are "
        f"{cores} and no GPU.",
    )
