"""Results in a notebook: as their tables, and as frames of pandas."""

import sys

import pandas
import pytest
from lesson_records import page_of, usual
from page_content import ACCURACIES, groups
from study_records import record, train_by

import netzoo
from netzoo.comparisons import Comparison
from netzoo.errors import DataError, MissingPackage
from netzoo.report.rows import compare_groups

pytestmark = pytest.mark.once


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
    yield netzoo.count_cost(netzoo.create_model("lenet"))


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
    assert Comparison.from_dict(comparison.to_dict()).to_dict() == comparison.to_dict()
    told = comparison.to_dict()
    del told["baseline"]
    with pytest.raises(DataError, match="the saved result"):
        Comparison.from_dict(told)
