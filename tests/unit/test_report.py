import csv
import io
import json
import statistics
from dataclasses import replace

import pytest
import study_records
from fixed_costs import counted

from netzoo.cost.model_list import model_table
from netzoo.cost.result import NativeCost, layer_table
from netzoo.errors import DataError
from netzoo.models.catalog import model_info
from netzoo.provenance import Device, Doubts
from netzoo.recipes import recipe
from netzoo.records.arrays import Predictions
from netzoo.records.codec import from_text, to_text
from netzoo.records.trial import EpochRecord, Trial, TrialRecord
from netzoo.results.comparison import comparison_table
from netzoo.results.rows import compare_records
from netzoo.runs.identity import identity

DATA = replace(study_records.DATA, train=6000)


def record(model, seed, accuracy, *, size, error=None):
    chosen = recipe("quick", model_info(model).family, {"epochs": 2, "precision": "float32"})
    cost, native = counted(model, input_shape=(size, size, 1)), counted(model)
    history = tuple(
        EpochRecord(epoch, 2.0, 3000.0 * epoch, 1 / epoch, accuracy - 0.01) for epoch in (1, 2)
    )
    return TrialRecord(
        trial=Trial(model, (size, size, 1), DATA, chosen, seed, "tensorflow", "auto"),
        status="failed" if error else "ok",
        device=study_records.CPU,
        versions=study_records.VERSIONS,
        cost=cost,
        native=NativeCost(native.input_shape, native.params, native.macs, native.flops),
        history=() if error else history,
        test_loss=None if error else 0.5,
        test_accuracy=None if error else accuracy,
        seconds=None if error else 4.0 + seed,
        error=error,
    )


@pytest.fixture
def records():
    return [
        record("lenet", 0, 0.76, size=28),
        record("alexnet", 0, 0.87, size=96),
        record("lenet", 1, 0.78, size=28),
        record("alexnet", 1, 0.0, size=96, error="the training loss is nan after epoch 1."),
    ]


def test_what_weakens_a_verdict_is_a_line_of_every_form(records):
    old, *_ = records  # of a version that did not look for it
    doubts = Doubts(test_copies=30, contradicted=0, shared_groups=1)
    dataset = replace(DATA, doubts=doubts)
    new = [replace(r, trial=replace(r.trial, dataset=dataset)) for r in records]
    line = (
        "Warning: the images weaken a verdict: 30 of 1,000 test images (3.0 %) have the pixels of "
        "a training image; 1 group has both training and test images (netzoo data names them)."
    )
    comparison = compare_records([old, *new[1:]], "lenet")
    for form in ("table", "markdown", "html"):
        assert line in comparison.table().render(form)
    assert comparison.to_dict()["dataset"]["doubts"]["test_copies"] == 30
    assert compare_records(records, "lenet").to_dict()["dataset"]["doubts"] is None
    for none in (None, Doubts(0, 0, 0)):
        clean = [
            replace(r, trial=replace(r.trial, dataset=replace(DATA, doubts=none))) for r in records
        ]
        assert "weaken" not in compare_records(clean, "lenet").table().render("table")
    assert from_text(TrialRecord, to_text(new[0]), "it").trial.dataset.doubts == doubts


def test_doubts_change_no_identity(records):
    trial = records[0].trial
    known = replace(trial, dataset=replace(DATA, doubts=Doubts(1, 2, 3)))
    assert identity(known) == identity(trial)


def test_a_comparison_puts_the_seeds_together(records):
    lenet, alexnet = compare_records(records, "lenet").models
    assert lenet.test_accuracy.mean == statistics.fmean([0.76, 0.78])
    assert lenet.test_accuracy.sd == statistics.stdev([0.76, 0.78])
    assert (lenet.test_accuracy.n, lenet.test_accuracy.values) == (2, (0.76, 0.78))
    assert lenet.images_per_second == 6000.0
    assert lenet.seconds == 4.5
    assert alexnet.status == "failed"
    assert alexnet.error == "seed 1: the training loss is nan after epoch 1."
    assert (alexnet.test_accuracy.n, alexnet.test_accuracy.sd) == (1, None)


def test_the_json_of_a_comparison_has_the_keys_that_were_promised(records):
    told = json.loads(to_text(compare_records(records, "lenet")))
    assert told["schema"] == 1
    assert {"name", "source", "train", "test", "sha256"} <= set(told["dataset"])
    assert {"recipe", "backend", "device", "versions"} <= set(told)
    assert told["device"]["name"] == "CPU (2 cores)"
    for model in told["models"]:
        assert {
            "name", "status", "input_shape", "params", "macs", "flops", "train_accuracy",
            "test_accuracy", "train_loss", "test_loss", "images_per_second", "seconds",
            "history", "error", "verdict", "delta",
        } <= set(model)  # fmt: skip
        assert set(model["test_accuracy"]) == {"mean", "sd", "n", "values", "ci95"}
        assert len(model["history"]) == 2
    assert told["models"][0]["history"][1][0]["epoch"] == 1
    assert told["recipe"]["by_model"]["alexnet"]["image_size"] == 96


def test_the_table_of_a_comparison(records, golden):
    table = comparison_table(compare_records(records, "lenet"))
    golden("comparison.txt", table.render("table") + "\n")
    golden("comparison.md", table.render("markdown") + "\n")
    golden("comparison.csv", table.render("csv") + "\n")


def test_a_model_that_was_never_built_has_a_row(records):
    lost = replace(records[3], cost=None, native=None)
    table = comparison_table(compare_records([records[0], lost], "lenet"))
    assert {cell.text for cell in table.rows[1][2:]} == {"–"}
    lost_base = comparison_table(compare_records([lost, records[0]], "alexnet"))
    assert lost_base.rows[1][3].text == "–"


def test_csv_has_raw_numbers(records):
    text = comparison_table(compare_records(records, "lenet")).render("csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[1]["params"] == "21598922"
    assert float(rows[0]["test_accuracy"]) == 0.77


@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_the_table_of_a_model(name, golden):
    golden(f"summary-{name}.txt", layer_table(counted(name)).render("table") + "\n")


def test_columns_add_up_to_the_totals():
    cost = counted("alexnet")
    rows = list(csv.DictReader(io.StringIO(layer_table(cost).render("csv"))))
    assert sum(int(row["params"]) for row in rows) == cost.params
    assert sum(int(row["macs"]) for row in rows) == cost.macs
    assert sum(float(row["macs_share"]) for row in rows) == pytest.approx(1, abs=1e-5)


def test_the_table_of_models(golden):
    names = ("alexnet", "alexnet-onefc", "lenet-modern")
    table = model_table([(model_info(name), counted(name)) for name in names])
    golden("list.txt", table.render("table") + "\n")


def test_a_narrow_terminal_gets_a_narrow_table(records, golden):
    text = comparison_table(compare_records(records, "lenet")).render("table", width=80)
    assert max(map(len, text.splitlines())) <= 80
    golden("comparison-narrow.txt", text + "\n")


def test_records_are_read_as_they_were_written(records):
    for written in records:
        assert from_text(TrialRecord, to_text(written), "a.json") == written


@pytest.mark.parametrize("damage", ["{", "", '{"trial": 3}', "[]", "\0\0"])
def test_a_damaged_record_is_refused_in_one_line(damage):
    with pytest.raises(DataError, match=r"a\.json does not hold a TrialRecord") as caught:
        from_text(TrialRecord, damage, "a.json")
    assert "\n" not in str(caught.value)


def test_keys_of_a_later_version_are_ignored(records):
    text = to_text(records[0]).replace('"schema": 1', '"schema": 1, "verdict": "better"')
    assert from_text(TrialRecord, text, "a.json") == records[0]


def test_native_cost_is_told_where_the_input_differs_though_the_weights_do_not(records):
    """As for a network that pools over all places: its weights are the same at any size."""
    small = records[1]
    native = replace(small.native, params=small.cost.params)
    (line,) = [
        line
        for line in comparison_table(
            compare_records([replace(small, native=native)], "alexnet")
        ).footer
        if line.startswith("At native size")
    ]
    assert "alexnet 224 × 224 × 1" in line


def seeds(model, accuracies, *, size=28, **changes):
    return [
        replace(record(model, seed, accuracy, size=size), **changes)
        for seed, accuracy in enumerate(accuracies)
    ]


def test_verdicts_and_what_is_said_of_them(golden):
    stuck = {"test_loss": 2.303}
    records = [
        *seeds("lenet", [0.76, 0.78, 0.77]),
        *seeds("lenet-relu", [0.86, 0.87, 0.88]),
        *seeds("lenet-maxpool", [0.77, 0.78, 0.79]),
        *seeds("lenet-dropout", [0.66, 0.67, 0.69]),
        *seeds("lenet-modern", [0.1, 0.1, 0.1], **stuck),
    ]
    diverged = seeds("alexnet", [0.0, 0.8, 0.8], size=96)
    diverged[0] = replace(diverged[0], status="diverged", error="the training loss is nan.")
    comparison = compare_records([*records, *diverged], "lenet")
    said = {row.name: row.verdict for row in comparison.models}
    assert said == {
        "lenet": None, "lenet-relu": "better", "lenet-maxpool": "not separable",
        "lenet-dropout": "worse", "lenet-modern": "did not train", "alexnet": "diverged",
    }  # fmt: skip
    rows = {row.name: row for row in comparison.models}
    assert rows["lenet-modern"].untrained == (0, 1, 2)
    assert rows["lenet-maxpool"].more_seeds > 0
    assert rows["lenet-relu"].delta.mean == pytest.approx(0.1)
    golden("verdicts.txt", comparison_table(comparison).render("table") + "\n")


def test_one_seed_is_judged_by_its_images():
    def one(model, right):
        labels = [0] * 1000
        predicted = [0] * right + [1] * (1000 - right)
        made = Predictions.of(labels, predicted)
        return replace(record(model, 0, right / 1000, size=28), predictions=made)

    pair = [one("lenet", 770), one("lenet-relu", 800), one("lenet-maxpool", 772)]
    comparison = compare_records(pair, "lenet")
    _, relu, maxpool = comparison.models
    assert (relu.verdict, relu.delta.test, relu.delta.n) == ("better", "McNemar", 1)
    assert relu.delta.mean == pytest.approx(0.03)
    assert (maxpool.verdict, maxpool.more_seeds) == ("not separable", None)
    footer = "\n".join(comparison_table(comparison).footer)
    assert "McNemar's exact test over the test images, p < 0.05 after Holm's" in footer
    assert "One seed: the verdict compares these trained networks" in footer
    without = compare_records([record("lenet", 0, 0.7, size=28), pair[1]], "lenet")
    assert without.models[1].verdict is None


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (("ok", "ok"), "ok"),
        (("ok", "unfinished"), "unfinished"),
        (("unfinished", "failed"), "failed"),
        (("diverged", "ok"), "failed"),
    ],
)
def test_a_model_that_was_stopped_did_not_fail(statuses, status):
    records = [
        replace(record("lenet", seed, 0.7, size=28), status=each, error="why")
        for seed, each in enumerate(statuses)
    ]
    comparison = compare_records(records, "lenet")
    assert comparison.models[0].status == status
    assert (status == "ok") != (f"lenet {status}: seed" in comparison_table(comparison).footer[0])


def test_predictions_are_packed_and_unpacked():
    made = Predictions.of([3, 70, 65535], [3, 71, 65535])
    assert made.correct() == [True, False, True]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"device": Device("gpu", "a GPU")}, "Models differ in device: lenet CPU (2 cores);"),
        (
            {"device": Device("cpu", "CPU (2 cores)", threads=1)},
            "Models differ in number of threads: lenet not known; lenet-relu 1.",
        ),
        ({"versions": {"keras": "3.16"}}, "Models differ in versions: "),
    ],
)
def test_what_was_not_the_same_is_a_warning(change, words):
    pair = [record("lenet", 0, 0.7, size=28), record("lenet-relu", 0, 0.7, size=28)]
    assert compare_records(pair, "lenet").warnings == ()
    (line,) = compare_records([pair[0], replace(pair[1], **change)], "lenet").warnings
    assert line.startswith(words)
    assert (
        f"Warning: {line}"
        in comparison_table(compare_records([pair[0], replace(pair[1], **change)], "lenet")).footer
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"epochs": 9}, "Models differ in epochs: lenet 2; lenet-relu 9."),
        ({"augment": "flip"}, "Models differ in augmentation: lenet none; lenet-relu flip."),
        (
            {"class_weight": "balanced"},
            "Models differ in class weights: lenet none; lenet-relu bal",
        ),
        (
            {"loss": "CategoricalHinge"},
            "Models differ in loss of training: lenet SparseCategoricalCrossentropy; lenet-rel",
        ),
        ({"validation": 0.2}, "Models differ in validation share: lenet 0.1; lenet-relu 0.2."),
        ({"precision": "mixed_bfloat16"}, "Models differ in precision: lenet float32;"),
        ({"tuned": False}, "Hyperparameters were tuned for some models only, not for"),
    ],
)
def test_other_settings_are_a_warning(setting, words):
    ours, other = record("lenet", 0, 0.7, size=28), record("lenet-relu", 0, 0.7, size=28)
    trial = replace(other.trial, recipe=replace(other.trial.recipe, **setting))
    (line,) = compare_records([ours, replace(other, trial=trial)], "lenet").warnings
    assert line.startswith(words)
