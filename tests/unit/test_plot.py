"""Learning curves in a terminal: what is drawn, how wide, and what is said of what is not."""

import re
from dataclasses import replace

import plotext
import pytest
from page_content import groups, history
from study_records import record

from netzoo.errors import MissingPackage
from netzoo.report.terminal import LEAST_WIDTH, MARKS, learning_curves
from netzoo.results.rows import compare_groups


def comparison(by_model=None):
    by_model = groups() if by_model is None else by_model
    return compare_groups(by_model, next(iter(by_model)))


def test_each_model_has_a_mark_of_its_own_in_the_plot_and_below_it():
    lines = learning_curves(comparison(), 80, 20).splitlines()
    assert lines[0].strip() == "Test accuracy by epoch, mean over 3 seeds"
    *plot, legend = lines
    assert legend == "● lenet   ▲ lenet-relu   ■ lenet-modern   ◆ alexnet"
    for mark in MARKS[:4]:
        assert any(mark in line for line in plot), mark
    assert MARKS[4] not in "".join(plot)


@pytest.mark.parametrize(("width", "height"), [(80, 20), (40, 12), (120, 30), (10, 3)])
def test_it_keeps_to_the_size_of_the_terminal(width, height):
    lines = learning_curves(comparison(), width, height).splitlines()
    assert max(map(len, lines)) <= max(width, LEAST_WIDTH)
    assert len(lines) >= 8


def test_the_height_of_a_mark_is_the_mean_accuracy():
    flat = tuple(replace(epoch, test_accuracy=0.6) for epoch in history(0.6))
    by_model = {"lenet": [replace(r, history=flat) for r in groups()["lenet"]]}
    text = learning_curves(comparison(by_model), 60, 15)
    (row,) = {line for line in text.splitlines() if "●" in line and "lenet" not in line}
    assert row.startswith(" 60┤") or row.startswith("60┤")


def test_of_validation_where_the_recipe_measures_it():
    held = tuple(
        replace(epoch, test_accuracy=None, validation_accuracy=0.5) for epoch in history(0.5)
    )
    by_model = {"lenet": [replace(r, history=held) for r in groups()["lenet"][:1]]}
    title = learning_curves(comparison(by_model)).splitlines()[0]
    assert title.strip() == "Validation accuracy by epoch"


def test_what_has_no_epoch_is_named_and_fewer_seeds_are_counted():
    by_model = groups()
    first, second, third = by_model["lenet"]
    by_model["lenet"] = [
        first,
        second,
        replace(third, status="unfinished", history=history(0.1, 1)),
    ]
    by_model["alexnet"] = [record("alexnet", 0, 0, status="failed", error="gone")]
    text = learning_curves(comparison(by_model))
    assert "● lenet (2 of 3 seeds)" in text
    assert text.endswith("Not drawn (no completed epoch): alexnet.")
    nothing = comparison({"alexnet": by_model["alexnet"]})
    assert learning_curves(nothing) == "No learning curves: no completed epoch."


def test_colours_only_where_they_are_asked_for():
    assert "\x1b[" not in learning_curves(comparison())
    coloured = learning_curves(comparison(), color=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == [
        line.rstrip() for line in learning_curves(comparison()).splitlines()
    ]


def test_an_older_package_is_refused(monkeypatch):
    monkeypatch.setattr(plotext, "__version__", "5.3.2")
    with pytest.raises(MissingPackage, match=r"needs plotext 6 or later, found 5\.3\.2: pip"):
        learning_curves(comparison())
