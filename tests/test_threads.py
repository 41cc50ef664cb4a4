"""How many threads compute decides a training's last digits; a record says it and keeps to it."""

import contextlib
import json
import os
import shutil
from dataclasses import replace

import pytest
from processes import finish
from small_comparisons import numbers

import netzoo
from netzoo import disk
from netzoo.errors import Interrupted
from netzoo.records.codec import to_text
from netzoo.results.comparison import comparison_table
from netzoo.results.runs import repetition_table
from netzoo.runs import checkpoint
from netzoo.runs.prepare import start_process
from netzoo.runs.rerun import rerun
from netzoo.runs.saved import find_trial, saved_comparison
from netzoo.runs.store import Store

CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
pytestmark = pytest.mark.skipif(len(CORES) < 2, reason="needs two cores, to leave one out")

FEW = {
    "recipe": "quick",
    "dataset": "fashion_mnist_sample",
    "limit_train": 1280,
    "limit_test": 100,
    "epochs": 2,
    "precision": "float32",
    "device": "cpu",
}
SET = {"torch": "OMP_NUM_THREADS", "tensorflow": "TF_NUM_INTRAOP_THREADS", "jax": "NPROC"}


class Heard(netzoo.Callback):
    """Keeps what is said; presses Ctrl-C twice at the end of an epoch, if one is named."""

    def __init__(self, stop_after=None):
        self.lines, self._stop_after = [], stop_after
        self.on_message = self.lines.append

    def on_epoch_end(self, trial, record):
        if record.epoch == self._stop_after:
            raise KeyboardInterrupt


@contextlib.contextmanager
def one_core():
    """Let the processes that start in here use one core, as a container may."""
    os.sched_setaffinity(0, {min(CORES)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def trained(folder, models="lenet", **options):
    heard = Heard()
    return netzoo.compare(models, output=folder, callbacks=[heard], **FEW | options), heard.lines


def threads_of(folder):
    """Return how many threads the trials of a folder had, by model."""
    records = [Store(folder).record(trial) for trial in Store(folder).plan().trials]
    return {record.trial.model: record.device.threads for record in records}


def as_old(folder):
    """Take out of a folder what an older netzoo did not write."""
    for path in (folder / "plan.json", *folder.glob("trials/*.json")):
        told = json.loads(disk.read_sealed(path))
        del told["device"]["threads"]
        disk.write_text(path, disk.sealed(to_text(told)))
    for path in folder.glob("trials/*.checkpoint"):
        about, arrays = checkpoint.read(path, path.stem)
        checkpoint.write(path, replace(about, threads=None), arrays)


@pytest.fixture(scope="module", autouse=True)
def patient():
    """Let torch's threads wait asleep: awake they keep the cores from all else that is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")
        yield


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return the folder of a training on all cores."""
    folder = tmp_path_factory.mktemp("many")
    trained(folder)
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Return the folder of the same training on one core."""
    folder = tmp_path_factory.mktemp("one")
    with one_core():
        trained(folder)
    return folder


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """Return the folder of a training on all cores that was stopped after its first epoch."""
    folder = tmp_path_factory.mktemp("half")
    with pytest.raises(Interrupted):
        netzoo.compare("lenet", output=folder, callbacks=[Heard(stop_after=1)], **FEW)
    return folder


@pytest.mark.slow
def test_the_number_of_threads_changes_the_last_digits_and_is_recorded(many, one):
    assert numbers(many).keys() == numbers(one).keys()
    assert numbers(many) != numbers(one)
    assert threads_of(many) == {"lenet": len(CORES)}
    assert threads_of(one) == {"lenet": 1}
    for folder, words in ((many, f", {len(CORES)} threads. Backend: "), (one, ", 1 thread. Back")):
        found, _ = saved_comparison(Store(folder))
        assert words in "".join(comparison_table(found).footer)
        assert found.to_dict()["device"]["threads"] == found.device.threads


@pytest.mark.slow
@pytest.mark.backend_independent
def test_a_record_is_repeated_with_its_own_number_of_threads(many):
    heard = Heard()
    with one_core():
        again = rerun(find_trial([Store(many)], "lenet")[1], heard)
    assert again.same, again
    assert heard.lines == [
        f"Threads: {len(CORES)} as before, not 1, since the last digits depend on it."
    ]
    assert not any(line.startswith("threads") for line in again.changed)


@pytest.mark.slow
def test_a_record_of_one_core_is_repeated_on_all_with_its_number(one):
    assert rerun(find_trial([Store(one)], "lenet")[1], Heard()).same


@pytest.mark.slow
def test_a_stopped_training_goes_on_with_its_number_on_other_cores(many, half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "out")
    (progress,) = folder.glob("trials/*.checkpoint")
    assert checkpoint.read_meta(progress).threads == len(CORES)
    with one_core():
        _, lines = trained(folder)
    assert f"Threads: {len(CORES)} as before, not 1, since the last digits depend on it." in lines
    assert not any(line.startswith("Recipe: ") for line in lines)  # nothing is planned anew
    assert numbers(folder) == numbers(many)


@pytest.mark.slow
def test_what_is_set_for_the_backend_holds_until_a_record_says_otherwise(
    monkeypatch, tmp_path, backend_name
):
    monkeypatch.setenv(SET[backend_name], "1")
    for asked, threads in ((None, 1), (len(CORES), len(CORES))):
        process, started = start_process(Store(tmp_path), "log", backend_name, "cpu", asked)
        with process:
            assert (started.device.threads, started.usual_threads) == (threads, 1)


@pytest.mark.slow
def test_a_variable_of_the_user_gives_the_digits_of_its_number(
    monkeypatch, one, many, tmp_path, backend_name
):
    monkeypatch.setenv(SET[backend_name], "1")
    _, lines = trained(tmp_path)
    assert numbers(tmp_path) == numbers(one)
    assert not any(line.startswith("Threads") for line in lines)
    assert rerun(find_trial([Store(many)], "lenet")[1], Heard()).same


@pytest.mark.slow
def test_a_training_keeps_its_number_though_the_plan_is_lost(many, half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "out")
    (folder / "plan.json").unlink()
    with one_core():
        trained(folder)
    assert numbers(folder) == numbers(many)


@pytest.mark.slow
def test_a_folder_keeps_its_number_for_what_is_added_to_it(one, tmp_path):
    folder = shutil.copytree(one, tmp_path / "out")
    found, lines = trained(folder, ["lenet", "lenet-relu"])
    assert threads_of(folder) == {"lenet": 1, "lenet-relu": 1}
    assert f"Threads: 1 as before, not {len(CORES)}, since the last digits depend on it." in lines
    assert numbers(one).items() <= numbers(folder).items()
    assert not any("number of threads" in line for line in found.warnings)


@pytest.mark.slow
def test_a_trial_of_an_ablation_is_repeated_and_a_probe_goes_on(tmp_path):
    words = ["--dataset", "fashion_mnist_sample", "--limit-train", "1280", "--limit-test", "100",
             "--epochs", "1", "--seeds", "1", "--device", "cpu", "--format", "json"]  # fmt: skip
    with one_core():
        ablation = ["ablate", "lenet", "--changes", "activation", *words, "--output", "ablated"]
        assert finish(tmp_path, ablation)[0]["comparison"]["device"]["threads"] == 1
        probe = ["probe", "lenet", "lenet-relu", "--steps", "20", *words, "--output"]
        looked, _ = finish(tmp_path, [*probe, "looked"])
    assert rerun(find_trial([Store(tmp_path / "ablated")], "lenet-relu")[1], Heard()).same
    (lost,) = (tmp_path / "looked" / "probes").glob("lenet-relu-*")
    lost.unlink()
    again, said = finish(tmp_path, [*probe, "looked"])
    assert "Threads: 1 as before, not " in said
    assert (again["layers"], again["device"]) == (looked["layers"], looked["device"])


@pytest.mark.slow
def test_an_old_training_goes_on_and_says_that_its_number_is_not_known(many, half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "out")
    as_old(folder)
    _, lines = trained(folder)
    unknown = f"Threads: {len(CORES)}. This folder does not say how many its trials had, and "
    assert [line.startswith(unknown) for line in lines].count(True) == 1
    assert threads_of(folder) == {"lenet": len(CORES)}
    assert numbers(folder) == numbers(many)


@pytest.mark.slow
def test_an_old_record_is_shown_and_repeated_and_what_is_added_is_told_apart(many, tmp_path):
    folder = shutil.copytree(many, tmp_path / "out")
    as_old(folder)
    found, _ = saved_comparison(Store(folder))
    assert f"{len(CORES)} threads" not in "".join(comparison_table(found).footer)
    again = rerun(find_trial([Store(folder)], "lenet-seed0")[1], Heard())
    assert again.same
    told = "".join(repetition_table(again).footer)
    assert f"Changed since: threads not known, now {len(CORES)}." in told
    found, lines = trained(folder, ["lenet", "lenet-relu"])
    assert "1 of 2 trials is done already." in lines
    (line,) = found.warnings
    assert line == (
        f"Models differ in number of threads: lenet not known; lenet-relu {len(CORES)}."
    )
