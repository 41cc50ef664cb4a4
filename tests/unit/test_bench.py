"""The speed of networks: the table, the file, and the order of the processes; nothing is timed."""

from dataclasses import replace

import pytest
from bench_results import benched, measured, run
from study_records import CPU, VERSIONS, agree_in_every_form

import netzoo
from netzoo.errors import DataError, Interrupted, OutOfMemory, TrialFailed
from netzoo.results.bench import Bench
from netzoo.runs import bench as module
from netzoo.runs import bench_jobs
from netzoo.runs.bench import keep_bench, saved_bench
from netzoo.runs.messages import Benched, Measured, Start, Started
from netzoo.runs.store import BENCH, Store


def column(table, key):
    place = [each.key for each in table.columns].index(key)
    return [row[place].raw for row in table.rows]


def test_the_table_has_models_side_by_side_by_work_and_batch():
    table = benched().table()
    names = [column(table, key) for key in ("work", "batch_size", "model")]
    assert list(zip(*names, strict=True)) == [
        (work, size, model)
        for work in ("inference", "training")
        for size in (1, 32)
        for model in ("lenet", "alexnet")
    ]
    assert column(table, "step_seconds_p99") == [0.002, 0.002, *[None] * 6]
    assert column(table, "first_step_seconds") == [6.0] * 8
    assert [cell.text for cell in table.rows[0]][:8] == [
        *("inference", "1", "lenet", "tensorflow", "2,430", "2,180 … 2,670"),
        *("0.412 ms", "2 ms"),
    ]
    agree_in_every_form(table)


def test_the_memory_of_a_device_is_a_column_where_it_is_known():
    assert "device_bytes" not in [each.key for each in benched().table().columns]
    assert (
        column(benched(device_bytes=3_400_000_000).table(), "device_bytes") == [3_400_000_000] * 8
    )


def test_the_footer_tells_the_method_and_what_to_doubt():
    drifting = run("lenet", drift=-0.3, sizes=(1,))
    failed = run("alexnet", sizes=(), backend="torch")
    failed = replace(failed, status="failed", error="OutOfMemoryError: no room")
    bench = replace(benched(drifting, failed), skipped=("jax",))
    text = "\n".join(bench.table().footer)
    for words in (
        "alexnet, inference on torch failed: OutOfMemoryError: no room",
        "jax is not installed: skipped.",
        "random, of the shape of fashion_mnist, 10 classes",
        "about 2.0 s, after a warm-up",
        "time.perf_counter; the processor's frequency is not fixed",
        "lenet, inference on tensorflow, batch 1: -30 %.",
        "precision float32: lenet (28 × 28 × 1) on tensorflow",
        "Device: CPU (2 cores). Backends: tensorflow, torch.",
        "keras 3.15.1",
        "Command: netzoo bench lenet alexnet",
    ):
        assert words in text, words
    assert "not steady" not in "\n".join(benched().table().footer)


def test_a_result_comes_back_from_its_file(tmp_path):
    assert saved_bench(tmp_path) is None
    bench = benched(device_bytes=5)
    keep_bench(tmp_path, bench)
    assert saved_bench(tmp_path) == bench
    assert bench.to_dict()["schema"] == 1
    path = tmp_path / BENCH
    path.write_text(path.read_text().replace("28", "29", 1))
    with pytest.raises(DataError, match="cut short or changed"):
        saved_bench(tmp_path)


def test_a_comparison_may_begin_in_the_folder_of_a_bench_and_leaves_it(tmp_path):
    keep_bench(tmp_path, benched())
    store = Store(tmp_path)
    with store.open_to_write():
        store.discard()
    assert saved_bench(tmp_path) == benched()


def test_show_prints_the_bench_of_a_folder(tmp_path, capsys):
    from netzoo_cli.app import app

    keep_bench(tmp_path, benched())
    app.main(["show", str(tmp_path), "--format", "csv"], standalone_mode=False)
    assert capsys.readouterr().out == benched().table().render("csv") + "\n"


class Processes:
    """Stand for worker processes: each answers a request for each batch size, or raises."""

    def __init__(self):
        self.asked, self.raises, self.stops_at = [], {}, None

    def __call__(self, log, backend):
        self.backend = backend
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def ask(self, request, reply, on_progress=None):
        if isinstance(request, Start):
            return Started(CPU, VERSIONS, 2)
        self.asked.append((request.trial.model, self.backend, request.work, request.batch_sizes))
        shape = request.trial.input_shape
        for size in request.batch_sizes:
            job = (request.trial.model, request.work, size)
            if self.stops_at == job:
                raise KeyboardInterrupt
            if job in self.raises:
                raise self.raises[job]
            on_progress(Measured(1e-9, 2e-9, 640_000_000, None, measured(size), shape))
        return Benched()


@pytest.fixture
def processes(monkeypatch):
    stand_in = Processes()
    monkeypatch.setattr(bench_jobs, "Process", stand_in)
    monkeypatch.setattr(module, "git_commit", lambda: None)
    return stand_in


class Heard(netzoo.Callback):
    def __init__(self):
        self.lines, self.left = [], []
        self.on_message = self.lines.append

    def on_time_left(self, seconds, done_seconds):
        self.left.append(seconds)


SMALL = {"recipe": "quick", "batch_sizes": [8, 4], "seconds": 0.5}


def test_each_work_of_each_model_has_a_process_of_its_own(processes):
    heard = Heard()
    bench = netzoo.bench(["lenet", "alexnet"], callbacks=[heard], **SMALL)
    assert [(model, work, sizes) for model, _, work, sizes in processes.asked] == [
        (model, work, sizes)
        for model in ("lenet", "alexnet")
        for work, sizes in (("inference", [1, 4, 8]), ("training", [4, 8, 64]))
    ]
    assert [each.status for each in bench.runs] == ["ok"] * 4
    assert bench.runs[0].startup.first_step == 2e-9
    assert "before the network is built: tensorflow 640 MB." in "\n".join(bench.table().footer)
    assert "for up to 12 measurements of 0.5 s each, in 4 processes" in heard.lines[0]
    assert len(heard.lines) == 1 + 12
    assert len(heard.left) == 12
    assert heard.left[-1] == 0
    assert isinstance(bench, Bench)


def test_the_size_and_precision_are_the_recipes(processes):
    bench = netzoo.bench(
        "alexnet@precision=mixed_bfloat16", image_size=72, work="training", **SMALL
    )
    (only,) = bench.runs
    assert only.input_shape == (72, 72, 1)
    assert only.recipe.precision == "mixed_bfloat16"


def test_ctrl_c_keeps_what_is_measured(processes, tmp_path):
    processes.stops_at = ("alexnet", "inference", 8)
    with pytest.raises(Interrupted) as stop:
        netzoo.bench(["lenet", "alexnet"], output=tmp_path / "out", **SMALL)
    runs = stop.value.result.runs
    assert [(each.model, each.status) for each in runs] == [
        *(("lenet", "ok"), ("lenet", "ok"), ("alexnet", "unfinished")),
    ]
    assert [each.batch_size for each in runs[2].measurements] == [1, 4]
    assert saved_bench(tmp_path / "out") == stop.value.result
    assert "stopped by Ctrl-C" in stop.value.result.table().footer[0]


def test_a_run_that_fails_keeps_its_smaller_batches_and_the_others_go_on(processes, tmp_path):
    processes.raises["alexnet", "training", 64] = OutOfMemory("no room")
    processes.raises["lenet", "inference", 1] = TrialFailed("its process was ended by SIGKILL.")
    bench = netzoo.bench(["lenet", "alexnet"], **SMALL)
    assert [(each.status, len(each.measurements)) for each in bench.runs] == [
        *(("failed", 0), ("ok", 3), ("ok", 3), ("failed", 2)),
    ]
    assert bench.runs[3].error == "no room"


def test_backends_that_are_not_installed_are_named_and_skipped(processes, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "jax" or None)
    heard = Heard()
    bench = netzoo.bench("lenet", backends="all", work="inference", callbacks=[heard], **SMALL)
    assert sorted(backend for _, backend, *_ in processes.asked) == ["tensorflow", "torch"]
    assert bench.skipped == ("jax",)
    assert heard.lines[0].startswith("jax is not installed, and skipped: pip install")
