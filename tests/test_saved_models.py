"""Trained networks in files: what they give again, and what they need for it."""

import csv
import io
import json
import sys

import keras
import numpy as np
import PIL.Image
import pytest
from users import registered_by

import netzoo
from netzoo.data import sample
from netzoo.errors import BadInput
from netzoo.models.catalog import MODELS
from netzoo.records import saved_model
from netzoo.runs.identity import identity
from netzoo.runs.store import open_store
from netzoo.training.saving import save

FEW = {"recipe": "quick", "dataset": "fashion_mnist_sample", "device": "cpu", "epochs": 1}
FEW |= {"limit_train": 640, "limit_test": 203, "scaling": "standardise", "batch_size": 50}
# Images of another size, averaged weights, mirrored images; a softmax behind an open size; batches
# in two parts.
NAMES = ("lenet-relu@image_size=30,ema=0.9,test_flip=True", "net-open", "users-large")


class Said(netzoo.Callback):
    def __init__(self):
        self.lines = []

    def on_message(self, line):
        self.lines.append(line)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train, and save; return the folder, the comparison, and what was said."""
    folder = tmp_path_factory.mktemp("saved") / "out"
    said = Said()
    with MODELS.temporary():
        registered_by("users_networks")
        registered_by("users_models")
        found = netzoo.compare(NAMES, output=folder, save_models=True, callbacks=[said], **FEW)
    return folder, found, said.lines


def files(folder):
    """Return the files of saved networks by model."""
    return {saved_model.about(path).trial.model: path for path in (folder / "models").iterdir()}


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_saved_network_reaches_what_its_record_says(trained, number):
    folder, found, _ = trained
    row, path = found.models[number], files(folder)[NAMES[number]]
    with keras.saving.CustomObjectScope({"FitsOnly": sys.modules["users_models"].FitsOnly}):
        evaluation = netzoo.evaluate(path, device="cpu")
    assert row.parts == (2 if number == 2 else 1)
    assert evaluation.accuracy == row.test_accuracy.mean == evaluation.recorded_accuracy
    assert evaluation.balanced_accuracy == row.balanced_accuracy.mean
    assert evaluation.loss == row.test_loss.mean
    assert evaluation.recalls == row.class_recalls
    store = open_store(folder)
    (record,) = [store.record(t) for t in store.plan().trials if t.model == NAMES[number]]
    assert evaluation.calibration == record.calibration
    assert evaluation.calibration.ece == row.ece.mean
    assert evaluation.notes == ()


def test_what_cannot_be_loaded_alone_is_said(trained):
    folder, _, said = trained
    own = "The network of users-large is saved with FitsOnly, which Keras loads only where"
    assert any(line.startswith(own) for line in said)
    with pytest.raises(BadInput, match="needs FitsOnly, which Keras does not know here"):
        netzoo.evaluate(files(folder)["users-large"])


def test_what_keras_cannot_save_is_said(trained, tmp_path):
    folder, _, _ = trained
    about = saved_model.about(files(folder)["net-open"])
    model = sys.modules["users_networks"].net_built()
    wrong = save(tmp_path / "a.keras", model, about)
    assert wrong.startswith("is not saved, since Keras cannot: NotImplementedError: Object Net was")
    assert list(tmp_path.iterdir()) == []


def test_a_saved_network_is_the_one_that_was_built(trained):
    """With the softmax at its end, whose logits were trained."""
    folder, _, _ = trained
    model = keras.saving.load_model(files(folder)["net-open"], safe_mode=True)
    shares = keras.ops.convert_to_numpy(model(np.zeros((2, 28, 28, 1), "float32")))
    assert shares.astype("float32").sum(axis=1) == pytest.approx(1, abs=0.02)


def test_the_command_evaluates_on_other_images(trained, netzoo_here):
    folder, _, _ = trained
    path = files(folder)["net-open"]
    done = netzoo_here("evaluate", path, "--limit-test", "100", "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["dataset"]["test"] == 100
    assert told["notes"][0].startswith("Other images than those of the training, fashion_mnist")
    table = netzoo_here("evaluate", path, "--limit-test", "100").stdout
    assert f"{100 * told['accuracy']:.2f} %" in table
    assert told["notes"][0] in table


def test_the_command_predicts_image_files(trained, netzoo_here, tmp_path):
    folder, found, _ = trained
    store = open_store(folder)
    trial = next(each for each in store.plan().trials if each.model == NAMES[0])
    images = sample.sample().limited(640, 203).test.images[:3, :, :, 0]
    for number, pixels in enumerate(images):
        PIL.Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    wide = PIL.Image.fromarray(images[0]).convert("RGBA").resize((280, 280), PIL.Image.NEAREST)
    wide.save(tmp_path / "wide.png")
    names = ["0.png", "1.png", "2.png", "wide.png"]
    path = files(folder)[NAMES[0]]
    done = netzoo_here("predict", path, *names, "--top", "10", "--format", "csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    best = [row for row in rows if row["rank"] == "1"]
    classes = trial.dataset.class_names
    kept = store.record(trial).predictions.predicted_classes()
    expected = [classes[number] for number in kept[:3]]
    assert [row["class"] for row in best] == [*expected, expected[0]]
    assert [row["class"] for row in rows[:10]] != sorted(classes)
    for name in names:
        shares = [float(row["probability"]) for row in rows if row["image"] == name]
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)
    table = netzoo_here("predict", path, *names).stdout
    assert "0.png, 1.png, 2.png: 28 × 28 px.\n" in table
    changes = "laid on white, converted from colour to grey, resized to 28 × 28 px."
    assert f"wide.png: 280 × 280 px, {changes}" in table
    assert found.models[0].name in table


@pytest.mark.slow
def test_a_trial_that_was_finished_before_says_that_it_is_not_saved(tmp_path, netzoo_here):
    few = FEW | {"output": tmp_path / "out", "callbacks": [said := Said()]}
    netzoo.compare("lenet", **few)
    netzoo.compare("lenet", save_models=True, **few)
    (trial,) = open_store(tmp_path / "out").plan().trials
    command = f"netzoo rerun {tmp_path / 'out'} {identity(trial)} --save-model"
    assert said.lines[-1] == (
        f"{identity(trial)} has no saved network: it was trained before. To train it again and "
        f"save it: {command}"
    )
    assert not (tmp_path / "out" / "models").exists()
    done = netzoo_here(*command.split()[1:])
    assert done.returncode == 0, done.stdout
    (path,) = (tmp_path / "out" / "models").iterdir()
    record = open_store(tmp_path / "out").record(trial)
    assert saved_model.about(path).test_loss == record.test_loss
    said.lines.clear()
    netzoo.compare("lenet", save_models=True, **few)
    assert said.lines == ["1 of 1 trial is done already."]


@pytest.mark.slow
@pytest.mark.parametrize("other", ["tensorflow", "torch", "jax"])
def test_another_backend_gives_nearly_the_same(trained, netzoo, other, backend_name):
    pytest.importorskip(other)
    folder, found, _ = trained
    done = netzoo(
        "evaluate", files(folder)[NAMES[0]], "--format", "json", KERAS_BACKEND=other
    )  # fmt: skip
    told = json.loads(done.stdout)
    note = f"Trained on {backend_name}, evaluated on {other}: the last digits may differ."
    assert told["notes"] == ([] if other == backend_name else [note])
    assert told["loss"] == pytest.approx(found.models[0].test_loss.mean, rel=0.02)
