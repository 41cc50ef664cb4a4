"""Balanced accuracy and recalls: where classes differ in size, and what a verdict is of."""

import itertools
import random

import pytest
from click.testing import CliRunner
from netzoo_cli.app import app
from study_records import record

import netzoo
from netzoo.errors import UnknownName
from netzoo.records.arrays import Predictions
from netzoo.records.plan import Plan
from netzoo.report.answer import answer
from netzoo.report.gather import gather
from netzoo.report.words import dictionary
from netzoo.results import metric
from netzoo.results.balance import recalls_text
from netzoo.results.comparison import Comparison
from netzoo.results.rows import compare_records
from netzoo.runs.saved import saved_comparison
from netzoo.runs.store import Store
from netzoo.stats import class_delta, image_delta
from netzoo.studies import effects

# 900 images of class 0, 100 of class 1: what always says 0 is right on nine of ten.
LABELS = [0] * 900 + [1] * 100


def predictions(first, second):
    """Predict so many of the images of each class right, and the others as of the other class."""
    return Predictions.of(
        LABELS, [0] * first + [1] * (900 - first) + [1] * second + [0] * (100 - second)
    )


def trained(model, seed, first, second):
    return record(model, seed, (first + second) / 1000, predictions=predictions(first, second))


def pair(seeds=1):
    lazy = [trained("lenet", seed, 900, seed) for seed in range(seeds)]
    fair = [trained("lenet-relu", seed, 760 - 3 * seed, 80 + 2 * seed) for seed in range(seeds)]
    return [*lazy, *fair]


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_verdict_is_of_the_metric(seeds):
    by_accuracy = compare_records(pair(seeds), "lenet")
    by_balance = compare_records(pair(seeds), "lenet", "balanced_accuracy")
    verdicts = [each.models[1].verdict for each in (by_accuracy, by_balance)]
    assert verdicts == ["worse", "better"]
    lenet, relu = by_balance.models
    assert lenet.balanced_accuracy.values[0] == pytest.approx((1 + 0) / 2)
    assert relu.balanced_accuracy.values[0] == pytest.approx((760 / 900 + 0.8) / 2)
    found = [new - old for new, old in zip(
        relu.balanced_accuracy.values, lenet.balanced_accuracy.values, strict=True)]  # fmt: skip
    assert relu.delta.mean == pytest.approx(sum(found) / seeds)
    assert relu.class_recalls[0] == pytest.approx((760 - 3 * (seeds - 1) / 2) / 900)
    assert relu.class_recalls[2] is None
    assert by_balance.test_counts[:3] == (900, 100, 0)


def test_the_table_has_balance_and_recalls_where_classes_differ():
    table = compare_records(pair(), "lenet").table()
    assert [c.heading for c in table.columns if c.key in ("balanced_accuracy", "delta")] == [
        "Balanced\naccuracy", "Δ test,\npoints",
    ]  # fmt: skip
    footer = "\n".join(table.footer)
    assert "Balanced accuracy: mean recall over the classes, of 100 to 900 test images" in footer
    assert "Recall of lenet-relu: a 84.4 %, b 80.0 %." in footer
    assert "Verdicts: test accuracy against lenet, McNemar's exact test" in footer
    judged = compare_records(pair(), "lenet", "balanced_accuracy").table()
    assert "Δ balanced,\npoints" in [column.heading for column in judged.columns]
    footer = "\n".join(judged.footer)
    assert "Verdicts: balanced accuracy against lenet, permutation test over the test" in footer


def test_the_table_of_even_classes_has_neither_until_it_is_asked_for():
    even = Predictions.of([0] * 600 + [1] * 400, [0] * 1000)
    comparison = compare_records([record("lenet", 0, 0.6, predictions=even)], "lenet")
    assert "balanced_accuracy" not in [column.key for column in comparison.table().columns]
    assert "Recall" not in "\n".join(comparison.table().footer)
    (row,) = comparison.table(["balanced_accuracy"]).rows
    assert row[1].text == "50.0 %"
    assert comparison.to_dict()["models"][0]["class_recalls"][:3] == [1.0, 0.0, None]
    assert Comparison.from_dict(comparison.to_dict(), "it") == comparison


def test_without_predictions_there_is_no_verdict_on_balance():
    pair = [record("lenet", 0, 0.6), record("lenet-relu", 0, 0.8)]
    (_, row) = compare_records(pair, "lenet", "balanced_accuracy").models
    assert (row.balanced_accuracy, row.delta, row.verdict) == (None, None, None)


def test_many_recalls_are_the_lowest():
    names = [f"c{number}" for number in range(20)]
    text = recalls_text([number / 20 for number in range(19, -1, -1)], names)
    assert text.startswith("c19 0.0 %, c18 5.0 %, ")
    assert text.endswith(", c8 55.0 %, the lowest of 20 classes")


def test_the_permutation_test_is_exact_where_all_can_be_counted():
    """Against each exchange of the two networks' results, one by one."""
    labels = [0] * 8 + [1] * 4
    ours = [True] * 7 + [False] + [True] * 4
    base = [False] * 3 + [True] * 5 + [False] * 2 + [True] * 2
    sizes = [8] * 8 + [4] * 4
    shares = [(a - b) / (2 * size) for a, b, size in zip(ours, base, sizes, strict=True)]
    moving = [share for share in shares if share]
    observed = abs(sum(moving)) - 1e-12
    sums = [
        abs(sum(sign * share for sign, share in zip(signs, moving, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(moving))
    ]
    found = class_delta(labels, ours, base)
    assert found.mean == pytest.approx(sum(shares))
    assert found.p == pytest.approx(sum(each >= observed for each in sums) / len(sums))


def test_the_permutation_test_of_even_classes_is_mcnemars():
    draw = random.Random(0)
    labels = [0, 1] * 250
    ours = [draw.random() < 0.8 for _ in labels]
    base = [draw.random() < 0.74 for _ in labels]
    by_class, by_image = class_delta(labels, ours, base), image_delta(ours, base)
    assert by_class.mean == pytest.approx(by_image.mean)
    assert by_class.p == pytest.approx(by_image.p, abs=0.02)
    for bound, other in zip(by_class.ci95, by_image.ci95, strict=True):
        assert bound == pytest.approx(other, abs=0.002)
    same = class_delta(labels, base, base)
    assert (same.mean, same.ci95, same.p) == (0.0, None, 1.0)


def test_an_ablation_and_its_shares_are_of_the_metric(monkeypatch):
    def result(model, seed):
        second = 80 + 2 * seed if "relu" in model else 20 + seed % 2
        return trained(model, seed, 900 - second, second)

    def compare(models, *, recipe, seeds, output=None, metric="accuracy", **options):
        records = [result(model, seed) for seed in seeds for model in models]
        return compare_records(records, models[0], metric)

    monkeypatch.setattr(effects, "compare", compare)
    of_accuracy = netzoo.ablate("lenet", changes=["activation"])
    of_balance = netzoo.ablate("lenet", changes=["activation"], metric="balanced_accuracy")
    assert of_accuracy.effects[0].accuracy.mean < 0.01
    assert of_balance.effects[0].verdict == "better"
    assert of_balance.effects[0].accuracy.mean == pytest.approx(
        sum((more / 100 - more / 900) / 2 for more in (60, 61, 64)) / 3
    )
    assert "Δ balanced,\npoints" in [column.heading for column in of_balance.table().columns]
    assert "Verdicts: balanced accuracy against lenet" in "\n".join(of_balance.table().footer)


def test_a_folder_is_shown_by_another_metric(tmp_path):
    store = Store(tmp_path / "out")
    for each in pair():  # without a plan, the first by name is the baseline
        store.keep_trial(each)
    words = ["show", str(tmp_path / "out"), "--columns", "verdict", "--format", "csv"]
    for name, verdict in (("accuracy", "better"), ("balanced_accuracy", "worse")):
        done = CliRunner().invoke(app, [*words, "--metric", name], standalone_mode=False)
        assert done.stdout.splitlines()[1:] == ["lenet-relu,", f"lenet,{verdict}"]


def test_another_metric_is_none():
    with pytest.raises(UnknownName, match="no metric 'recall'"):
        metric.check_metric("recall")


def test_the_page_judges_as_the_comparison_did(tmp_path, monkeypatch):
    store = Store(tmp_path / "out")
    for each in pair(3):
        store.keep_trial(each)
    for name, words in (("accuracy", "worse than"), ("balanced_accuracy", "better than")):
        monkeypatch.setattr("netzoo.report.gather.saved_metric", lambda _, name=name: name)
        content = gather([tmp_path / "out"], "lenet")
        comparison = content.comparisons["lenet"]
        assert comparison.metric == name
        (sentence, values) = answer(comparison).sentences[0]
        assert sentence.startswith("{model} is " + words)
        assert f"points of {metric.WORDS[name]} (p " in sentence
        assert sentence in dictionary()
        assert values["model"] == "lenet-relu"


def test_a_plan_keeps_the_metric(tmp_path):
    first = pair()[0]
    plan = Plan(
        {}, "lenet", (first.trial,), first.device, first.versions, {}, metric="balanced_accuracy"
    )
    store = Store(tmp_path)
    store.keep_plan(plan)
    store.keep_trial(first)
    assert saved_comparison(store)[0].metric == "balanced_accuracy"
    assert saved_comparison(store, "accuracy")[0].metric == "accuracy"


def test_images_that_are_even_are_told_by_one_number_and_recalls_as_means():
    even = Predictions.of([0, 1] * 50, [0] * 100)
    records = [record("lenet", seed, 0.5, predictions=even) for seed in range(2)]
    balanced, recall = compare_records(records, "lenet", "balanced_accuracy").balance_lines()
    assert balanced == "Balanced accuracy: mean recall over the classes, of 50 test images each."
    assert recall == "Recall of lenet, mean over the seeds: a 100.0 %, b 0.0 %."


def test_class_weights_are_told_where_there_are_some():
    footers = [
        "\n".join(
            compare_records([record("lenet", 0, 0.5, overrides=each)], "lenet").table().footer
        )
        for each in ({}, {"class_weight": "balanced"})
    ]
    assert ["class_weight balanced" in footer for footer in footers] == [False, True]
    assert "class_weight" not in footers[0]


def test_a_loss_of_training_is_told_where_it_is_another():
    footers = [
        compare_records([record("lenet", 0, 0.5, overrides=each)], "lenet").table().footer
        for each in ({}, {"loss": "CategoricalHinge"})
    ]
    told = [[line for line in footer if "loss" in line.lower()] for footer in footers]
    assert told[0] == []
    recipe, line = told[1]
    assert "loss CategoricalHinge" in recipe
    assert line.startswith("Loss of training: lenet CategoricalHinge; every other loss, of valid")
