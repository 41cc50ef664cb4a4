"""The speed of real steps: what is timed, and that it changes nothing."""

import builtins
import csv
import io
import json
import signal
import time
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest
from processes import launch, wait_for

from netzoo.backend import INSTALL
from netzoo.data import open_images
from netzoo.models.catalog import create_model
from netzoo.recipes import recipe
from netzoo.results.bench import INFERENCE, TRAINING, WORKS
from netzoo.training import device, speed
from netzoo.training.fit import compile_model

SIZES = [1, 4]
DATA = open_images("fashion_mnist_sample").record(None)
FEW = 10


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """Let ten samples do for a percentile: a busy machine may take long for a step."""
    monkeypatch.setattr(speed, "PERCENTILE_SAMPLES", FEW)


def measured(work, sizes=SIZES, seconds=0.02, **changes):
    """Return a model that was timed, and what was told of it."""
    chosen = speed.timed_recipe(recipe("quick", "lenet", changes), work)
    images = speed.random_images(DATA, max(sizes))
    model = create_model("lenet-relu")
    compile_model(model, images, chosen)
    before = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    told = list(speed.measurements(model, images, chosen, work, sizes, seconds, (28, 28)))
    after = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    return model, told, (before, after)


@pytest.mark.parametrize("work", WORKS)
def test_each_batch_size_is_measured_on_its_own_step(work):
    _, told, _ = measured(work)
    firsts, measurements = zip(*told, strict=True)
    assert firsts[0] == firsts[1] > 0
    assert [each.batch_size for each in measurements] == SIZES
    for each in measurements:
        low, high = each.images_per_second_quartiles
        assert low <= each.images_per_second <= high
        assert each.images_per_second == pytest.approx(each.batch_size / each.step_seconds)
        assert each.n >= speed.FEWEST_SAMPLES
        assert each.process_bytes > 10_000_000
        assert each.device_bytes is None  # a CPU
    one = measurements[0]
    if work == INFERENCE:
        assert one.steps_per_sample == 1
        assert one.n >= FEW
        assert one.step_seconds_p99 >= one.step_seconds


def test_training_steps_are_made_and_leave_the_weights_where_they_were():
    model, _, (before, after) = measured(TRAINING, [4])
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) > speed.WARM_STEPS
    assert any(keras.ops.convert_to_numpy(v).any() for v in model.optimizer.variables[2:])
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-4)


def test_inference_has_no_variables_of_an_optimizer_beside_it():
    adam, _, _ = measured(TRAINING, [4])
    plain, _, (before, after) = measured(INFERENCE, [4])
    assert len(plain.optimizer.variables) <= 2  # iterations and learning rate
    assert len(adam.optimizer.variables) > len(before)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.backend_independent
@pytest.mark.parametrize("work", WORKS)
def test_the_time_is_that_of_the_steps_until_their_results_are_there(work, monkeypatch):
    """A result that comes 4 ms after its call, as of a device that computes ahead."""

    class Late:
        def __array__(self, dtype=None, copy=None):
            time.sleep(0.004)
            return np.zeros(2)

    def call():
        time.sleep(0.002)
        return Late()

    found = speed._measured(call, work, 8, seconds=0.01)
    assert found.n >= speed.FEWEST_SAMPLES
    # A sample of inference waits at each step, one of training at the end of its block.
    least = 0.006 if found.steps_per_sample == 1 else 0.002 + 0.004 / found.steps_per_sample
    assert found.step_seconds >= least
    assert found.images_per_second <= 8 / least
    assert (found.steps_per_sample == 1) == (work == INFERENCE)


@pytest.mark.backend_independent
def test_the_summary_of_samples():
    steady = speed.summary(np.array([0.1] * 99 + [0.5]), 10, 1)
    assert steady.images_per_second == pytest.approx(100)
    assert steady.images_per_second_quartiles == pytest.approx((100, 100))
    assert 0.1 < steady.step_seconds_p99 <= 0.5
    assert (steady.n, steady.drift) == (100, 0)
    slowing = speed.summary(np.array([0.1, 0.2, 0.3, 0.4]), 2, 5)
    assert slowing.step_seconds == pytest.approx(0.25)
    assert slowing.drift == pytest.approx(0.35 / 0.15 - 1)
    assert slowing.step_seconds_p99 is None
    assert slowing.steps_per_sample == 5


def test_a_peak_that_is_not_told_is_none(monkeypatch):
    assert device.device_peak() is None  # on a CPU
    for name in ("_torch_peak", "_tensorflow_peak", "_jax_peak"):
        monkeypatch.setattr(device, name, lambda: 1 / 0)
    assert device.device_peak() is None
    monkeypatch.setattr(device, "_torch_peak", lambda: 7)
    monkeypatch.setattr(device, "_tensorflow_peak", lambda: 7)
    monkeypatch.setattr(device, "_jax_peak", lambda: 7)
    assert device.device_peak() == 7
    device.wait()


@pytest.mark.backend_independent
def test_the_peak_of_the_process_without_a_file_of_linux_and_without_both(monkeypatch):
    def missing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert device.process_peak() > 1000
    usual = builtins.__import__

    def imported(name, *arguments):
        if name == "resource":
            raise ImportError(name)
        return usual(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", imported)
    assert device.process_peak() is None


@pytest.mark.slow_but_on_tensorflow
def test_the_command_times_a_model_and_keeps_its_result(netzoo, tmp_path):
    words = "--work inference --batch-sizes 2 --seconds 0.05 --output out --format json"
    done = netzoo("bench", "lenet", *words.split())
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (run,) = told["runs"]
    assert [each["batch_size"] for each in run["measurements"]] == [1, 2]
    assert run["measurements"][0]["step_seconds_p99"] > 0
    assert run["startup"]["process"] > 0
    assert run["device"]["threads"] >= 1
    assert run["recipe"]["name"] == "quick"
    assert told["command"].startswith("netzoo bench lenet --work inference")
    assert "Estimate: about" in done.stderr
    kept = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert kept["result"] == told


@pytest.mark.slow
def test_ctrl_c_prints_what_is_measured(tmp_path):
    words = "bench lenet --work inference --batch-sizes 2 --seconds 5 --format csv --output out"
    process = launch(tmp_path, words.split())
    wait_for(process, "inference of lenet on")
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    (row,) = csv.DictReader(io.StringIO(printed))
    assert (row["model"], row["batch_size"]) == ("lenet", "1")
    kept = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert kept["result"]["runs"][0]["status"] == "unfinished"


@pytest.mark.slow
@pytest.mark.backend_independent
def test_every_backend_that_is_installed_is_timed(netzoo):
    words = "--backends all --batch-sizes 1,2 --seconds 0.1 --format json"
    done = netzoo("bench", "lenet-relu", "lenet:dropout=0.2@optimizer=sgd", *words.split())
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    installed = [name for name in INSTALL if find_spec(name)]
    assert [run["backend"] for run in told["runs"]] == [
        b for _ in "ab" for b in installed for _ in "ab"
    ]
    assert {run["status"] for run in told["runs"]} == {"ok"}
    assert {run["recipe"]["optimizer"] for run in told["runs"]} == {"adam", "sgd"}


@pytest.mark.gpu
@pytest.mark.parametrize("work", WORKS)
def test_on_a_gpu_the_peak_memory_is_told(work, netzoo):
    done = netzoo(
        *("bench", "lenet", "--device", "gpu", "--work", work, "--seconds", "0.2"),
        *("--batch-sizes", "1,256", "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    peaks = [each["device_bytes"] for each in run["measurements"]]
    assert peaks == sorted(peaks)
    assert peaks[0] > 0
