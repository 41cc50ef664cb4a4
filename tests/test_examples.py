"""The examples of tests/examples through the installed command, each in a training."""

import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import COMMAND

EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a copy of the examples, with the package installed in the folder site."""
    pytest.importorskip("pip", reason="it installs the package")  # not in environments of uv
    folder = tmp_path_factory.mktemp("mine") / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    into = ["--no-build-isolation", "--target", "site", "./package"]
    done = subprocess.run([*pip, *into], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def printed(folder):
    """Run the command in the folder, and return what it prints, read as JSON."""

    def run(*words):
        done = subprocess.run(
            [COMMAND, *words, "--format", "json"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(folder / "site")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def check_trained(comparison, names, train, test):
    """Check that all models were trained on so many images of the ten classes."""
    rows = comparison["models"]
    assert [row["name"] for row in rows] == names
    for row in rows:
        assert row["status"] == "ok"
        assert math.isfinite(row["test_loss"]["mean"])
        assert len(row["history"][0]) == 2
    data = comparison["dataset"]
    assert (data["train"], data["test"], len(data["class_names"])) == (train, test, 10)
    settings = comparison["recipe"]["by_model"]
    assert comparison["recipe"]["name"] == "mine"
    for name in names:
        assert settings[name]["loss_options"] == {"label_smoothing": 0.1}
        assert settings[name]["schedule"] == "CosineDecay"
        own = 0.002 if name.startswith("example") else 0.001
        assert settings[name]["learning_rate"] == own


@pytest.mark.slow_but_on_tensorflow
def test_the_package_the_builder_and_the_recipe_train_on_the_folder(printed):
    names = ["example", "mine.py:build:filters=2"]
    compared = printed("compare", *names, "--recipe", "mine.toml", "--dataset", "images/")
    test = compared["dataset"]["test"]
    assert 10 <= test < 60  # held out by content, at least one of each class
    check_trained(compared, names, 120 - test, test)
    assert [row["params"] for row in compared["models"]] == [
        *(784 * 8 + 8 + 8 * 10 + 10, 9 * 2 + 2 + 13 * 13 * 2 * 10 + 10),
    ]
    assert "softmax" in compared["models"][1]["head"]
    assert "ankle-boot" in compared["dataset"]["class_names"]


@pytest.mark.slow
def test_the_builder_is_ablated_on_the_arrays(printed):
    words = ["--recipe", "mine.toml", "--dataset", "clothes.npz", "--seeds", "1"]
    ablation = printed("ablate", "mine.py:build", "--changes", "activation", *words)
    (effect,) = ablation["effects"]
    assert effect["change"] == "activation: relu → tanh"
    names = ["mine.py:build", "mine.py:build:activation=tanh"]
    check_trained(ablation["comparison"], names, train=80, test=40)


@pytest.mark.slow
def test_the_package_trains_on_the_table_and_repeats(printed):
    pytest.importorskip("pyarrow", reason="Parquet files are read by it")
    words = ["--recipe", "mine.toml", "--dataset", "clothes.parquet", "--output", "run"]
    compared = printed("compare", "example-wide", *words)
    check_trained(
        compared, ["example-wide"], *(compared["dataset"][split] for split in ("train", "test"))
    )
    assert compared["dataset"]["train"] + compared["dataset"]["test"] == 120
    repeated = printed("rerun", "run", "example-wide-seed0")["figures"]
    assert len(repeated) > 4
    assert all(each["recorded"] == each["repeated"] for each in repeated)


@pytest.mark.backend_independent
def test_the_models_of_the_package_are_listed_with_their_origin(printed):
    rows = {row["name"]: row for row in printed("list", "example*")}
    assert {name: row["origin"] for name, row in rows.items()} == {
        "example": "netzoo_example",
        "example-wide": "netzoo_example",
    }
    assert rows["example-wide"]["macs"] == 784 * 32 + 32 * 10


@pytest.mark.backend_independent
def test_the_images_are_those_of_the_sample(tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet files are written by it")
    spec = importlib.util.spec_from_file_location("make_examples", EXAMPLES / "make.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.write(tmp_path)

    def pixels(root):
        return {
            str(path.relative_to(root)): np.asarray(Image.open(path), int)
            for path in sorted((root / "images").rglob("*.*g"))
        }

    ours, theirs = pixels(EXAMPLES), pixels(tmp_path)
    assert len(ours) == 120
    assert ours.keys() == theirs.keys()
    for name, image in ours.items():
        tolerance = 10 if name.endswith("jpg") else 0  # of another decoder
        assert np.abs(image - theirs[name]).max() <= tolerance, name
    with np.load(EXAMPLES / "clothes.npz") as kept, np.load(tmp_path / "clothes.npz") as new:
        assert set(kept) == set(new)
        assert all((kept[name] == new[name]).all() for name in kept)
    tables = [made.pyarrow.parquet.read_table(p / "clothes.parquet") for p in (EXAMPLES, tmp_path)]
    assert tables[0].column("label").equals(tables[1].column("label"))
    assert tables[0].schema.metadata == tables[1].schema.metadata
