"""What a study makes of its trainings, as figures and as tables; the trainings are records."""

import csv
import io
import json
import random

import numpy as np
import pytest
from scipy import stats as scipy_stats
from study_figures import (
    ACCURACIES,
    CHANGES,
    FAILED,
    FIGURES,
    OF_THE_LESSON,
    SETS,
    by_alexnets,
    by_table,
)
from study_records import agree_in_every_form, holm, record, train_by

import netzoo
from netzoo.errors import Interrupted
from netzoo.records.codec import to_text
from netzoo.results.ablation import ablation_table, ladder_table
from netzoo.results.rows import compare_records


def test_each_change_is_tested_against_the_base_and_corrected_for_all(monkeypatch):
    train_by(monkeypatch, by_alexnets)
    ablation = netzoo.ablate("alexnet", changes=OF_THE_LESSON)
    base = ACCURACIES["alexnet"]
    found = [
        scipy_stats.ttest_1samp(np.subtract(ACCURACIES[effect.model], base), 0)
        for effect in ablation.effects
    ]
    fair = holm([test.pvalue for test in found])
    for effect, test, p in zip(ablation.effects, found, fair, strict=True):
        differences = np.subtract(ACCURACIES[effect.model], base)
        assert effect.accuracy.mean == pytest.approx(differences.mean())
        assert effect.accuracy.ci95 == pytest.approx(tuple(test.confidence_interval(0.95)))
        assert (effect.accuracy.n, effect.accuracy.test) == (3, "paired t")
        assert effect.accuracy.p == pytest.approx(p)
    effects = {effect.model: effect for effect in ablation.effects}
    assert {model: effect.verdict for model, effect in effects.items()} == {
        "alexnet-sigmoid": "did not train",
        "alexnet-avgpool": "worse",
        "alexnet-nodropout": "not separable",
        "alexnet-onefc": "worse",
        "alexnet@augment=flip+crop": "not separable",
    }
    assert found[-1].pvalue < 0.05 < fair[-1]  # of augmentation, alone and among five
    onefc = effects.pop("alexnet-onefc")
    assert (onefc.params, onefc.macs) == (-(4096**2 + 4096), -(4096**2))
    assert {(effect.params, effect.macs) for effect in effects.values()} == {(0, 0)}
    assert onefc.speed == pytest.approx(1.5)
    nodropout = effects["alexnet-nodropout"]
    assert nodropout.speed == pytest.approx(1.1)
    gaps = scipy_stats.ttest_1samp([0.03, 0.04, 0.05], 0)
    assert nodropout.gap.mean == pytest.approx(0.04)
    assert nodropout.gap.ci95 == pytest.approx(tuple(gaps.confidence_interval(0.95)))


def test_each_rung_is_tested_against_the_one_before(monkeypatch):
    accuracies = {
        "lenet": [0.70, 0.71, 0.73],
        "lenet-relu": [0.80, 0.82, 0.83],
        "lenet-relu-maxpool": [0.82, 0.81, 0.84],
        "lenet-modern": [0.75, 0.76, 0.77],
    }
    train_by(monkeypatch, by_table(accuracies, **{"lenet-relu": {"rate": 6000.0}}))
    found = netzoo.ladder("lenet", "lenet-modern", order=["activation", "pooling", "dropout"])
    names = list(accuracies)
    tests = [
        scipy_stats.ttest_1samp(np.subtract(accuracies[rung], accuracies[before]), 0)
        for rung, before in zip(names[1:], names, strict=False)
    ]
    assert [rung.accuracy.p for rung in found.rungs] == pytest.approx(
        holm([test.pvalue for test in tests])
    )
    for rung, test in zip(found.rungs, tests, strict=True):
        assert rung.accuracy.ci95 == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert [rung.verdict for rung in found.rungs] == ["better", "not separable", "worse"]
    assert [rung.speed for rung in found.rungs] == pytest.approx([2.0, 0.5, 1.0])
    assert [row.name for row in found.comparison.models] == names


def test_an_arm_that_failed_has_no_figures_and_the_others_stand(monkeypatch):
    """Pooling failed with every seed, dropout with one."""
    lost = {
        "alexnet-avgpool": FAILED,
        "alexnet-nodropout": lambda seed: FAILED if seed == 1 else {},
    }
    train_by(monkeypatch, by_table(ACCURACIES, **FIGURES | lost))
    ablation = netzoo.ablate("alexnet", changes=OF_THE_LESSON)
    effects = {effect.model: effect for effect in ablation.effects}
    pooling = effects.pop("alexnet-avgpool")
    assert (pooling.accuracy, pooling.gap, pooling.speed, pooling.verdict) == (None,) * 4
    assert (pooling.params, pooling.macs) == (0, 0)
    assert effects["alexnet-nodropout"].accuracy.n == 2
    ps = []
    for model in effects:
        seeds = [0, 2] if model == "alexnet-nodropout" else [0, 1, 2]
        differences = [ACCURACIES[model][s] - ACCURACIES["alexnet"][s] for s in seeds]
        ps.append(scipy_stats.ttest_1samp(differences, 0).pvalue)
    assert [effect.accuracy.p for effect in effects.values()] == pytest.approx(holm(ps))
    table = ablation_table(ablation)
    (row,) = [row for row in table.rows if row[1].raw == "alexnet-avgpool"]
    assert [cell.text for cell in row[7:]] == ["–"] * 7
    assert table.footer[0] == (
        "alexnet-avgpool failed: seed 0: its process was ended by SIGKILL.; seed 1: its process "
        "was ended by SIGKILL.; seed 2: its process was ended by SIGKILL."
    )
    assert "Its figures are over the other seeds, n = 2." in table.footer[1]


def test_the_table_says_how_many_comparisons_were_made(monkeypatch):
    train_by(monkeypatch, by_table(ACCURACIES, **{"alexnet-avgpool": FAILED}))
    footer = "\n".join(ablation_table(netzoo.ablate("alexnet", changes=OF_THE_LESSON)).footer)
    assert "after Holm's correction for 4 comparisons" in footer


def test_a_base_that_failed_leaves_rows_without_differences(monkeypatch):
    train_by(monkeypatch, by_table(ACCURACIES, alexnet=FAILED))
    ablation = netzoo.ablate("alexnet", changes=OF_THE_LESSON)
    assert {effect.accuracy for effect in ablation.effects} == {None}
    table = ablation_table(ablation)
    assert table.rows[0][7].text == "–"
    assert table.rows[2][7].text == "84.8 ± 1.0 %"


def test_records_without_the_gap_leave_the_accuracies(monkeypatch):
    """As those that an earlier netzoo wrote, of which one is in the folder."""
    old = {"alexnet-onefc": lambda seed: {"final_train_accuracy": None} if seed == 0 else {}}
    train_by(monkeypatch, by_table(ACCURACIES, **old))
    effects = {
        effect.model: effect for effect in netzoo.ablate("alexnet", changes=OF_THE_LESSON).effects
    }
    assert effects["alexnet-onefc"].accuracy.n == 3
    assert effects["alexnet-onefc"].verdict == "worse"
    assert effects["alexnet-avgpool"].gap.n == 3


@pytest.mark.parametrize("study", ["ablation", "ladder"])
def test_one_seed_has_differences_and_no_verdict(monkeypatch, study):
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.7 if spec == "lenet" else 0.8))
    if study == "ablation":
        found = netzoo.ablate("lenet", seeds=(0,), changes=["activation"])
        (effect,), table = found.effects, ablation_table(found)
    else:
        found = netzoo.ladder("lenet", "lenet-relu", order=["activation"], seeds=(0,))
        (effect,), table = found.rungs, ladder_table(found)
    assert effect.accuracy.mean == pytest.approx(0.1)
    assert (effect.accuracy.ci95, effect.accuracy.n, effect.verdict) == (None, 1, None)
    assert table.rows[1][8].text == "+10.0"
    assert table.rows[1][-1].text == "–"
    assert "One seed: no verdicts. Use 3 seeds or more." in table.footer


UNFINISHED = {"status": "unfinished", "error": "stopped by Ctrl-C."}


def test_ctrl_c_gives_the_study_of_what_was_finished(monkeypatch):
    def until(last):
        names = list(SETS)
        return dict.fromkeys(names[names.index(last) + 1 :], UNFINISHED)

    train_by(monkeypatch, by_table(SETS, **until("lenet-maxpool")), stopped=True)
    with pytest.raises(Interrupted) as caught:
        netzoo.ablate("lenet", changes=CHANGES, factorial=True)
    ablation = caught.value.result
    assert [effect.accuracy is None for effect in ablation.effects] == [False, False, True]
    assert ablation.shares == ()
    train_by(monkeypatch, by_table(SETS, **until("lenet-relu")), stopped=True)
    with pytest.raises(Interrupted) as caught:
        netzoo.ladder("lenet", "lenet-relu-maxpool", order=["activation", "pooling"])
    activation, pooling = caught.value.result.rungs
    assert activation.verdict == "better"
    assert (pooling.accuracy, pooling.verdict) == (None, None)


def test_what_a_model_asks_for_itself_is_meant_to_differ(monkeypatch):
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.8))
    found = netzoo.ladder("lenet", "lenet-relu", seeds=(0,)).comparison
    assert found.warnings == ()
    others = [
        record("lenet", 0, 0.8),
        record("lenet-relu", 0, 0.8, overrides={"augment": "flip"}),
        record("lenet-maxpool@augment=crop", 0, 0.8),
    ]
    assert compare_records(others, "lenet").warnings == (
        "Models differ in augmentation: lenet none; lenet-relu flip.",
    )


def test_the_json_of_a_study_has_the_keys_that_were_promised(monkeypatch):
    train_by(monkeypatch, by_table(SETS))
    told = json.loads(to_text(netzoo.ablate("lenet", changes=CHANGES, factorial=True)))
    assert set(told) == {
        "base", "effects", "comparison", "total", "shares", "interactions", "schema",
    }  # fmt: skip
    effect = {"change", "model", "params", "macs", "accuracy", "gap", "speed", "verdict"}
    assert set(told["effects"][0]) == effect
    assert set(told["effects"][0]["accuracy"]) == {"mean", "ci95", "n", "p", "test"}
    assert set(told["shares"][0]) == {"change", "accuracy", "ratio"}
    assert set(told["interactions"][0]) == {"changes", "accuracy", "verdict"}
    assert told["schema"] == told["comparison"]["schema"] == 1
    assert len(told["comparison"]["models"]) == len(SETS)
    told = json.loads(to_text(netzoo.ladder("lenet", "lenet-relu", order=["activation"])))
    assert set(told) == {"rungs", "comparison", "schema"}
    assert set(told["rungs"][0]) == effect


def on_the_way(spec, seed):
    """Return a training on the way from lenet to alexnet, better by the length of its name."""
    accuracy = 0.7 + 0.003 * len(spec) + random.Random(f"{spec} {seed}").uniform(-0.01, 0.01)
    return record(spec, seed, round(accuracy, 3), rate=60_000 / len(spec))


STUDIES = {
    "ablation": lambda: ablation_table(netzoo.ablate("alexnet", changes=OF_THE_LESSON)),
    "shares": lambda: ablation_table(netzoo.ablate("lenet", changes=CHANGES, factorial=True)),
    "ladder": lambda: ladder_table(netzoo.ladder("lenet", "alexnet")),
}
ALL = by_table(ACCURACIES | SETS, **FIGURES)


@pytest.mark.parametrize("study", STUDIES)
def test_the_table_of_a_study_in_each_form(monkeypatch, golden, study):
    train_by(monkeypatch, on_the_way if study == "ladder" else ALL)
    table = STUDIES[study]()
    golden(f"{study}.txt", table.render("table") + "\n")
    agree_in_every_form(table)


def test_the_csv_of_an_ablation_has_raw_numbers(monkeypatch):
    train_by(monkeypatch, by_alexnets)
    text = ablation_table(netzoo.ablate("alexnet", changes=OF_THE_LESSON)).render("csv")
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(text))}
    onefc = rows["alexnet-onefc"]
    assert onefc["params_delta"] == str(-(4096**2 + 4096))
    assert float(onefc["test_accuracy_delta"]) == pytest.approx(
        np.subtract(ACCURACIES["alexnet-onefc"], ACCURACIES["alexnet"]).mean(), abs=1e-6
    )
    assert float(onefc["gap"]) == pytest.approx(0.02)
    assert float(onefc["speed"]) == pytest.approx(1.5)
    assert rows["alexnet"]["verdict"] == ""
