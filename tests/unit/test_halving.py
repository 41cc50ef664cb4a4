"""Successive halving: how many settings train how long, which go on, and the curves of a budget."""

import itertools

import pytest

from netzoo.results.effort import best_so_far, expected_best, leaders, value_at
from netzoo.studies.halving import Rung, beaten, members, ranked, rungs


@pytest.mark.parametrize(
    ("epochs", "budget", "expected"),
    [
        (30, 20, [(1, 20), (3, 7), (10, 3), (30, 1)]),
        (30, 4, [(3, 4), (10, 2), (30, 1)]),
        (3, 4, [(1, 4), (3, 2)]),
        (6, 9, [(1, 9), (2, 3), (6, 1)]),
        (10, 1, [(10, 1)]),
        (1, 9, [(1, 9)]),
        (2, 2, [(1, 2), (2, 1)]),
    ],
)
def test_a_third_goes_on_for_three_times_the_epochs(epochs, budget, expected):
    assert rungs(epochs, budget) == tuple(Rung(*each) for each in expected)


def test_without_halving_all_train_to_the_end():
    assert rungs(30, 20, halving=False) == (Rung(30, 20),)


def test_the_last_rung_has_all_epochs_and_each_rung_fewer_settings_and_more_epochs():
    for epochs, budget in itertools.product(range(1, 40), repeat=2):
        steps = rungs(epochs, budget)
        assert (steps[0].settings, steps[-1].epochs) == (budget, epochs)
        for before, after in itertools.pairwise(steps):
            assert after.epochs > before.epochs
            assert after.settings == -(-before.settings // 3)


def test_the_best_come_first_and_of_equal_ones_the_lower_number():
    assert ranked({0: 0.5, 1: 0.7, 2: None, 3: 0.7, 4: 0.1}) == [1, 3, 0, 4]


def test_the_best_third_of_a_rung_goes_on():
    scores = [{0: 0.1, 1: 0.3, 2: 0.2, 3: 0.3, 4: None}, {}]
    assert members(scores, [5, 2], 0) == [0, 1, 2, 3, 4]
    assert members(scores, [5, 2], 1) == [1, 3]


def test_where_all_of_a_rung_are_lost_the_next_best_takes_their_place():
    first = {0: 0.1, 1: 0.3, 2: 0.2}
    assert members([first, {1: None}], [3, 1], 1) == [1, 2]
    assert members([first, {1: None, 2: None}], [3, 1], 1) == [1, 2, 0]
    assert members([first, {1: None, 2: 0.4}], [3, 1], 1) == [1, 2]
    assert members([first, {1: 0.0}], [3, 1], 1) == [1]  # no accuracy is none
    assert members([{0: None, 1: None}, {}], [2, 1], 1) == []


def test_a_setting_is_beaten_once_as_many_are_ahead_as_go_on():
    scores = {0: 0.1, 1: 0.3, 3: 0.2}  # the others train yet
    assert beaten(scores, 2) == [0]
    assert beaten(scores, 3) == []
    assert beaten(scores, 0) == [1, 3, 0]


def test_the_expected_best_is_that_of_the_published_formula():
    """Of 0.1, 0.2 and 0.3, two draws: 1/9 × 0.1 + 3/9 × 0.2 + 5/9 × 0.3, and three: of 27."""
    one, two, three = expected_best([0.2, 0.3, 0.1])
    assert one == pytest.approx(0.2)
    assert two == pytest.approx((1 * 0.1 + 3 * 0.2 + 5 * 0.3) / 9)
    assert three == pytest.approx((1 * 0.1 + 7 * 0.2 + 19 * 0.3) / 27)


def test_the_expected_best_rises_from_the_mean_and_stays_below_the_best():
    values = [0.1, 0.9, 0.4, 0.4, 0.7]
    curve = expected_best(values)
    assert curve[0] == pytest.approx(sum(values) / 5)
    assert list(curve) == sorted(curve)
    assert curve[-1] < 0.9
    assert expected_best([0.5]) == (0.5,)
    assert expected_best([]) == ()


def test_the_best_so_far():
    assert best_so_far([0.2, 0.1, 0.5]) == (0.2, 0.2, 0.5)
    steps = [(1, 0.2), (4, 0.5)]
    assert [value_at(steps, epochs) for epochs in (0, 1, 3, 4, 9)] == [None, 0.2, 0.2, 0.5, 0.5]


def test_where_the_lead_changes():
    curves = {"a": [0.3, 0.4, 0.4, 0.5], "b": [0.2, 0.4, 0.5, 0.6]}
    assert leaders(curves) == [(0, "a"), (2, "b")]  # equal ones change nothing
    assert leaders({"a": [None, 0.1], "b": [0.0, 0.0]}) == [(0, "b"), (1, "a")]
    assert leaders({}) == []
