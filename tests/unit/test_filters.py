"""netzoo runs --model and --where: which trials of which folders."""

import csv
import io
import json
import shutil

import pytest
from click.testing import CliRunner
from netzoo_cli.app import app
from study_records import record

from netzoo.errors import BadInput, UnknownName
from netzoo.records.arrays import Predictions
from netzoo.results.filters import Filters
from netzoo.results.trial_rows import trial_rows
from netzoo.runs.saved import run_state
from netzoo.runs.store import Store

RIGHT_HALF = Predictions.of([0] * 6 + [1] * 4, [0] * 10)


@pytest.fixture(scope="module", params=["files", "packs"])
def folder(request, tmp_path_factory):
    """Return a folder with two comparisons, whose records are files or in packs."""
    base = tmp_path_factory.mktemp(request.param)
    records = {
        "a": [
            record("lenet", 0, 0.6, predictions=RIGHT_HALF),
            record("lenet", 1, 0.9),
            record("lenet-relu", 0, 0.9, status="failed", error="it burst, twice."),
        ],
        "b": [record("lenet-relu", 1, 0.95), record("alexnet", 0, 0.8, overrides={"epochs": 3})],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netzoo.runs.trial_records.MANY", 1 if request.param == "packs" else 100)
        for name, held in records.items():
            store = Store(base / name)
            with store.open_to_write():
                for each in held:
                    store.keep_trial(each)
    assert bool(list(base.glob("*/trials/*.jsonl"))) == (request.param == "packs")
    return base


def run(*words):
    return CliRunner().invoke(app, ["runs", *map(str, words)], standalone_mode=False)


def names(folder, *words):
    """Return the models and seeds of the trials that match, by CSV."""
    done = run(folder, *words, "--format", "csv")
    assert done.exception is None, done.exception
    return [
        (row["comparison"], row["model"], int(row["seed"]))
        for row in csv.DictReader(io.StringIO(done.stdout))
    ]


LENET0, LENET1, FAILED = ("a", "lenet", 0), ("a", "lenet", 1), ("a", "lenet-relu", 0)
RELU1, ALEXNET = ("b", "lenet-relu", 1), ("b", "alexnet", 0)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("test_accuracy>0.9", [RELU1]),
        ("test_accuracy>=0.9", [LENET1, RELU1]),
        ("test_accuracy < 0.8", [LENET0]),
        ("test_accuracy<=8e-1", [LENET0, ALEXNET]),
        ("test_accuracy==0.9", [LENET1]),
        ("test_accuracy!=0.9", [LENET0, FAILED, ALEXNET, RELU1]),  # a missing one is another
        ("test_accuracy==none", [FAILED]),
        ("error!=none", [FAILED]),
        ("error=='it burst, twice.'", [FAILED]),
        ("state==failed", [FAILED]),
        ("state!=ok", [FAILED]),
        ("comparison==b", [ALEXNET, RELU1]),
        ('model=="lenet-relu"', [FAILED, RELU1]),
        ("trial==lenet", []),
        ("seed>0", [LENET1, RELU1]),
        ("epochs==3", [ALEXNET]),
        ("epochs_done<1", [FAILED]),
        ("epochs_done>1", [LENET0, LENET1, ALEXNET, RELU1]),
        ("class_weight==none", [LENET0, LENET1, FAILED, ALEXNET, RELU1]),
        ("optimizer==sgd", []),
        ("params==61706", [LENET0, LENET1, FAILED, RELU1]),
        ("params>61706", [ALEXNET]),
        ("balanced_accuracy==0.5", [LENET0]),
        ("last_train_accuracy>0.88", [RELU1]),
        ("device_kind==cpu", [LENET0, LENET1, FAILED, ALEXNET, RELU1]),
        ("threads==none", [LENET0, LENET1, FAILED, ALEXNET, RELU1]),
        ("version_keras==3.15.1", [LENET0, LENET1, FAILED, ALEXNET, RELU1]),
        ("version_keras!=3.15.1", []),
        ("test_each_epoch==false", [LENET0, LENET1, FAILED, ALEXNET, RELU1]),
        ("test_each_epoch!=False", []),
    ],
)
def test_a_condition_chooses_trials(folder, condition, expected):
    assert sorted(names(folder, "--where", condition)) == sorted(expected)


def test_conditions_are_joined_by_and_and_models_by_or(folder):
    both = ("--where", "test_accuracy>0.7", "--where", "seed==0")
    assert names(folder, *both) == [ALEXNET]
    assert sorted(names(folder, "--model", "alex*", "--model", "lenet")) == sorted(
        [LENET0, LENET1, ALEXNET]
    )
    assert names(folder, "--model", "*-relu", "--where", "error==none") == [RELU1]
    assert names(folder, "--model", "LENET") == []


def test_every_format_has_the_trials_that_match(folder, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    words = ("--where", "seed==1")
    text = run(folder, *words).stdout
    assert text.split()[:3] == ["Test", "Comparison", "Trial"]
    assert text.count(" ok ") == 2
    assert text.splitlines()[-1] == "2 of 5 trials match."
    every, some = (
        list(csv.DictReader(io.StringIO(run(folder, *given, "--format", "csv").stdout)))
        for given in ((), words)
    )
    assert some == [row for row in every if row["seed"] == "1"]
    told = json.loads(run(folder, *words, "--format", "json").stdout)
    assert [[each["model"] for each in run["trials"]] for run in told] == [
        ["lenet"],
        ["lenet-relu"],
    ]
    path = tmp_path / "trials.parquet"
    said = run(folder, *words, "--format", "parquet", "--output", path).stdout
    assert said == f"{path} has 2 trials.\n"
    assert pandas.read_parquet(path)["model"].tolist() == ["lenet", "lenet-relu"]
    one = run(folder / "a", *words).stdout.splitlines()
    assert one[1].split()[0] == "Trial"
    assert one[-2:] == ["The comparison is damaged.", "1 of 3 trials match."]


def test_where_no_trial_matches_the_columns_stay(folder, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    words = ("--model", "no such model")
    header, *rows = run(folder, *words, "--format", "csv").stdout.splitlines()
    path = tmp_path / "trials.parquet"
    run(folder, *words, "--format", "parquet", "--output", path)
    assert rows == []
    for columns in (header.split(","), pandas.read_parquet(path).columns):
        assert {"comparison", "model", "seed", "test_accuracy", "params"} <= set(columns)


def test_a_comparison_without_a_finished_trial_has_no_versions_and_is_no_error(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    for path in (tmp_path / "copy" / "a" / "trials").iterdir():
        path.unlink()
    found = names(tmp_path / "copy", "--where", "version_keras==3.15.1")
    assert sorted(found) == sorted([ALEXNET, RELU1])


def test_several_folders_are_listed_together(folder):
    assert sorted(names(folder / "a", "--where", "seed==1")) == [LENET1]
    both = run(folder / "a", folder / "b", "--where", "seed==1", "--format", "csv")
    assert len(both.stdout.splitlines()) == 3
    table = run(folder / "a", folder / "b").stdout
    assert [line.split()[0] for line in table.splitlines()[3:5]] == ["a", "b"]


def test_every_column_of_csv_can_be_asked_for(folder):
    state = run_state(Store(folder / "a"), whole=True)
    for column in trial_rows([state])[0]:
        Filters.of((), [f"{column}==none"]).applied(state)


@pytest.mark.parametrize(
    ("condition", "kind", "said"),
    [
        (
            "test_acuracy>0.9",
            UnknownName,
            "no column 'test_acuracy'; did you mean 'test_acc",
        ),
        ("Seed>0", UnknownName, "no column 'Seed'; did you mean 'seed'?"),
        ("version_kera==3", UnknownName, "no column 'version_kera'; did you mean 'version_keras'?"),
        ("test_accuracy", BadInput, "--where takes a column, one of > >= < <= == != and a value"),
        (
            "test_accuracy=0.9",
            BadInput,
            "'test_accuracy>0.9'; received 'test_accuracy=0.9'.",
        ),
        ("test_accuracy=>0.9", BadInput, "received 'test_accuracy=>0.9'."),
        (">0.9", BadInput, "received '>0.9'."),
        ("seed>", BadInput, "received 'seed>'."),
        ("", BadInput, "received ''."),
        ("seed>one", BadInput, "--where 'seed>one': seed is a number; received 'one'."),
        ("seed>nan", BadInput, "seed is a number; received 'nan'."),
        ("seed>none", BadInput, "seed is a number; received 'none'."),
        ("model>lenet", BadInput, "model is text, which == and != compare; received 'lenet'."),
        ("tuned==yes", BadInput, "tuned is true or false; received 'yes'."),
        ("tuned>true", BadInput, "tuned is true or false; received 'true'."),
    ],
)
def test_a_wrong_condition_is_one_line(folder, condition, kind, said):
    error = run(folder, "--where", condition).exception
    assert type(error) is kind
    assert said in str(error)
    assert "\n" not in str(error)
