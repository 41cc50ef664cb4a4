"""From folders to a page: by the command, of real trainings; and what stands for which model."""

import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from bench_results import benched, run
from lesson_records import page_of, usual
from page_content import groups
from processes import COMMAND, launch, wait_for

import netzoo
from netzoo.errors import BadInput, DataError, UnknownName
from netzoo.report.gather import gather
from netzoo.runs.bench import keep_bench
from netzoo.runs.store import BENCH, PICTURES, Store, keep_study

pytestmark = pytest.mark.page

QUICK = (
    "--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "100",
    "--epochs", "1", "--device", "cpu",
)  # fmt: skip


def folder_of(path, records):
    """Return a folder that holds records and no plan."""
    store = Store(path)
    (path / "trials").mkdir(parents=True)
    for record in records:
        store.keep_trial(record)
    return path


def on(backend, records):
    return [replace(r, trial=replace(r.trial, backend=backend)) for r in records]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return a folder, with the process that trained two models in it and drew them."""
    folder = tmp_path_factory.mktemp("pages")
    words = ["compare", "lenet", "lenet-relu", *QUICK, "--output", "out", "--report", "--plot"]
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    return folder, done


def test_a_training_is_drawn_at_its_end(ran):
    folder, done = ran
    assert done.returncode == 0, done.stderr
    assert "The report is out/report.html.\n" in done.stderr
    text = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "lenet, lenet-relu on fashion_mnist_sample, one seed" in text
    written = {path.name for path in (folder / "out" / "report-figures").iterdir()}
    for name in (
        "curves-accuracy-epoch", "tradeoff-macs", "layers-params-share", "architecture",
        "confusion-lenet-relu", "disagreements-lenet-lenet-relu", "filters-lenet",
    ):  # fmt: skip
        assert {f"{name}.svg", f"{name}.png"} <= written
    assert "Validation accuracy by epoch" in done.stdout


def test_finished_runs_are_drawn_without_any_backend(ran, tmp_path):
    shutil.copytree(ran[0] / "out", tmp_path / "out")
    code = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, *others):\n"
        "        assert name not in ('keras', 'tensorflow', 'torch', 'jax'), name\n"
        "sys.meta_path.insert(0, Without())\n"
        "sys.argv = ['netzoo', 'report', 'out', '--output', 'page.html', '--lang', 'zh',"
        " '--baseline', 'lenet-relu']\n"
        "from netzoo_cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The report is page.html; its figures are in page-figures.\n"
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in text
    assert re.search(r'data-baseline="([\w-]+)"', text)[1] == "lenet-relu"
    assert "轮次" in (tmp_path / "page-figures" / "curves-accuracy-epoch.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report nowhere", "'nowhere' is not a folder."),
        ("report .", "'.' does not hold a comparison."),
        ("report out --lang fr", "no language 'fr'. Known: en, zh."),
        (
            "report out --baseline lenett",
            "no model 'lenett' in these folders; did you mean",
        ),
        ("report out --output /proc/x.html", "/proc/x.html cannot be written"),
        ("compare lenet --plot --format csv", "does not go with --format csv"),
    ],
)
def test_a_wrong_report_is_one_line_and_exit_code_2(ran, words, said):
    done = subprocess.run(
        [COMMAND, *words.split()], cwd=ran[0], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {said}") or said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("package", "words", "wanting"),
    [
        ("altair", "compare lenet --report", "--report needs the package altair"),
        ("vl_convert", "report out", "report needs the package vl_convert"),
        ("PIL", "report out", "report needs the package PIL"),
        ("plotext", "show out --plot", "--plot needs the package plotext"),
    ],
)
def test_without_the_packages_the_line_that_installs_them(ran, package, words, wanting):
    code = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = ['netzoo', *{words.split()!r}]\n"
        "from netzoo_cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ran[0], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        f'Error: {wanting}, which is not installed: pip install "netzoo[report]"\n'
    )


def test_the_same_model_of_two_backends_is_told_apart(tmp_path):
    lenets = groups()["lenet"]
    first = folder_of(tmp_path / "one", on("torch", lenets))
    second = folder_of(tmp_path / "two", [*on("jax", lenets), *groups()["alexnet"]])
    found = gather([first, second])
    assert found.models == ["lenet (torch)", "alexnet", "lenet (jax)"]
    assert [each.baseline for each in found.comparisons.values()] == found.models
    assert [len(group) for group in found.records.values()] == [3, 3, 3]


def test_the_same_model_with_other_settings_is_told_apart_by_the_folder(tmp_path):
    lenets = groups()["lenet"]
    slow = [
        replace(r, trial=replace(r.trial, recipe=replace(r.trial.recipe, learning_rate=0.5)))
        for r in lenets
    ]
    found = gather([folder_of(tmp_path / "a", lenets), folder_of(tmp_path / "b", slow)])
    assert found.models == ["lenet (a)", "lenet (b)"]


def test_the_seeds_of_a_model_in_several_folders_are_one_group(tmp_path):
    lenets = groups()["lenet"]
    first = folder_of(tmp_path / "a", lenets[:2])
    # Of an older version, which did not record the number of threads, and of this one.
    newer = [replace(r, device=replace(r.device, threads=2)) for r in lenets[1:]]
    second = folder_of(tmp_path / "b", newer)
    found = gather([first, second])
    assert [r.trial.seed for r in found.records["lenet"]] == [0, 1, 2]
    assert found.comparison.recipe["seeds"] == [0, 1, 2]


def test_the_baseline_that_is_asked_for_comes_first(tmp_path):
    folder = folder_of(tmp_path / "a", [r for group in groups().values() for r in group])
    found = gather([folder], "lenet-relu")
    assert found.models[0] != "lenet-relu"
    assert found.comparison.baseline == "lenet-relu"
    with pytest.raises(UnknownName, match="did you mean 'alexnet'"):
        gather([folder], "alexnett")


def test_the_folder_of_a_lesson_is_its_trainings_and_its_claims(tmp_path):
    trained, looked = usual()
    folder_of(tmp_path / "trainings", groups()["alexnet"])
    folder_of(tmp_path / "probes", [])
    keep_study(tmp_path / "probes", looked)
    found = gather([tmp_path])
    assert found.models == ["alexnet", "alexnet-sigmoid", "alexnet-avgpool"]
    assert found.studies == (looked,)
    whole = page_of(trained, looked)
    keep_study(tmp_path, whole)
    assert gather([tmp_path]).studies == (whole,)


def test_a_folder_without_anything_to_show_is_refused(tmp_path):
    (tmp_path / "trials").mkdir()
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(DataError, match="no results in "):
        netzoo.write_report(tmp_path)
    with pytest.raises(BadInput, match="is not a folder"):
        netzoo.write_report(tmp_path / "none")
    with pytest.raises(UnknownName, match="no language 'de'"):
        netzoo.write_report(tmp_path, language="de")


def test_pictures_that_are_damaged_are_left_out(ran, tmp_path):
    folder = shutil.copytree(ran[0] / "out", tmp_path / "out")
    assert gather([folder]).pictures is not None
    (folder / PICTURES).write_text("{")
    assert gather([folder]).pictures is None
    assert gather([folder]).models == ["lenet", "lenet-relu"]


def test_ctrl_c_draws_what_is_finished(tmp_path):
    words = ["compare", "lenet", *QUICK, "--seeds", "40", "--output", "out", "--report"]
    with launch(tmp_path, words) as process:
        wait_for(process, "Trial 3 of 40")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "The report is out/report.html." in said
    assert "lenet on fashion_mnist_sample" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_bench_beside_the_trainings_or_in_their_folder_gives_the_latency(tmp_path):
    records = groups({"lenet": [0.7], "lenet-relu": [0.8]})
    trained = folder_of(tmp_path / "out", [r for group in records.values() for r in group])
    keep_bench(tmp_path / "bench", benched(run("lenet", step_seconds=0.002)))
    found = gather([trained, tmp_path / "bench"])
    assert found.latencies == {"lenet": (0.002, "CPU (2 cores)")}
    assert set(found.models) == {"lenet", "lenet-relu"}
    assert found.notes == (
        "No latency of lenet-relu: bench.json has none by the same backend, input size and "
        "precision.",
    )
    with pytest.raises(DataError, match="the speed of models, and no results, in"):
        gather([tmp_path / "bench"])
    keep_bench(trained, benched(run("lenet"), run("lenet-relu", step_seconds=0.004)))
    within = gather([trained])
    assert {name: seconds for name, (seconds, _) in within.latencies.items()} == {
        "lenet": 0.001,
        "lenet-relu": 0.004,
    }
    assert within.notes == ()
    (trained / BENCH).write_text("{}")
    damaged = gather([trained])
    assert damaged.latencies == {}
    assert "bench.json was cut short or changed" in damaged.notes[0]


@pytest.mark.parametrize(
    "other", [{"backend": "torch"}, {"input_shape": (32, 32, 1)}, {"precision": "mixed_bfloat16"}]
)
def test_a_bench_of_another_network_tells_no_latency(other, tmp_path):
    folder = folder_of(tmp_path / "out", groups({"lenet": [0.7]})["lenet"])
    timed = run("lenet")
    if "precision" in other:
        timed = replace(timed, recipe=replace(timed.recipe, **other))
    else:
        timed = replace(timed, **other)
    keep_bench(folder, benched(timed))
    assert gather([folder]).latencies == {}
