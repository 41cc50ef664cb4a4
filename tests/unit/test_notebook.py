"""Results in a notebook: as their tables, and as frames of pandas."""

import json
import sys

import pandas
import pytest
from fixed_costs import counted
from lesson_records import page_of, usual
from page_content import ACCURACIES, groups
from study_records import record, train_by

import netzoo
from netzoo.errors import DataError, MissingPackage
from netzoo.records.codec import to_text
from netzoo.results.comparison import Comparison
from netzoo.results.rows import compare_groups
from netzoo.results.study import kind_of, study_of


@pytest.fixture
def comparison():
    by_model = groups() | {"lenet-maxpool": [record("lenet-maxpool", 0, 0, status="failed")]}
    return compare_groups(by_model, "lenet")


def results(monkeypatch):
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.5 + seed / 100))
    yield netzoo.ablate("lenet", changes=["activation"])
    yield netzoo.ladder("lenet", "alexnet")
    yield usual()[1]
    yield page_of(*usual())
    yield counted("lenet")


def test_every_result_is_printed_and_shown_as_its_table(monkeypatch):
    for result in results(monkeypatch):
        assert str(result) == result.table().render("table")
        assert result._repr_html_() == result.table().render("html")
        assert result._repr_html_().startswith("<table>")


def test_a_frame_has_the_figures_of_the_comparison(comparison):
    frame = comparison.to_pandas()
    assert list(frame.index) == [*ACCURACIES, "lenet-maxpool"]
    row, model = frame.loc["alexnet"], comparison.models[3]
    assert row["test_accuracy"] == pytest.approx(sum(ACCURACIES["alexnet"]) / 3)
    assert (row["n"], row["params"], row["verdict"]) == (3, model.params, "better")
    assert (row["delta_ci95_low"], row["delta_ci95_high"]) == model.delta.ci95
    assert row["test_accuracy_sd"] == model.test_accuracy.sd
    assert pandas.isna(frame.loc["lenet", "delta"])
    assert pandas.isna(frame.loc["lenet-maxpool", "test_accuracy"])
    assert frame.loc["lenet-maxpool", "status"] == "failed"


def test_without_pandas_the_line_that_installs_it(comparison, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackage, match=r"to_pandas needs the package pandas.*pip install"):
        comparison.to_pandas()


def test_a_comparison_comes_back_from_what_it_tells(comparison):
    assert Comparison.from_dict(comparison.to_dict(), "it") == comparison
    told = comparison.to_dict()
    del told["baseline"]
    with pytest.raises(DataError, match=r"^it does not hold a Comparison: .*baseline"):
        Comparison.from_dict(told, "it")


def test_each_study_comes_back_from_what_it_tells(monkeypatch):
    for result in results(monkeypatch):
        if not isinstance(result, netzoo.Cost):
            told = json.loads(to_text(result))
            assert study_of(told, "it") == result
            assert to_text(study_of(told, "it")) == to_text(result)
            assert study_of(told, "it", kind_of(result)) == result


def test_a_study_of_another_kind_is_not_guessed():
    page = page_of(*usual()).to_dict()
    for kind in ("probe", "lesson2"):
        with pytest.raises(DataError, match="it does not hold "):
            study_of(page, "it", kind)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"claims": [{"text": "a claim"}]}, "^it does not hold a LessonPage: .*`command`"),
        ({"claims": None}, "^it does not hold a LessonPage: "),
        ({"comparison": {"device": "CPU"}}, "^it does not hold a Comparison: "),
    ],
)
def test_a_study_that_is_not_whole_is_named(change, words):
    with pytest.raises(DataError, match=words):
        study_of(page_of(*usual()).to_dict() | change, "it")
    with pytest.raises(DataError, match="it does not hold the result of a study"):
        study_of({}, "it")
