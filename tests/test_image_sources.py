"""Trainings on images from disk; of .npz and Parquet files: test_examples."""

import json

import numpy as np
import pytest
from image_files import cifar10, clothes, csv, folder, idx_files, photos

from netzoo.runs.saved import find_trial
from netzoo.runs.store import Store

SMALL = ("--epochs", "1", "--device", "cpu", "--precision", "float32")


def compare(netzoo, data, output, *more):
    return netzoo("compare", "lenet", "--dataset", data, "--output", output, *SMALL, *more)


@pytest.mark.slow
def test_a_folder_trains_continues_elsewhere_and_repeats(tmp_path, netzoo, netzoo_here):
    folder(tmp_path / "photos", (), train=120)
    done = compare(netzoo, "photos/", "runs/a")
    assert done.returncode == 0, done.stderr
    assert "Files: 120 seen, 120 images." in done.stderr
    assert f"Data: {tmp_path}/photos, " in done.stderr
    rows = (tmp_path / "runs" / "a" / "split.tsv").read_text().splitlines()
    assert len(rows) == 120
    assert {row.split("\t")[0] for row in rows} == {"train", "test"}
    trial = find_trial([Store(tmp_path / "runs" / "a")], "lenet-seed0")[1]
    assert trial.trial.dataset.name == str(tmp_path / "photos")
    assert sum(row.startswith("test") for row in rows) == trial.trial.dataset.test

    again = compare(netzoo_here, f"{tmp_path}/photos", "runs/a")
    assert again.returncode == 0, again.stderr
    assert "done already" in again.stderr
    repeated = netzoo_here("rerun", "runs/a", "lenet-seed0")
    assert "bit-identical" in repeated.stdout
    assert "photos" in netzoo_here("runs", "runs").stdout

    next((tmp_path / "photos" / "c1").iterdir()).unlink()
    changed = netzoo_here("rerun", "runs/a", "lenet-seed0")
    assert "has changed since this comparison began" in changed.stdout + changed.stderr


@pytest.mark.backend_independent
def test_wrong_images_end_with_code_2_one_line_and_no_folder(tmp_path, netzoo_here):
    photos(tmp_path / "photos")
    (tmp_path / "photos" / "cat" / "notes.png").write_text("no image")
    done = compare(netzoo_here, "photos", "runs/a")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {tmp_path}/photos: 1 of 11 images cannot be read")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


@pytest.mark.slow
@pytest.mark.backend_independent
def test_a_recipe_takes_what_there_is_and_an_asked_limit_must_be_there(tmp_path, netzoo_here):
    folder(tmp_path / "photos", train=80, test=40)
    done = compare(netzoo_here, "photos", "runs/a", "--format", "json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)["dataset"]
    assert (data["train"], data["test"]) == (80, 40)
    refused = compare(netzoo_here, "photos", "runs/b", "--limit-train", "81")
    assert refused.returncode == 2
    assert "a limit of 81 training images exceeds the 80 of the data set." in refused.stderr


def make_csv(path):
    return csv(path.with_suffix(".csv"), *clothes(120, 40)[0])


KINDS = {
    "csv": make_csv,
    "idx": lambda path: idx_files(path, train=80, test=40),
    "cifar": lambda path: cifar10(path, records=20),
    "photos": lambda path: f"{photos(path, count=40, size=(40, 30))}@size=32",
}


@pytest.mark.slow
@pytest.mark.backend_independent
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_files_trains_and_repeats(tmp_path, netzoo_here, kind):
    done = compare(netzoo_here, KINDS[kind](tmp_path / "data"), "runs/a")
    assert done.returncode == 0, done.stderr
    assert np.isfinite(find_trial([Store(tmp_path / "runs" / "a")], "lenet-seed0")[1].test_loss)
    assert "bit-identical" in netzoo_here("rerun", "runs/a", "lenet-seed0").stdout
