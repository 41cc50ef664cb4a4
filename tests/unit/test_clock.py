"""The time that is left, on a clock that the test turns."""

import pytest

from netzoo.provenance import DatasetRecord, Device
from netzoo.recipes import recipe
from netzoo.records.plan import ModelProfile, Plan, Timing
from netzoo.records.trial import Trial
from netzoo.runs import progress as clock

DATA = DatasetRecord("d", "here", 600, 100, "ab" * 32, (28, 28, 1), tuple("abcdefghij"))


@pytest.fixture
def now(monkeypatch):
    times = [1000.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: times[0])
    return times


def trial(model, seed=0):
    return Trial(model, (28, 28, 1), DATA, recipe("quick", "lenet"), seed, "torch", "cpu")


def test_the_estimate_is_mended_by_what_is_seen(now):
    """Starts were estimated at 3 s and take 5; epochs of 1 s take 2, the last test 1 s."""
    first, second, third = trial("lenet"), trial("lenet-relu"), trial("lenet", 1)
    profile = ModelProfile(timing=Timing(2.0, 1.0, 1.0, 0.5))
    profiles = dict.fromkeys(("lenet", "lenet-relu"), profile)
    trials = (first, second, third)
    plan = Plan({}, "lenet", trials, Device("cpu", "CPU"), {}, profiles)
    left = clock.EtaEstimator(plan, [(first, 3), (second, 3), (third, 1)])
    assert left.left_seconds() == 6.5 + 6.5 + 4.5
    left.begin_trial(first)
    now[0] += 2
    assert left.left_seconds() == 4.5 + 6.5 + 4.5
    now[0] += 3
    left.end_step(first, 1, 4)
    assert left.left_seconds() == 2.75 + 0.5 + (6.5 + 2) + (5 + 1 + 0.5)
    now[0] += 1
    left.end_step(first, 3, 4)
    now[0] += 0.5
    left.end_epoch(first)
    assert left.left_seconds() == 2 * 2 + 0.5 + 8.5 + (5 + 2 + 0.5)
    now[0] += 4
    left.end_epoch(first)
    left.end_epoch(first)
    now[0] += 1
    left.end_trial(first)
    assert left.left_seconds() > 8.5
    assert left.done_seconds() == 11.5


def estimator(epochs, timing):
    """Return the estimator of one trial that has begun."""
    only, profiles = trial("lenet"), {"lenet": ModelProfile(timing=timing)}
    plan = Plan({}, "lenet", (only,), Device("cpu", "CPU"), {}, profiles)
    left = clock.EtaEstimator(plan, [(only, epochs)])
    left.begin_trial(only)
    return left, only


@pytest.mark.parametrize(
    ("first_step", "others"), [(8.0, 13.4), (21.4, 0.0)], ids=["also the last batch", "one step"]
)
def test_what_the_first_epoch_compiles_is_not_expected_of_the_others(first_step, others, now):
    """An epoch of 23 s of which 21.4 compile; the others take 1.6 s."""
    left, only = estimator(10, Timing(0.5, 5.0, 1.8, 0.3))
    now[0] += first_step
    left.end_step(only, 1, 469)
    for step in (100, 200, 300, 400):
        now[0] += 1.5 / 469 * 100
        left.end_step(only, step, 469)
    now[0] += 1.6 - 1.5 / 469 * 400 + others
    left.end_step(only, 469, 469)
    left.end_epoch(only)
    assert 9 * 1.5 < left.left_seconds() <= 9 * 1.8 + 0.3
    now[0] += 1.6
    left.end_epoch(only)
    assert left.left_seconds() == pytest.approx(8 * 1.6 + 0.3)


@pytest.mark.parametrize(("estimated", "learned"), [(0.5, 2.0), (2.5, 2.5), (9.0, 3.0)])
def test_the_first_epoch_moves_an_estimate_that_is_out_of_its_bounds(estimated, learned, now):
    """Its steps take 2 s, all of it 3: the evaluation is a part of the difference."""
    left, only = estimator(4, Timing(0.0, 0.0, estimated, 0.0))
    left.end_step(only, 1, 100)
    now[0] += 0.02 * 50
    left.end_step(only, 51, 100)
    now[0] += 3 * 0.99 - 0.02 * 50
    left.end_epoch(only)
    assert left.left_seconds() == pytest.approx(3 * learned)


def test_an_epoch_too_short_for_a_second_step_leaves_the_estimate_until_the_next(now):
    left, only = estimator(4, Timing(0.0, 0.0, 0.2, 0.0))
    left.end_step(only, 1, 10)
    now[0] += 5
    left.end_epoch(only)
    assert left.left_seconds() == pytest.approx(3 * 0.2)
    now[0] += 0.1
    left.end_epoch(only)
    assert left.left_seconds() == pytest.approx(2 * 0.1)


def test_a_model_that_was_never_timed_is_left_out(now):
    lost = trial("lenet")
    plan = Plan(
        {}, "lenet", (lost,), Device("cpu", "CPU"), {}, {"lenet": ModelProfile(failure="no")}
    )
    left = clock.EtaEstimator(plan, [(lost, 3)])
    left.begin_trial(lost)
    left.end_trial(lost)
    assert left.left_seconds() == 0
