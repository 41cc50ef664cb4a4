"""netzoo runs as CSV and Parquet: a row for each trial."""

import csv
import io
import json

import pytest
from click.testing import CliRunner
from netzoo_cli.app import app
from study_records import record

from netzoo.errors import BadInput, MissingPackage
from netzoo.records.arrays import Predictions
from netzoo.runs.store import Store

COSINE = {"schedule": "CosineDecay", "schedule_options": {"alpha": 0.1, "decay_epochs": 2}}


@pytest.fixture
def folder(tmp_path):
    """Save two comparisons, one of which has a trial that failed; return their folder."""
    predictions = Predictions.of([0] * 6 + [1] * 4, [0] * 10)
    records = {
        "a": [record("lenet", seed, 0.6, predictions=predictions) for seed in range(2)],
        "b": [
            record("lenet-relu", 0, 0.8, overrides=COSINE),
            record("lenet-maxpool", 0, 0.0, status="failed", error="it burst, twice."),
        ],
    }
    for name, held in records.items():
        store = Store(tmp_path / name)
        for each in held:
            store.keep_trial(each)
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["runs", *map(str, words)], standalone_mode=False)


def test_csv_has_a_row_for_each_trial_of_all_comparisons(folder):
    done = run(folder, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["comparison"], row["model"], row["seed"], row["state"]) for row in rows] == [
        ("a", "lenet", "0", "ok"),
        ("a", "lenet", "1", "ok"),
        ("b", "lenet-maxpool", "0", "failed"),
        ("b", "lenet-relu", "0", "ok"),
    ]
    first, _, failed, relu = rows
    assert float(first["test_accuracy"]) == 0.6
    assert float(first["balanced_accuracy"]) == 0.5
    assert (first["params"], first["macs"]) == ("61706", "416520")
    assert (first["input_height_px"], first["batch_size"], first["class_weight"]) == (
        "28", "64", "none",
    )  # fmt: skip
    assert float(first["last_train_accuracy"]) == pytest.approx(0.55)
    assert first["version_keras"] == "3.15.1"
    assert (failed["error"], failed["test_accuracy"]) == ("it burst, twice.", "")
    assert relu["balanced_accuracy"] == ""  # without predictions
    assert json.loads(relu["schedule_options"]) == COSINE["schedule_options"]
    alone = list(csv.DictReader(io.StringIO(run(folder / "a", "--format", "csv").stdout)))
    assert alone == rows[:2]


def test_parquet_has_the_same_values_in_their_types(folder, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    path = tmp_path / "trials.parquet"
    done = run(folder, "--format", "parquet", "--output", path)
    assert done.stdout == f"{path} has 4 trials.\n"
    frame = pandas.read_parquet(path)
    text = io.StringIO(run(folder, "--format", "csv").stdout)
    same = pandas.read_csv(text)
    assert list(frame.columns) == list(same.columns)
    for key in ("model", "seed", "test_accuracy", "learning_rate", "params", "error", "tuned"):
        assert frame[key].tolist() == pytest.approx(same[key].tolist(), nan_ok=True) or (
            frame[key].fillna("").tolist() == same[key].fillna("").tolist()
        )
    assert frame["seed"].dtype.kind == "i"
    printed = CliRunner().invoke(app, ["runs", str(folder), "--format", "parquet"])
    assert printed.stdout_bytes == path.read_bytes()


def test_without_its_package_parquet_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    error = run(folder, "--format", "parquet").exception
    assert isinstance(error, MissingPackage)
    assert 'pip install "netzoo[parquet]"' in str(error)


def test_wrong_outputs(folder, monkeypatch):
    error = run(folder, "--output", "x.csv").exception
    assert isinstance(error, BadInput)
    assert str(error) == "--output takes CSV or Parquet: it does not go with --format table."
    error = run(folder, "--format", "csv", "--output", "none/x.csv").exception
    assert str(error) == "none/x.csv cannot be written: No such file or directory."


def test_of_an_empty_folder_the_header_is_written(tmp_path):
    Store(tmp_path / "a").keep_trial(record("lenet", 0, 0.6))
    next((tmp_path / "a" / "trials").iterdir()).unlink()
    (header,) = run(tmp_path, "--format", "csv").stdout.splitlines()
    assert header.startswith("comparison,trial,state,")
