"""The time that is left, on a clock that the test turns."""

import pytest

from netzoo.provenance import DatasetRecord, Device
from netzoo.recipes import recipe
from netzoo.records.plan import Pace, Plan
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
    paces = dict.fromkeys(("lenet", "lenet-relu"), Pace(2.0, 1.0, 1.0, 0.5))
    trials = (first, second, third)
    plan = Plan({}, "lenet", trials, Device("cpu", "CPU"), {}, {}, {}, paces, {}, {})
    left = clock.Clock(plan, [(first, 3), (second, 3), (third, 1)])
    assert left.left_seconds() == 6.5 + 6.5 + 4.5
    left.trial_started(first)
    now[0] += 2
    assert left.left_seconds() == 4.5 + 6.5 + 4.5
    now[0] += 3
    left.stepped(1, 4)
    assert left.left_seconds() == 2.75 + 0.5 + (6.5 + 2) + (5 + 1 + 0.5)
    now[0] += 1.5
    left.epoch_ended()
    assert left.left_seconds() == 2 * 2 + 0.5 + 8.5 + (5 + 2 + 0.5)
    now[0] += 4
    left.epoch_ended()
    left.epoch_ended()
    now[0] += 1
    left.trial_ended()
    assert left.left_seconds() > 8.5
    assert left.done_seconds() == 11.5


def test_a_model_that_was_never_timed_is_left_out(now):
    lost = trial("lenet")
    plan = Plan({}, "lenet", (lost,), Device("cpu", "CPU"), {}, {}, {}, {}, {}, {"lenet": "no"})
    left = clock.Clock(plan, [(lost, 3)])
    left.trial_started(lost)
    left.trial_ended()
    assert left.left_seconds() == 0
