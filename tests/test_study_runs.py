"""Studies on the command line, real and small: finished, killed, stopped, damaged, and gone on."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from processes import children, wait_for

import netzoo
from netzoo.data import ops, sample
from netzoo.recipes import Recipe
from netzoo.training import fit
from netzoo.training.inputs import Inputs

COMMAND = Path(sys.executable).parent / "netzoo"
SMALL = (
    "--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "100",
    "--epochs", "1", "--device", "cpu", "--format", "json", "--output", "out",
)  # fmt: skip
ABLATE = ("ablate", "lenet", "--changes", "activation", "--seeds", "2", *SMALL)
LADDER = ("ladder", "lenet", "lenet-relu", "--seeds", "1", *SMALL)
PROBE = ("probe", "lenet", "lenet-relu", "--steps", "0,3", "--seeds", "1", *SMALL)


def start(folder, words):
    return subprocess.Popen(
        [COMMAND, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process):
    """Return what a study printed, read as JSON, and what it said, at its good end."""
    printed, said = process.communicate()
    assert process.returncode == 0, said
    return json.loads(printed), said


def finish(folder, words):
    with start(folder, words) as process:
        return ended(process)


def kept(folder):
    """Return what a study has finished, by the file that holds it: when it was written."""
    files = [*folder.glob("out/trials/*.json"), *folder.glob("out/probes/*.json")]
    return {path.name: path.stat().st_mtime_ns for path in files}


def without_times(told):
    """Return all that a study says but how long it took, and how it was called."""
    if isinstance(told, list):
        return [without_times(each) for each in told]
    if not isinstance(told, dict):
        return told
    times = ("seconds", "images_per_second", "speed", "command")
    return {key: without_times(value) for key, value in told.items() if key not in times}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return an ablation and a probe that nothing disturbed: folder, result, and what it said.

    The two at the same time, since most of it is the start of processes.
    """
    folders = [tmp_path_factory.mktemp(name) for name in ("ablated", "looked")]
    with start(folders[0], ABLATE) as ablation, start(folders[1], PROBE) as probe:
        told = ended(ablation), ended(probe)
    return [(folder, *each) for folder, each in zip(folders, told, strict=True)]


@pytest.fixture(scope="module")
def ablated(undisturbed):
    return undisturbed[0]


@pytest.fixture(scope="module")
def looked(undisturbed):
    return undisturbed[1]


@pytest.fixture(scope="module")
def climbed(ablated, tmp_path_factory):
    """Return a ladder that goes on from the ablation's folder."""
    folder = tmp_path_factory.mktemp("climbed")
    shutil.copytree(ablated[0] / "out", folder / "out")
    return folder, *finish(folder, LADDER)


def test_an_ablation_on_the_command_line(ablated, backend_name):
    folder, told, said = ablated
    assert said.startswith("Recipe: brief, since there is no GPU here. For the full training: ")
    assert "Trial 4 of 4: lenet-relu, seed 1" in said
    (effect,) = told["effects"]
    lenet, relu = told["comparison"]["models"]
    assert (told["base"], effect["model"]) == ("lenet", "lenet-relu")
    assert effect["change"] == "activation: sigmoid → relu"
    assert (effect["params"], effect["macs"]) == (0, 0)
    assert effect["speed"] == pytest.approx(relu["images_per_second"] / lenet["images_per_second"])
    for figure, key in (("accuracy", "test_accuracy"), ("gap", "gap")):
        ours, base = relu[key]["values"], lenet[key]["values"]
        assert effect[figure]["n"] == len(ours) == 2
        mean = np.subtract(ours, base).mean()
        assert effect[figure]["mean"] == pytest.approx(mean)
    assert told["comparison"]["backend"] == backend_name
    assert told["comparison"]["recipe"]["seeds"] == [0, 1]
    assert len(kept(folder)) == 4
    for path in (folder / "out" / "trials").iterdir():
        record = json.loads(path.read_text())
        assert record["final_train_accuracy"] * 100 == pytest.approx(
            round(record["final_train_accuracy"] * 100)  # on 100 images, as on the test's
        )


def test_a_ladder_trains_what_the_folder_does_not_hold(ablated, climbed):
    before, (folder, told, said) = kept(ablated[0]), climbed
    assert "2 of 3 trials are done already." in said
    assert said.count("\nTrial ") == 1
    assert "Trial 3 of 3: lenet-relu@augment=flip+crop, seed 0" in said
    assert len(kept(folder)) == len(before) + 1
    assert [rung["change"] for rung in told["rungs"]] == [
        "activation: sigmoid → relu", "augment: none → flip+crop",
    ]  # fmt: skip
    models = told["comparison"]["models"]
    accuracies = [model["test_accuracy"]["mean"] for model in models]
    for rung, ours, base in zip(told["rungs"], accuracies[1:], accuracies, strict=False):
        assert rung["accuracy"]["mean"] == pytest.approx(ours - base)
        assert rung["verdict"] in (None, "did not train")
    assert models[2]["test_loss"] != models[1]["test_loss"]  # it is another training


def test_a_probe_on_the_command_line(looked, backend_name):
    _, told, _ = looked
    assert [model["status"] for model in told["models"]] == ["ok", "ok"]
    assert told["backend"] == backend_name
    assert {(row["model"], row["step"]) for row in told["layers"]} == {
        (model, step) for model in ("lenet", "lenet-relu") for step in (0, 3)
    }
    conv1 = {(r["model"], r["step"]): r for r in told["layers"] if r["layer"] == "conv1"}
    at_start, later = conv1["lenet-relu", 0], conv1["lenet-relu", 3]
    assert at_start["weight_norm"]["mean"] != later["weight_norm"]["mean"]  # three steps trained
    assert 0 <= at_start["dead"]["mean"] <= 1
    assert at_start["saturated"] is None
    assert conv1["lenet", 0]["dead"] is None
    (ratio,) = [
        r for r in told["ratios"]
        if (r["step"], r["layer"], r["figure"]) == (0, "conv1", "weight_gradient_norm")
    ]  # fmt: skip
    figures = [conv1[model, 0]["weight_gradient_norm"]["mean"] for model in ("lenet-relu", "lenet")]
    assert ratio["ratio"] == pytest.approx(figures[0] / figures[1])


@pytest.mark.parametrize(
    ("study", "words"), [("ablated", "(base)"), ("climbed", "(start)"), ("looked", "Gradient of")]
)
def test_a_finished_study_is_shown_again(netzoo, study, words, request):
    folder, told, _ = request.getfixturevalue(study)
    shown = netzoo("show", folder / "out", "--format", "json")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == told
    assert words in netzoo("show", folder / "out").stdout
    (run,) = json.loads(netzoo("runs", folder, "--format", "json").stdout)
    assert run["state"] == "finished"


def test_a_damaged_probe_is_set_aside_and_taken_again(looked, tmp_path):
    whole, told, _ = looked
    shutil.copytree(whole / "out", tmp_path / "out")
    good, bad = sorted((tmp_path / "out" / "probes").iterdir())
    text = bytearray(bad.read_bytes())
    text[len(text) // 2] ^= 1
    bad.write_bytes(text)
    before = kept(tmp_path)
    again, said = finish(tmp_path, PROBE)
    assert f"{bad.name} was cut short or changed since it was written." in said
    assert f"It is set aside as {bad.name}.damaged1; the probe is taken again." in said
    assert bad.with_name(f"{bad.name}.damaged1").read_bytes() == bytes(text)
    assert said.count("Trial ") == 1
    assert kept(tmp_path)[good.name] == before[good.name]
    assert without_times(again) == without_times(told)


STUDIES = {"ablate": (ABLATE, "ablated"), "ladder": (LADDER, "climbed"), "probe": (PROBE, "looked")}


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_a_killed_study_goes_on_where_it_was(study, request, tmp_path):
    """Nothing that was finished is done again, and the end is that of one that nothing killed."""
    words, fixture = STUDIES[study]
    with start(tmp_path, words) as process:
        wait_for(process, "lenet, seed 0: ")  # its result, which is kept before it is told
        left = children(process)
        process.kill()
    deadline = time.monotonic() + 30
    while any(os.path.exists(f"/proc/{pid}") for pid in left) and time.monotonic() < deadline:
        time.sleep(0.1)
    before = kept(tmp_path)
    assert len(before) == 1
    told, said = finish(tmp_path, words)
    after = kept(tmp_path)
    assert before.items() <= after.items()
    assert "Trial 1 of" not in said
    assert "Trial 2 of" in said
    _, whole, _ = request.getfixturevalue(fixture)
    assert without_times(told) == without_times(whole)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_ctrl_c_gives_what_is_finished_and_the_line_to_go_on(study, request, tmp_path):
    words, fixture = STUDIES[study]
    with start(tmp_path, words) as process:
        wait_for(process, "lenet, seed 0: ")
        wait_for(process, "Trial 2 of")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate()
    assert process.returncode == 130
    told = json.loads(printed)
    models = told["models"] if study == "probe" else told["comparison"]["models"]
    assert "stopped by Ctrl-C" in models[-1]["error"]
    if study == "probe":
        assert models[-1]["status"] == "unfinished"
        assert {row["model"] for row in told["layers"]} >= {"lenet"}
    else:
        assert models[0]["test_accuracy"]["n"] == 1
    before = kept(tmp_path)
    assert before
    (line,) = [line for line in said.splitlines() if line.startswith("To go on: ")]
    command, *again = shlex.split(line.removeprefix("To go on: "))
    assert (command, tuple(again)) == ("netzoo", words)
    told, _ = finish(tmp_path, again)
    assert before.items() <= kept(tmp_path).items()
    _, whole, _ = request.getfixturevalue(fixture)
    assert without_times(told) == without_times(whole)


@pytest.mark.slow
@pytest.mark.parametrize(("study", "signals"), [("ablate", 2), ("probe", 1)])
def test_a_study_that_is_stopped_before_anything_is_kept_can_be_run_again(study, signals, tmp_path):
    """A training ends its epoch at the first Ctrl-C, and stops at once at the second."""
    words, _ = STUDIES[study]
    with start(tmp_path, words) as process:
        wait_for(process, "Trial 1 of")
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.communicate()
    assert process.returncode == 130
    assert kept(tmp_path) == {}
    told, _ = finish(tmp_path, words)
    assert len(kept(tmp_path)) > 1
    assert told["schema"] == 1


MODELS = """
import keras, netzoo
from keras import layers

@netzoo.register_model("mine-broken")
def mine_broken(input_shape=(28, 28, 1), num_classes=10):
    raise RuntimeError("no such layer")

class Own(keras.Model):
    def call(self, x, training=False):
        return super().call(x, training=training)

@netzoo.register_model("mine-unseen")
def mine_unseen(input_shape=(28, 28, 1), num_classes=10):
    image = keras.Input(input_shape)
    return Own(image, layers.Dense(num_classes, name="logits")(layers.Flatten()(image)))

@netzoo.register_model("mine")
def mine(input_shape=(28, 28, 1), num_classes=10):
    image = keras.Input(input_shape)
    x = layers.Dense(8, activation="relu", name="fc1")(layers.Flatten()(image))
    return keras.Model(image, layers.Dense(num_classes, name="logits")(x))
"""
PROBES = """
import json, netzoo, models_of_mine
from netzoo.report.probe import probe_table
found = netzoo.probe({models}, steps={steps}, seeds=(0,), device="cpu", epochs=1,
    dataset="fashion_mnist_sample", limit_train=200, limit_test=100, **{options})
print(json.dumps({{**found.to_dict(), "footer": probe_table(found).footer}}))
"""


def probed(folder, models, steps=(0,), **options):
    """Probe users' models in a process of its own; return what the probe says, and its footer."""
    (folder / "models_of_mine.py").write_text(MODELS)
    done = subprocess.run(
        [sys.executable, "-c", PROBES.format(models=models, steps=steps, options=options)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_model_that_cannot_be_probed_is_a_row_and_the_others_go_on(tmp_path):
    told = probed(tmp_path, ["mine-broken", "mine", "mine-unseen", "lenet"])
    models = {model["name"]: model for model in told["models"]}
    assert {name: model["status"] for name, model in models.items()} == {
        "mine-broken": "failed", "mine": "ok", "mine-unseen": "failed", "lenet": "ok",
    }  # fmt: skip
    assert models["mine-broken"]["error"].endswith("RuntimeError: no such layer")
    assert "cannot be probed" in models["mine-unseen"]["error"]
    assert {row["model"] for row in told["layers"]} == {"mine", "lenet"}
    # Nothing is said of a ratio to the first model, which has no figures.
    assert {ratio["model"] for ratio in told["ratios"]} == set()
    assert not any("name in mine-broken, geometric mean" in line for line in told["footer"])


@pytest.mark.slow
def test_a_network_that_diverges_while_it_is_probed_is_a_row(tmp_path):
    wild = {"optimizer": "sgd", "learning_rate": 1e6, "schedule": "constant"}
    told = probed(tmp_path, ["lenet-relu", "lenet"], (0, 20), **wild)
    relu, sigmoid = told["models"]
    assert (relu["status"], sigmoid["status"]) == ("failed", "ok")
    assert "learning rate" in relu["error"]


class Hooks:
    """Never stop."""

    def report(self, event):
        pass

    def keep(self, done):
        pass

    def should_stop(self):
        return False


def test_the_final_training_accuracy_is_of_images_as_they_are_without_dropout():
    """On as many training images as there are test images, the first of each class."""
    images = sample.sample().limited(300, 100)
    recipe = Recipe(
        "test", epochs=8, batch_size=64, learning_rate=0.005, optimizer="adam",
        augment="flip+crop+color", scaling="standardise",
    )  # fmt: skip
    keras.utils.set_random_seed(0)
    model = netzoo.create_model("lenet-modern")
    fit.prepare(model, images, recipe)
    fitted = fit.fit(model, images, recipe, 0, Hooks())

    labels = images.train.labels
    chosen = np.concatenate([np.flatnonzero(labels == label)[:10] for label in range(10)])
    inputs = Inputs(images.train, recipe, (28, 28))

    def measured(pixels, training=False):
        x = inputs(keras.ops.convert_to_tensor(np.asarray(pixels)))
        logits = keras.ops.convert_to_numpy(model(x, training=training))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        right = (logits.argmax(axis=1) == labels[chosen]).mean()
        return float(loss(labels[chosen], logits)), float(right)

    pixels = images.train.images[chosen]
    loss, accuracy = measured(pixels)
    assert fitted.final_train_accuracy == pytest.approx(accuracy)
    assert fitted.final_train_loss == pytest.approx(loss, rel=1e-4)
    # Far from what it would be with either: or this would show nothing.
    changed = pixels
    for number, augment in enumerate(ops.augmentations(recipe.augment)):
        changed = augment(changed, [0, number])
    for other_loss, _ in (measured(changed), measured(pixels, training=True)):
        assert other_loss > 1.05 * loss
    assert fitted.final_train_accuracy > fitted.history[-1].train_accuracy
    assert fitted.final_train_accuracy != fitted.test_accuracy
