"""Networks as users write them, trained by a real comparison: all that can, a row for the rest."""

import threading

import keras
import numpy as np
import pytest
from users import registered_by

import netzoo
from netzoo.models.catalog import MODELS, model_spec
from netzoo.recipes import recipe
from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord
from netzoo.runs.answers import Worker
from netzoo.runs.request import planned_trials
from netzoo.runs.store import Store
from netzoo.training.head import OFF_SOFTMAX, make_ready
from netzoo.training.layer_probes import layer_probes

FEW = {"dataset": "fashion_mnist_sample", "recipe": "quick", "device": "cpu"}
FEW |= {"epochs": 1, "limit_train": 200, "limit_test": 100}


LONG = "net-" + "-".join(f"units{number}" for number in range(40))  # longer than a file's name


@pytest.fixture(scope="module", autouse=True)
def users_networks():
    """Register the models of users_networks.py, and forget them afterwards."""
    with MODELS.temporary():
        registered_by("users_networks")
        yield


class Said(netzoo.Callback):
    def __init__(self):
        self.lines = []

    def on_message(self, line):
        self.lines.append(line)


def test_what_can_train_does_and_the_rest_are_rows(tmp_path):
    """The same network with and without a softmax at its end gives the same numbers."""
    names = ["net-logits", LONG, "net-nine", "net-text", "net-small"]
    said = Said()
    found = netzoo.compare(names, output=tmp_path / "out", callbacks=[said], **FEW)
    logits, softmax, *failed = found.models
    assert [row.status for row in found.models] == ["ok", "ok", "failed", "failed", "failed"]
    assert (logits.head, softmax.head) == (None, OFF_SOFTMAX)
    for what in ("train_loss", "test_loss", "test_accuracy", "gap", "params", "macs"):
        assert getattr(softmax, what) == getattr(logits, what)
    assert [row.error for row in failed] == [
        "seed 0: the model has 9 outputs for 10 classes; expected logits, (batch, 10).",
        "seed 0: the builder of 'net-text' returns str; expected a keras.Model.",
        "seed 0: net-small needs an image of at least 32 px.",
    ]
    note = f"{LONG} {OFF_SOFTMAX}"
    assert note in said.lines
    assert note in found.table().footer
    records = [
        from_text(TrialRecord, path.read_bytes(), path.name)
        for path in (tmp_path / "out" / "trials").glob("*.json")
    ]
    assert {record.trial.model: record.head for record in records} == {
        name: OFF_SOFTMAX if name == LONG else None for name in names
    }
    assert [Store(tmp_path / "out").record(record.trial) for record in records] == records


def trial_of(name):
    data = netzoo.open_images("fashion_mnist_sample").limited(100, 20).record(None)
    recipes = {model_spec(name): recipe("quick", name, {"precision": "float32"})}
    (trial,) = planned_trials(recipes, data, [0], keras.backend.backend(), "cpu")
    return trial


@pytest.mark.parametrize("name", ["net-built", "net-plain", "net-open"])
def test_a_network_without_a_shape_of_its_own_is_counted_and_timed(name):
    found = Worker(print, threading.Event()).profile(trial_of(name), 1)
    assert found.cost.input_shape == (28, 28, 1)
    assert found.cost.macs > 0
    assert found.native.macs == found.cost.macs
    assert found.pace.epoch > 0
    assert found.head == (OFF_SOFTMAX if name == "net-open" else None)


def test_a_registered_network_of_a_size_of_its_own_gets_its_images_so():
    trial = trial_of("net-fixed")
    found = Worker(print, threading.Event()).profile(trial, 1)
    assert found.cost.input_shape == (20, 24, 1)
    assert found.pace.epoch > 0


def test_a_probe_looks_into_the_network_on_logits():
    def probed(activation):
        keras.utils.set_random_seed(2)
        layers = [keras.layers.Flatten(name="flat")]
        layers += [keras.layers.Dense(10, activation=activation, name="last")]
        model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
        make_ready(model, (8, 8, 1), 10)
        x = np.random.default_rng(0).random((6, 8, 8, 1), "float32")
        return layer_probes(model, x, np.arange(6))

    assert probed("softmax") == probed(None)
