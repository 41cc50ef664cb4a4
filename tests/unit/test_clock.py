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
    left.end_step(1, 4)
    assert left.left_seconds() == 2.75 + 0.5 + (6.5 + 2) + (5 + 1 + 0.5)
    now[0] += 1.5
    left.end_epoch()
    assert left.left_seconds() == 2 * 2 + 0.5 + 8.5 + (5 + 2 + 0.5)
    now[0] += 4
    left.end_epoch()
    left.end_epoch()
    now[0] += 1
    left.end_trial()
    assert left.left_seconds() > 8.5
    assert left.done_seconds() == 11.5


def test_a_model_that_was_never_timed_is_left_out(now):
    lost = trial("lenet")
    plan = Plan(
        {}, "lenet", (lost,), Device("cpu", "CPU"), {}, {"lenet": ModelProfile(failure="no")}
    )
    left = clock.EtaEstimator(plan, [(lost, 3)])
    left.begin_trial(lost)
    left.end_trial()
    assert left.left_seconds() == 0
