"""Trainings on images that stay on disk: each number is that of a training in memory."""

import json
import os
import signal
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hooks import Hooks
from image_files import folder, photos
from processes import kill, launch, wait_for
from small_comparisons import numbers

import netzoo
from netzoo.data import cache, disk_images, pipeline
from netzoo.data.disk_images import DiskImages
from netzoo.data.source import Split
from netzoo.recipes import Recipe
from netzoo.training import fit, inputs, state
from netzoo.training.evaluation import evaluate
from netzoo.training.inputs import Inputs, is_held, scaling_of
from netzoo.training.step import step_of

RECIPE = Recipe("test", epochs=2, batch_size=6, learning_rate=0.05)
WAYS = ("memory", "file", "each time")


def opened(place, monkeypatch):
    """Return images in memory, decoded to a file, and decoded whenever they are read."""
    found = [netzoo.open_images(place), netzoo.open_images(place, memory=0)]
    with monkeypatch.context() as patch:
        patch.setattr(cache, "room_bytes", lambda: 0)
        return dict(zip(WAYS, [*found, netzoo.open_images(place, memory=0)], strict=True))


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    ("name", "parts"), [("flip+crop", 3), pytest.param("color", 1, marks=pytest.mark.slow)]
)
def test_batches_have_the_same_images_in_the_same_order(tmp_path, monkeypatch, name, parts):
    recipe = replace(RECIPE, augment=name)
    given = opened(photos(tmp_path, count=14), monkeypatch)
    batches = [
        [[part.numpy() for part in batch] for batch in pipeline.train_batches(
            images.limited(20, None), recipe, 3, micro_batches=parts
        )]
        for images in given.values()
    ]  # fmt: skip
    assert len(batches[0]) == 8 * parts
    for other in batches[1:]:
        for ours, theirs in zip(batches[0], other, strict=True):
            assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    "make", [photos, pytest.param(folder, marks=pytest.mark.slow)], ids=["colour", "grey"]
)
def test_a_training_is_the_same_from_disk(tmp_path, monkeypatch, make):
    settings = {"augment": "flip+crop", "scaling": "standardise", "class_weight": "balanced"}
    recipe = replace(RECIPE, **settings, validation=0.25)
    results = []
    for images in opened(make(tmp_path), monkeypatch).values():
        images = images.with_validation(recipe.validation)
        keras.utils.set_random_seed(1)
        shape, classes = images.image_shape, len(images.class_names)
        model = netzoo.create_model("mlp", input_shape=shape, num_classes=classes)
        fit.compile_model(model, images, recipe)
        fitted = fit.fit(model, images, recipe, 3, Hooks())
        told = [(each.train_loss, each.validation_loss) for each in fitted.history]
        last = fitted.test_loss, fitted.final_train_loss, fitted.predictions
        results.append((state.gather(model), told, last))
    (weights, *figures), *others = results
    for other, *their_figures in others:
        assert figures == their_figures
        for value, theirs in zip(weights.values(), other.values(), strict=True):
            assert (value == theirs).all()


def test_an_evaluation_reads_some_images_at_a_time(tmp_path):
    images = netzoo.open_images(folder(tmp_path), memory=0)
    read = []

    def watched(places):
        read.append(len(places))
        return images.test.images[places]

    test = Split(DiskImages(watched, 20, images.image_shape), images.test.labels)
    model = netzoo.create_model("lenet", num_classes=4)
    fit.compile_model(model, images, RECIPE)
    step = step_of(model, Inputs(images.train, RECIPE, (28, 28)))
    watched_scores, scores = evaluate(step, test, 8), evaluate(step, images.test, 8)
    assert watched_scores.loss == scores.loss
    assert read == [8, 8, 4]


def test_the_device_does_not_hold_what_is_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs.backend, "device", lambda: {"kind": "gpu"})
    place = photos(tmp_path)
    held = [is_held(netzoo.open_images(place, memory=most).train, RECIPE) for most in (None, 0)]
    assert held == [keras.backend.backend() != "tensorflow", False]


@pytest.mark.backend_independent
def test_the_scaling_is_exact_for_images_of_any_number(monkeypatch):
    monkeypatch.setattr(disk_images, "CHUNK_BYTES", 10_000)
    pixels = np.random.default_rng(0).integers(0, 256, (99, 28, 25, 3), np.uint8)
    pixels[..., 2] = 7
    train = Split(pixels, np.zeros(len(pixels), np.int64))
    shift, scale = scaling_of(train, replace(RECIPE, scaling="standardise"))
    assert list(shift) == np.mean(pixels, (0, 1, 2), np.float64).astype("float32").tolist()
    assert list(scale) == [
        *np.std(pixels, (0, 1, 2), np.float64)[:2].astype("float32").tolist(), np.float32(1e-6)
    ]  # fmt: skip


@pytest.mark.backend_independent
def test_a_lost_file_ends_the_pipeline_with_its_name(tmp_path, monkeypatch):
    images = opened(photos(tmp_path), monkeypatch)["each time"]
    for path in (tmp_path / "cat").iterdir():
        path.unlink()
    with pytest.raises(tf.errors.OpError, match=r"DataError: cat/\d\.png has changed: No such"):
        list(pipeline.train_batches(images, RECIPE, 3))


@pytest.mark.slow
@pytest.mark.parametrize("first", [(), ("--memory", "0")], ids=["memory first", "disk first"])
def test_a_killed_training_goes_on_the_other_way(tmp_path, netzoo, first):
    other = () if first else ("--memory", "0")
    folder(tmp_path / "photos", (), "jpg", train=120)
    words = (
        *("compare", "lenet", "--dataset", "photos/", "--epochs", "150", "--batch-size", "4"),
        *("--augment", "flip+crop", "--validation", "0.25", "--device", "cpu"),
    )
    whole = netzoo(*words, *other, "--output", "whole")
    assert whole.returncode == 0, whole.stderr
    with launch(tmp_path, [*words, *first, "--output", "out"]) as process:
        wait_for(process, "epoch 2/150")
        assert (tmp_path / "out" / "decoded").is_dir() == bool(first)
        kill(process)
    again = netzoo(*words, *other, "--output", "out")
    assert again.returncode == 0, again.stderr
    assert "epochs done before" in again.stderr
    assert numbers(tmp_path / "out") == numbers(tmp_path / "whole")
    assert not (tmp_path / "out" / "decoded").exists()


@pytest.mark.slow
def test_the_commands_take_a_budget_and_say_what_they_read_from_disk(tmp_path, netzoo):
    folder(tmp_path / "photos", (), train=120)
    few = ("--dataset", "photos/", "--device", "cpu", "--epochs", "1", "--memory", "10kB")
    done = netzoo("compare", "lenet", *few, "--output", "out", "--save-models")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "budget" in line]
    assert line == (
        "Images: 120 of 28 × 28 × 1 take 94.1 kB, above the memory budget of 10.0 kB (--memory; by "
        f"default half of what is free); they are decoded once to {tmp_path}/out/decoded and read "
        "from there, by place."
    )
    assert not (tmp_path / "out" / "decoded").exists()
    accuracy = json.loads(netzoo("show", "out", "--format", "json").stdout)["models"][0]
    (file,) = (tmp_path / "out" / "models").iterdir()
    found = netzoo("evaluate", file, "--memory", "0", "--format", "json")
    assert json.loads(found.stdout)["accuracy"] == accuracy["test_accuracy"]["mean"]
    again = netzoo("rerun", "out", "lenet-seed0", "--memory", "0")
    assert "bit-identical" in again.stdout
    probed = netzoo("probe", "lenet", *few[:4], "--memory", "0", "--steps", "0,1", "--seeds", "1")
    assert probed.returncode == 0, probed.stderr
    assert "above the memory budget of 0 B" in probed.stderr


@pytest.mark.slow
@pytest.mark.backend_independent
def test_ctrl_c_leaves_no_decoded_images(tmp_path):
    folder(tmp_path / "photos", (), train=120)
    words = ("compare", "lenet", "--dataset", "photos/", "--memory", "0", "--epochs", "900")
    with launch(tmp_path, [*words, "--device", "cpu", "--output", "out"]) as process:
        wait_for(process, "epoch 1/900")
        assert (tmp_path / "out" / "decoded").is_dir()
        os.kill(process.pid, signal.SIGINT)
        process.communicate()
    assert process.returncode == 130
    assert not (tmp_path / "out" / "decoded").exists()


@pytest.mark.backend_independent
def test_a_wrong_budget_is_one_line(netzoo_here):
    for command in (("compare", "lenet"), ("ablate", "lenet"), ("probe", "lenet"), ("lesson",)):
        done = netzoo_here(*command, "--memory", "2 apples")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "Error: --memory is a size such as 2GB, 500MB or 1.5GiB; received '2 apples'.\n"
        )
