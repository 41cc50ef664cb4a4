"""Time to accuracy on the page: the curves, the target, the passing points, in both languages."""

from dataclasses import replace

import altair as alt
import pytest
from page_content import content
from study_records import record

from netzoo.records.trial import EpochRecord
from netzoo.report import words
from netzoo.report.answer import answer
from netzoo.report.foot import foot
from netzoo.report.gather import gather
from netzoo.report.page import page
from netzoo.report.target import time_to_accuracy
from netzoo.results.rows import compare_groups
from netzoo.runs.store import Store

pytestmark = pytest.mark.page

# The seeds of the first pause where it is decided; the second comes to its end without it.
CURVES = {
    "lenet-relu": [[0.5, 0.91], [0.6, 0.93]],
    "lenet": [[0.5, 0.6, 0.7], [0.3, 0.5, 0.74]],
}


def groups(curves=None):
    told = {}
    for name, of_seeds in (curves or CURVES).items():
        told[name] = []
        for seed, curve in enumerate(of_seeds):
            history = tuple(
                EpochRecord(n, 2.0, 900.0, 1.0, 0.5, validation_loss=1.0, validation_accuracy=a)
                for n, a in enumerate(curve, 1)
            )
            each = record(name, seed, 0.8, overrides={"epochs": 3}, history=history)
            if len(curve) < 3:
                each = replace(each, status="paused", test_accuracy=None, test_loss=None)
            told[name].append(each)
    return told


def shown(target=0.9, curves=None):
    by_model = groups(curves)
    whole = content(by_model)
    return replace(
        whole,
        comparisons={name: compare_groups(by_model, name, target=target) for name in by_model},
    )


def test_the_figure_has_the_means_the_band_and_the_passing_points():
    held = shown()
    figure = time_to_accuracy(held.comparison, held.records)
    assert [(r["model"], r["epoch"], r["reached"]) for r in figure.rows] == [
        *(("lenet-relu", 1, False), ("lenet-relu", 2, True)),
        *(("lenet", n, False) for n in (1, 2, 3)),
    ]
    second = figure.rows[1]
    assert (second["low"], second["high"]) == (91, 93)
    assert second["accuracy"] == pytest.approx(92)
    assert second["seconds"] == 4.0
    assert {*figure.charts} == {"epoch", "seconds", "flops"}
    for chart in figure.charts.values():
        alt.Chart.from_dict(chart.to_dict(validate=True), validate=False)
        assert any(layer["encoding"]["y"].get("datum") == 90 for layer in chart.to_dict()["layer"])
    assert time_to_accuracy(compare_groups(groups(), "lenet"), groups()) is None


def test_the_answer_is_the_time_where_no_model_has_a_test_accuracy():
    early = {name: CURVES[name] for name in ("lenet-relu",)}
    sentences = answer(shown(curves=early).comparison).sentences
    told = [words.translate("en", text, **values) for text, values in sentences]
    assert told == ["lenet-relu reaches 90 % validation accuracy in epoch 2, after 4.0 s."]
    told = [text.format(**v) for text, v in answer(shown().comparison).sentences]
    assert told == [
        "lenet-relu reaches 90 % validation accuracy in epoch 2, after 4.0 s.",
        "lenet does not reach 90 % validation accuracy in 3 epochs; best 72.0 %.",
    ]
    assert any(line.startswith("Target: 90 %") for line in foot(shown())["caveats"])


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_page_has_all_of_it_in_chinese(split):
    held = shown()
    text = page(held, "zh")
    assert "达到目标准确率所需时间" in text
    assert "lenet-relu 在第 2 轮达到 90 % 的验证准确率" in text
    heading = [c.heading.replace("\n", " ") for c in held.comparison.table().columns]
    known = words.dictionary()
    assert {each for each in heading if "it" in each or "seed" in each} <= {*known}
    for start in ("{model} reaches {target} ", "{model} does not reach {target} "):
        assert any(line.startswith(f"{start}{split} accuracy") for line in known)


def test_a_folder_gives_it_again(tmp_path):
    from netzoo.records.plan import Plan

    store = Store(tmp_path / "out")
    records = [each for group in groups().values() for each in group]
    first = records[0]
    trials = tuple(each.trial for each in records)
    store.keep_plan(Plan({}, "lenet", trials, first.device, first.versions, {}, target=0.9))
    for each in records:
        store.keep_trial(each)
    held = gather([store.folder])
    assert held.comparison.target == 0.9
    assert {row.name: row.target.epoch for row in held.comparison.models} == {
        "lenet-relu": 2,
        "lenet": None,
    }
