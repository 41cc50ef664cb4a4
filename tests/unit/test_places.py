"""Where trials run side by side, and which begins when."""

import itertools
import os
import subprocess
import sys

import pytest
from study_records import DATA

from netzoo import backend
from netzoo.errors import BadInput
from netzoo.provenance import Device
from netzoo.recipes import recipe
from netzoo.records.plan import ModelProfile, Plan, Timing
from netzoo.records.trial import Trial
from netzoo.runs import places
from netzoo.runs.places import ANYWHERE, Place, choose_places
from netzoo.runs.process import Process
from netzoo.runs.side_by_side import run_side_by_side


def plan_on(kind, backend="tensorflow", **profile):
    trial = Trial("lenet", (28, 28, 1), DATA, recipe("quick", "lenet"), 0, backend, "auto")
    return Plan({}, "lenet", (trial,), Device(kind, kind), {}, {"lenet": ModelProfile(**profile)})


@pytest.fixture
def five_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3, 4}, raising=False)
    monkeypatch.setattr(places, "free_bytes", lambda: 10**12)


@pytest.mark.parametrize(
    ("jobs", "per_device", "count", "expected"),
    [
        (1, None, 9, [None]),
        (2, None, 1, [None]),  # one trial has all cores
        (2, None, 9, [(0, 2, 4), (1, 3)]),
        (5, None, 9, [(0,), (1,), (2,), (3,), (4,)]),
        (7, None, 9, [(0,), (1,), (2,), (3,), (4,), (0,), (1,)]),
        (7, None, 2, [(0, 2, 4), (1, 3)]),
        ("auto", None, 9, [(0,), (1,), (2,), (3,), (4,)]),
        ("auto", 2, 9, [(0, 2, 4), (1, 3)]),
        (2, 2, 9, [(0, 2, 4), (1, 3)]),
    ],
)
def test_the_cores_of_a_processor_are_dealt_out(five_cores, jobs, per_device, count, expected):
    found = choose_places(plan_on("cpu"), jobs, per_device, 0, count)
    assert [place.cores for place in found] == expected
    assert {place.gpu for place in found} == {None}


@pytest.mark.parametrize(
    ("jobs", "per_device", "gpus", "expected"),
    [
        ("auto", None, 3, [0, 1, 2]),
        ("auto", 2, 2, [0, 1, 0, 1]),
        ("auto", None, 1, [None]),
        (2, None, 3, [0, 1]),
        (4, None, 3, [0, 1, 2, 0]),
        (1, None, 3, [None]),
    ],
)
def test_each_gpu_has_its_trials(jobs, per_device, gpus, expected):
    found = choose_places(plan_on("gpu"), jobs, per_device, gpus, 9)
    assert [place.gpu for place in found] == expected


def test_on_a_processor_auto_takes_no_more_trials_than_the_memory_does_for(five_cores, monkeypatch):
    for free, count in ((10**9, 2), (10**8, 1), (None, 5)):
        monkeypatch.setattr(places, "free_bytes", lambda free=free: free)
        assert len(choose_places(plan_on("cpu"), "auto", None, 0, 9)) == count


def test_on_a_processor_auto_takes_one_trial_on_torch_as_it_gains_nothing(five_cores):
    assert len(choose_places(plan_on("cpu", "torch"), "auto", None, 0, 9)) == 1
    assert len(choose_places(plan_on("cpu", "torch"), 3, None, 0, 9)) == 3


@pytest.mark.parametrize(("kind", "gpus", "jobs"), [("gpu", 2, 5), ("cpu", 0, 3)])
def test_more_jobs_than_devices_bear_are_refused_with_the_numbers(kind, gpus, jobs):
    with pytest.raises(BadInput, match=rf"{jobs} jobs do not fit: .* {max(gpus, 1)} device.*2 tri"):
        choose_places(plan_on(kind), jobs, 2, gpus, 9)


@pytest.mark.parametrize(
    ("seen", "gpu", "expected"), [(None, 1, "1"), ("3,5", 1, "5"), ("GPU-a,GPU-b", 0, "GPU-a")]
)
def test_a_process_sees_the_gpu_of_its_place_among_those_of_the_user(
    seen, gpu, expected, monkeypatch
):
    monkeypatch.delenv("HIP_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen or "")
    places.take(Place(gpu=gpu))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == expected
    assert "HIP_VISIBLE_DEVICES" not in os.environ
    places.take(ANYWHERE)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system pins no threads")
def test_threads_that_run_already_keep_to_the_cores_of_a_place():
    core = min(os.sched_getaffinity(0))
    code = (
        "import os, threading\n"
        "from netzoo.runs import places\n"
        "end = threading.Event()\n"
        "before = threading.Thread(target=end.wait); before.start()\n"
        f"places.keep_to(places.Place(cores=({core},)))\n"
        "after = threading.Thread(target=end.wait); after.start()\n"
        "print([os.sched_getaffinity(t.native_id) for t in (before, after)]); end.set()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == f"[{{{core}}}, {{{core}}}]\n", done.stderr


def speaking(tmp_path, monkeypatch, script):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return lambda: Process(tmp_path / "log", "tensorflow")


STEP = """'{"event":"step","epoch":1,"step":1,"steps":1}'"""


def test_as_many_tasks_run_as_there_are_places_and_each_is_heard(tmp_path, monkeypatch):
    process = speaking(tmp_path, monkeypatch, f"echo {STEP}; sleep 0.1; echo {STEP}")
    running, most, heard = [], [], []

    def task(number, place):
        running.append(number)
        most.append(len(running))
        with process() as one:
            yield one
            heard.append((number, place, os.read(one.fileno(), 9)))
        running.remove(number)

    tasks = (lambda place, n=n: task(n, place) for n in range(5))
    run_side_by_side(tasks, [Place(gpu=0), Place(gpu=1)], lambda: False)
    assert sorted(n for n, _, _ in heard) == list(range(5))
    assert {place.gpu for _, place, _ in heard} == {0, 1}
    assert all(words == b'{"event":' for _, _, words in heard)
    assert max(most) == 2
    assert running == []


@pytest.mark.parametrize("by", ["an error", "a halt", "Ctrl-C"])
def test_what_ends_one_ends_all_and_leaves_no_process(by, tmp_path, monkeypatch):
    process = speaking(tmp_path, monkeypatch, f"echo {STEP}; exec sleep 60")
    ended, halted = [], []

    def task(number, place):
        try:
            with process() as one:
                for turn in itertools.count():
                    yield one
                    os.read(one.fileno(), 999)
                    if number == 1 and by == "an error":
                        raise BadInput("of one")
                    if by == "Ctrl-C" and number == 1:
                        raise KeyboardInterrupt
                    if by == "a halt":
                        halted.append(number)
                    assert turn == 0
        except KeyboardInterrupt:
            halted.append(number)
        finally:
            ended.append(one._process.returncode)

    tasks = (lambda place, n=n: task(n, place) for n in range(2))
    if by == "an error":
        with pytest.raises(BadInput, match="of one"):
            run_side_by_side(tasks, [ANYWHERE] * 2, lambda: False)
    else:
        run_side_by_side(tasks, [ANYWHERE] * 2, lambda: bool(halted))
        assert set(halted) == {0, 1}
    assert ended == [-9, -9]


def test_the_time_left_of_several_is_that_of_the_longest_row_of_trials(monkeypatch):
    from netzoo.runs import progress as clock

    now = [100.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "SLOWER_BESIDE", 2.0)
    trials = [
        Trial(model, (28, 28, 1), DATA, recipe("quick", "lenet"), seed, "torch", "cpu")
        for seed in (0, 1) for model in ("lenet", "alexnet")
    ]  # fmt: skip
    timings = {"lenet": Timing(1.0, 1.0, 2.0, 1.0), "alexnet": Timing(1.0, 1.0, 20.0, 1.0)}
    profiles = {name: ModelProfile(timing=timing) for name, timing in timings.items()}
    plan = Plan({}, "lenet", trials, Device("cpu", "CPU"), {}, profiles)
    todo = [(trial, 3) for trial in trials]
    # Apart: a GPU each; alexnet 63 s, lenet 9.
    left = clock.EtaEstimator(plan, todo, [Place(gpu=0), Place(gpu=1)])
    assert left.left_seconds() == 63 + 9
    left = clock.EtaEstimator(plan, todo, [Place(gpu=0), Place(gpu=1), Place(gpu=2)])
    assert left.left_seconds() == 63
    # On cores that they share, epochs and ends take twice as long until one is seen.
    left = clock.EtaEstimator(plan, todo, [Place(cores=(0,)), Place(cores=(1,))])
    assert left.left_seconds() == (2 + 120 + 2) + (2 + 12 + 2)
    first, second = trials[1], trials[3]
    left.begin_trial(first)
    left.begin_trial(second)
    now[0] += 2
    for trial in (first, second):
        left.end_step(trial, 1, 10)
    assert left.left_seconds() == 2.9 * 40 + 2 + 16
    now[0] += 27  # 9 of 10 steps: an epoch takes 30 s, and those of lenet 1.5 times as long
    left.end_step(first, 9, 10)
    left.end_step(second, 9, 10)
    now[0] += 3.375
    left.end_epoch(first)
    assert left.left_seconds() == pytest.approx(2.1 * 33.75 + 2 + (2 + 3 * 3.375 + 1.6875))
    left.put_off_trial(second)
    assert left.left_seconds() > 100


def test_the_cores_are_those_that_this_process_may_use():
    assert sum(map(len, places._shares(2))) == max(2, backend.cores())
