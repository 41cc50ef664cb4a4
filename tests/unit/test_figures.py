"""What the figures show: their rows, and that each is drawn, legible, as SVG and PNG."""

import io
import re
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from bench_results import benched, run
from fixed_costs import counted
from page_content import ACCURACIES, IMAGES, LABELS, content, filters, groups, history, studies
from PIL import Image
from study_records import DATA, record

from netzoo.errors import UnknownName
from netzoo.records.arrays import Filters
from netzoo.report.architecture import architecture
from netzoo.report.calibration import calibration
from netzoo.report.confusion import MOST_CLASSES, confusion
from netzoo.report.curves import chart, curves
from netzoo.report.drawing import PNG_PX, accuracy_svg, png, svgs
from netzoo.report.figures import figures
from netzoo.report.layers import MOST_LAYERS, aligned, layers
from netzoo.report.pictures import disagreements, filter_sheets, sheet
from netzoo.report.tradeoff import tradeoff
from netzoo.results.rows import compare_groups

pytestmark = pytest.mark.page

LEAST_PT = 6.0  # of text in print
COLUMN_INCHES = 3.33


def costs_of(*names):
    return {name: counted(name) for name in names}


def test_a_curve_is_the_mean_over_the_seeds_that_came_the_farthest():
    by_model = {"lenet": groups()["lenet"]}
    first, second, third = by_model["lenet"]
    by_model["lenet"] = [
        first,
        second,
        replace(third, status="unfinished", history=history(0.1, 2)),
    ]
    rows = curves(compare_groups(by_model, "lenet")).rows
    assert {(row["split"], row["epoch"]) for row in rows} == {
        (split, epoch) for split in ("test", "train") for epoch in (1, 2, 3)
    }
    (last,) = [row for row in rows if row["split"] == "test" and row["epoch"] == 3]
    ends = [100 * record.history[2].test_accuracy for record in (first, second)]
    assert last["accuracy"] == pytest.approx(fmean(ends))
    assert (last["accuracy_low"], last["accuracy_high"]) == pytest.approx((min(ends), max(ends)))
    assert (last["n"], last["seconds"]) == (2, 6.0)
    assert last["images"] == 3 * 1800  # of 2000, a tenth held out
    assert last["flops"] == 3 * 1800 * first.cost.training_flops


def test_curves_alone_hold_their_rows_and_refuse_what_is_not_there():
    comparison = compare_groups(groups(), "lenet")
    drawn = comparison.plot("loss", "seconds").to_dict()
    assert {row["model"] for row in drawn["datasets"]["curves"]} == set(ACCURACIES)
    with pytest.raises(UnknownName, match=r"'losses'.*loss"):
        chart(comparison, "losses", "epoch")
    with pytest.raises(UnknownName, match="'step'"):
        comparison.plot(along="step")
    none = compare_groups({"lenet": [record("lenet", 0, 0, status="failed")]}, "lenet")
    assert none.plot() is None
    assert accuracy_svg(none) == ""


def test_a_notebook_shows_the_table_and_the_curves(monkeypatch):
    comparison = compare_groups(groups(), "lenet")
    shown = comparison._repr_html_()
    assert shown.startswith("<table>")
    assert shown.count("<svg") == 1
    monkeypatch.setitem(__import__("sys").modules, "netzoo.report.drawing", None)
    assert comparison._repr_html_() == comparison.table().render("html")


def test_the_pareto_front_is_what_no_other_beats():
    accuracies = {"lenet": [0.7, 0.72], "lenet-relu": [0.8, 0.79], "alexnet": [0.75, 0.77]}
    rows = {row["model"]: row for row in tradeoff(compare_groups(groups(accuracies), "lenet")).rows}
    assert [name for name in rows if rows[name]["front_macs"]] == ["lenet-relu"]
    accuracies["alexnet"] = [0.9, 0.91]
    found = tradeoff(compare_groups(groups(accuracies), "lenet"))
    assert [row["model"] for row in found.rows if row["front_params"]] == ["lenet-relu", "alexnet"]
    assert tradeoff(compare_groups(groups({"lenet": [0.7, 0.7]}), "lenet")) is None


def test_latency_is_a_cost_where_each_model_has_one():
    accuracies = {"lenet": [0.7, 0.72], "lenet-relu": [0.8, 0.79], "alexnet": [0.9, 0.91]}
    comparison = compare_groups(groups(accuracies), "lenet")
    known = {"lenet": (0.002, "CPU"), "lenet-relu": (0.003, "CPU"), "alexnet": (0.001, "GPU")}
    found = tradeoff(comparison, known)
    assert [value for value, _ in found.choices[0].options] == ["macs", "params", "latency"]
    rows = {row["model"]: row for row in found.rows}
    assert rows["lenet"]["latency"] == pytest.approx(2.0)
    assert [name for name in rows if rows[name]["front_latency"]] == ["alexnet"]
    assert [name for name in rows if rows[name]["front_macs"]] == ["lenet-relu", "alexnet"]
    assert found.caption[1] == {"devices": "CPU; GPU"}
    assert found.headings == (
        "Model",
        "MACs",
        "Parameters",
        "Latency of one image, ms",
        "Test accuracy",
    )
    assert [line[3] for line in found.numbers] == ["2", "3", "1"]
    del known["alexnet"]
    assert list(tradeoff(comparison, known).charts) == ["macs", "params"]


@pytest.mark.parametrize(
    ("sequences", "order"),
    [
        (["ab", "ab"], "ab"),
        (["ac", "abc"], "abc"),
        (["ac", "bc"], "bac"),
        (["abz", "acdz"], "acdbz"),
        (["ab", "ba"], "ab"),
        ([], ""),
    ],
)
def test_layers_of_several_models_in_one_order(sequences, order):
    assert "".join(aligned(sequences)) == order


def test_the_cost_of_each_layer_is_its_share_of_its_model():
    costs = costs_of("lenet", "alexnet")
    rows = layers(costs).rows
    for name, cost in costs.items():
        for what in ("params", "macs", "activation_bytes"):
            own = [row for row in rows if row["model"] == name]
            assert sum(row[what] for row in own) == getattr(cost, what)
            assert sum(row[f"{what}_share"] for row in own) == pytest.approx(100)


def test_of_many_layers_the_costliest_are_shown():
    cost = counted("alexnet")
    many = replace(cost, layers=tuple(
        replace(cost.layers[1], name=f"layer{n}", params=n, macs=0, activation_bytes=0)
        for n in range(1, MOST_LAYERS + 10)
    ))  # fmt: skip
    found = layers({"alexnet": many})
    assert {row["layer"] for row in found.rows} == {
        f"layer{n}" for n in range(10, MOST_LAYERS + 10)
    }
    assert found.caption[1] == {"shown": MOST_LAYERS, "all": MOST_LAYERS + 9}


def test_the_drawing_outlines_what_the_base_has_not():
    found = architecture(costs_of("lenet", "lenet-maxpool"), {"lenet-maxpool": {"a": 1}}, "lenet")
    assert {row["layer"] for row in found.rows if row["changed"]} == {"pool1", "pool2"}
    heads = {head["model"]: head["changes"] for head in found.more["heads"]}
    assert heads == {"lenet": "", "lenet-maxpool": "a: 1"}


def test_the_confusions_are_counted_over_all_seeds():
    by_model = groups({"lenet": [0.7, 0.7]})
    rows = confusion(by_model).rows
    assert sum(row["count"] for row in rows) == 2 * IMAGES
    (cell,) = [r for r in rows if (r["true"], r["predicted"]) == ("a", "b")]
    said = [r.predictions.predicted_classes() for r in by_model["lenet"]]
    wrong = sum(s[n] == 1 for s in said for n in range(IMAGES) if LABELS[n] == 0)
    assert (cell["count"], cell["share"]) == (wrong, pytest.approx(100 * wrong / 8))
    assert confusion(groups({"lenet": [0.7]}, predictions=None)) is None


def test_more_classes_than_can_be_told_apart_are_not_drawn():
    data = replace(DATA, class_names=tuple(map(str, range(MOST_CLASSES + 1))))
    found = groups({"lenet": [0.7]})["lenet"]
    assert (
        confusion({"lenet": [replace(found[0], trial=replace(found[0].trial, dataset=data))]})
        is None
    )


def test_models_disagree_where_their_answers_differ_on_images_that_are_kept():
    shown = content()
    pairs = disagreements(shown.records, shown.pictures)
    assert [pair.models for pair in pairs][:2] == [
        ("lenet", "lenet-relu"),
        ("lenet", "lenet-modern"),
    ]
    first, other = (
        shown.records[name][0].predictions.predicted_classes() for name in ("lenet", "lenet-relu")
    )
    differing = {number for number in range(IMAGES) if first[number] != other[number]}
    assert (pairs[0].count, pairs[0].among, pairs[0].seed) == (len(differing), IMAGES, 0)
    numbers = [each.number for each in pairs[0].shown]
    assert set(numbers) <= differing
    assert len(set(numbers)) == len(numbers) > 2
    assert {each.predicted.index(each.true) for each in pairs[0].shown} == {0, 1}  # who is right
    for each in pairs[0].shown:
        assert each.predicted == (
            "abcdefghij"[first[each.number]],
            "abcdefghij"[other[each.number]],
        )
        assert each.true == "abcdefghij"[LABELS[each.number]]
    assert disagreements(shown.records, None) == []
    apart = {"lenet": shown.records["lenet"][:1], "alexnet": shown.records["alexnet"][1:]}
    assert disagreements(apart, shown.pictures) == []  # no seed that both have


def test_the_picture_of_a_disagreement_is_the_image_of_its_number():
    shown = content()
    (pair, *_) = disagreements(shown.records, shown.pictures)
    for each in pair.shown:
        kind, _, packed = each.url.partition(",")
        assert kind == "data:image/png;base64"
        picture = Image.open(io.BytesIO(__import__("base64").b64decode(packed)))
        assert np.asarray(picture).tolist() == [[6 * each.number] * 4] * 4


def test_filters_are_grey_at_0_and_black_and_white_at_their_largest():
    page = sheet(filters(3))  # -1, 0 and 1
    assert page.shape == (13, 13, 1)  # two across, two down, a pixel between them
    assert page[0, :, 0].tolist() == [255] * 13
    assert [int(page[top, left, 0]) for top, left in ((1, 1), (1, 7), (7, 1))] == [0, 127, 255]
    sheets = filter_sheets(content().records)
    assert [each.model for each in sheets] == list(ACCURACIES)
    assert filter_sheets(groups({"lenet": [0.7]}, filters=None)) == []


def test_the_reliability_of_a_model_is_over_all_seeds():
    by_model = groups()
    first, second, third = by_model["lenet"]
    bins = replace(first.calibration, counts=(0,) * 8 + (30,) + (0,) * 6, ece=0.4)
    bins = replace(bins, confidences=(None,) * 8 + (0.56,) + (None,) * 6)
    bins = replace(bins, accuracies=(None,) * 8 + (0.9,) + (None,) * 6)
    by_model["lenet"] = [first, replace(second, calibration=bins), replace(third, status="failed")]
    figure = calibration(by_model)
    rows = [row for row in figure.rows if row["model"] == "lenet"]
    assert [row["count"] for row in rows] == [40, 30]
    assert rows[0]["confidence"] == pytest.approx((10 * 60 + 30 * 56) / 40)
    assert rows[0]["accuracy"] == pytest.approx((10 * 50 + 30 * 90) / 40)
    assert figure.caption[1]["errors"].startswith("lenet 25.0 %, lenet-relu 10.0 %, ")
    assert figure.numbers[1] == ["lenet", "90.0", "80.0", "30"]
    assert calibration(groups(calibration=None)) is None


@pytest.mark.parametrize("channels", [2, 3])
def test_filters_of_colours_are_in_colour_and_of_many_channels_grey(channels):
    values = np.linspace(-1, 1, 2 * 2 * channels * 4, dtype="<f2").reshape(2, 2, channels, 4)
    page = sheet(Filters.of("conv1", values.shape, 4, values.tobytes()))
    assert page.shape[2] == (3 if channels == 3 else 1)


def test_two_studies_of_a_kind_have_figures_of_their_own(monkeypatch):
    ablation = studies(monkeypatch)[0]
    names = [each.name for each in figures(content({}, studies=(ablation, ablation)))]
    assert names == ["ablation", "shares", "ablation-2", "shares-2"]


def test_every_chart_keeps_to_the_schema_of_vega_lite(monkeypatch):
    timed = benched(*(run(name, step_seconds=0.01) for name in ACCURACIES))
    found = figures(content(studies=studies(monkeypatch), benches=(timed,)))
    assert "latency" in next(each for each in found if each.name == "tradeoff").charts
    charts = [each for figure in found for each in figure.charts.values()]
    assert len(charts) > 20
    for each in charts:
        each.to_dict(validate=True)  # or it raises


def test_every_figure_is_drawn_with_usual_fonts_and_legible_at_column_width(monkeypatch):
    drawn = dict(svgs(figures(content(studies=studies(monkeypatch)[:3])), "zh"))
    assert {name.partition("-")[0] for name in drawn} == {
        "ablation", "shares", "ladder", "probe", "tradeoff", "curves", "layers", "architecture",
        "confusion", "calibration",
    }  # fmt: skip
    for name, svg in drawn.items():
        assert set(re.findall(r'font-family="([^"]*)"', svg)) == {
            "Liberation Sans, Arial, Helvetica, Noto Sans CJK SC, sans-serif"
        }
        width = float(re.search(r'<svg[^>]* width="([\d.]+)"', svg)[1])
        smallest = min(map(float, re.findall(r'font-size="([\d.]+)px"', svg)))
        assert smallest * 72 * COLUMN_INCHES / width >= LEAST_PT, name
    picture = Image.open(io.BytesIO(png(drawn["curves-accuracy-epoch"])))
    assert abs(picture.width - PNG_PX) <= 1
