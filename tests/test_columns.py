"""The columns of a result's table: which a narrow terminal omits, and which are chosen."""

import csv
import io
import sys
from dataclasses import replace

import pytest
from bench_results import benched
from error_cases import command
from lesson_records import page_of, probed, trained, usual
from parity_results import parities
from study_records import record, train_by

import netzoo
from netzoo.errors import UnknownName
from netzoo.records.arrays import Predictions
from netzoo.results.ablation import Ablation, Ladder
from netzoo.results.backends import BackendComparison, compare_backends
from netzoo.results.bench import Bench
from netzoo.results.comparison import Comparison
from netzoo.results.lesson import LessonPage
from netzoo.results.parity import Parity
from netzoo.results.probe import Probe
from netzoo.results.rows import compare_records
from netzoo.results.target_table import KEYS
from netzoo.runs.store import Store

pytestmark = pytest.mark.backend_independent

ALL = [
    *("name", "input_shape", "params", "params_ratio", "macs", "macs_ratio", "flops"),
    *("images_per_second", "training_flops_per_second", "train_accuracy", "test_accuracy"),
    *("test_accuracy_ci95", "delta", "verdict", "seconds"),
]
# In the order in which a terminal that grows narrower and narrower omits them.
OMITTED = [
    *("flops", "params_ratio", "macs_ratio", "test_accuracy_ci95", "training_flops_per_second"),
    *("seconds", "train_accuracy"),
]


def records(*models, seeds=3):
    return [
        record(model, seed, 0.7 + place / 10 + seed / 100)
        for place, model in enumerate(models)
        for seed in range(seeds)
    ]


def two(seeds=3):
    return compare_records(records("lenet", "alexnet", seeds=seeds), "lenet")


def six():
    models = ("", "-relu", "-maxpool", "-dropout", "-modern")
    return compare_records(records(*(f"lenet{end}" for end in models), "alexnet"), "lenet")


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Save a comparison, and be in the folder of its folder; return its table."""
    store = Store(tmp_path / "out")
    (tmp_path / "out" / "trials").mkdir(parents=True)
    kept = records("alexnet", "lenet")
    for each in kept:
        store.keep_trial(each)
    monkeypatch.chdir(tmp_path)
    return compare_records(kept, "alexnet").table()


@pytest.fixture
def printed(capsys, monkeypatch):
    """Return what a command prints, in a terminal of a width or in a pipe."""

    def run(words, columns=None):
        with monkeypatch.context() as patch:
            if columns:
                patch.setattr(sys.stdout, "isatty", lambda: True)
                patch.setenv("COLUMNS", str(columns))
            command(words)
        return capsys.readouterr().out

    return run


def keys(table):
    return [column.key for column in table.columns]


def width(text):
    return max(map(len, text.splitlines()))


def header(text):
    return next(csv.reader(io.StringIO(text)))


def test_a_narrowing_terminal_omits_what_repeats_others_one_by_one():
    table = two().table()
    whole = width(table.render("table").split("\n\n")[0])
    seen = []
    for columns in range(whole, 95, -1):
        fitted = table.fitted(columns)
        if keys(fitted) == ALL and columns < whole:  # from here on it is turned
            break
        omitted = [key for key in ALL if key not in keys(fitted)]
        assert sorted(omitted) == sorted(OMITTED[: len(omitted)])
        assert width(fitted.render("table", columns)) <= columns
        seen.append(len(omitted))
    assert seen == sorted(seen)
    assert sorted(set(seen)) == list(range(len(OMITTED) + 1))


def test_a_comparison_of_one_seed_fits_100_characters():
    one = [record("lenet", 0, 0.752), record("alexnet", 0, 0.862)]
    judged = [
        replace(each, predictions=Predictions.of([0] * 1000, [0] * right + [1] * (1000 - right)))
        for each, right in zip(one, (752, 862), strict=True)
    ]
    fitted = compare_records(judged, "lenet").table().fitted(100)
    assert keys(fitted) == [
        *("name", "input_shape", "params", "macs", "images_per_second", "test_accuracy"),
        *("delta", "verdict"),
    ]
    assert width(fitted.render("table", 100)) <= 100


def test_what_is_left_has_its_own_cells():
    table = two().table()
    fitted = table.fitted(120)
    assert keys(fitted) != ALL
    for row, cells in zip(table.rows, fitted.rows, strict=True):
        by_key = dict(zip(keys(table), row, strict=True))
        assert list(cells) == [by_key[key] for key in keys(fitted)]


def test_a_table_that_cannot_fit_is_turned_whole_or_narrowed():
    few, many = two().table(), six().table()
    assert few.fitted(60) is few
    assert "FLOPs" in few.render("table", 60)
    assert [key for key in ALL if key not in keys(many.fitted(60))] == [
        key for key in ALL if key in OMITTED
    ]


def test_an_ablation_of_five_changes_fits_100_characters(monkeypatch):
    def scattered(spec, seed):
        return record(spec, seed, 0.7 + (len(spec) * (seed + 3) % 7) / 100, gap=0.02 * seed)

    train_by(monkeypatch, scattered)
    changes = ["activation", "pooling", "dropout", "fc_layers", "augment"]
    table = netzoo.ablate("alexnet", seeds=(0, 1, 2), changes=changes).table()
    assert width(table.render("table")) > 180
    fitted = table.fitted(100)
    assert keys(fitted) == ["change", "macs", "test_accuracy", "test_accuracy_delta", "verdict"]
    assert width(fitted.render("table", 100)) <= 100
    turned = netzoo.ablate("lenet", seeds=(0, 1, 2), changes=["pooling"]).table()
    assert turned.fitted(70) is turned


def test_a_terminal_says_what_it_omits_and_wide_shows_it(saved, printed):
    shown = printed("show out", 120)
    assert "Δ test" in shown
    assert "95 %\n" not in shown.splitlines()[0]
    closed = " ".join(shown.split())
    assert (
        "Columns omitted to fit 120 characters: params_ratio, macs_ratio, flops, "
        "training_flops_per_second, test_accuracy_ci95. "
        "Show all with --wide; choose with --columns."
    ) in closed
    assert width(shown) <= 120
    wide = printed("show out --wide", 120)
    assert wide.split("\n\n")[0] == saved.render("table").split("\n\n")[0]
    assert "omitted" not in wide
    assert max(map(len, wide.split("\n\n")[1].splitlines())) <= 120


def test_wide_does_not_turn_the_table(saved, printed):
    assert printed("show out", 60).splitlines()[0].split() == ["Model", "alexnet", "lenet"]
    wide = printed("show out --wide", 60)
    assert wide.split("\n\n")[0] == saved.render("table").split("\n\n")[0]


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "latex"])
def test_a_pipe_has_every_column(saved, printed, form):
    assert printed(f"show out --format {form}") == saved.render(form) + "\n"


@pytest.mark.parametrize("form", ["csv", "markdown", "latex"])
def test_a_form_that_is_no_table_of_a_terminal_has_every_column_there_too(saved, printed, form):
    assert printed(f"show out --format {form}", 100) == saved.render(form) + "\n"


def test_chosen_columns_stand_in_the_order_asked_for(saved, printed):
    names = ["name", "verdict", "flops", "macs"]
    assert header(printed("show out --columns verdict,flops,macs --format csv")) == names
    assert header(printed("show out --columns macs,name,macs --format csv")) == ["name", "macs"]
    top = printed("show out --columns verdict,flops,macs", 100).splitlines()[0]
    assert top.split() == ["Model", "Verdict", "FLOPs", "MACs"]
    markdown = printed("show out --columns verdict --format markdown")
    assert markdown.splitlines()[0] == "| Model | Verdict |"
    tex = printed("show out --columns verdict --format latex")
    assert "alexnet & baseline" in tex
    assert "MACs &" not in tex


def test_a_chosen_column_is_never_omitted(saved, printed):
    chosen = printed("show out --columns flops,macs,params,params_ratio", 30)
    assert "FLOPs" in chosen
    assert "omitted" not in chosen


def test_a_column_that_has_nothing_to_say_can_be_chosen(monkeypatch):
    one = compare_records(records("lenet", seeds=1), "lenet")
    assert keys(one.table()) == [
        key for key in ALL if key not in ("delta", "verdict", "test_accuracy_ci95")
    ]
    assert one.table(ALL).render("csv").splitlines()[0] == ",".join(ALL)
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.7 + seed / 100))
    ablation = netzoo.ablate("lenet", seeds=(0, 1), changes=["pooling"])
    assert "share" not in keys(ablation.table())
    assert {row[1].text for row in ablation.table(["share"]).rows} == {"–"}


RESULTS = {
    Comparison: lambda: trained([0, 1]),
    BackendComparison: lambda: compare_backends(
        {name: records("lenet") for name in ("tensorflow", "torch")}, "lenet"
    ),
    Ablation: lambda: netzoo.ablate(
        "lenet", changes=["activation", "pooling"], seeds=(0, 1), factorial=True
    ),
    Ladder: lambda: netzoo.ladder("lenet", "lenet-relu", seeds=(0, 1)),
    Probe: probed,
    Bench: lambda: benched(device_bytes=1000),
    Parity: parities,
    LessonPage: lambda: page_of(*usual()),
}


# What is chosen by name alone.
HIDDEN = {
    Comparison: ("backend", "first_step_seconds", "process_bytes", "device_bytes", "ece", *KEYS),
    BackendComparison: ("device_bytes", "ece", *KEYS),  # the first: of a CPU
}


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_knows_its_columns(kind, monkeypatch):
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.7 + seed / 100))
    result = RESULTS[kind]()
    assert type(result) is kind
    hidden = {"balanced_accuracy", *HIDDEN.get(kind, ())}  # the first: of even classes
    always = [key for key in kind.COLUMNS if key not in hidden]
    assert keys(result.table()) == always
    with pytest.raises(UnknownName, match="no column 'mac'"):
        result.table(["mac"])


def test_a_bench_fits_100_characters_without_quartiles_and_first_step():
    fitted = benched().table().fitted(100)
    assert {"images_per_second", "step_seconds_p99", "n"} < set(keys(fitted))
    assert width(fitted.render("table", 100)) <= 100


def test_a_probe_keeps_the_names_of_its_rows():
    assert keys(probed().table(["dead"])) == ["step", "layer", "model", "dead"]
