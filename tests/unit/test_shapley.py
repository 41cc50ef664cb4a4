"""Shares and interactions, against the mean over every order in which changes can be made."""

import itertools
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netzoo.studies.shapley import interactions, shares

CLOSE = 1e-9
quick = settings(max_examples=50, deadline=None, derandomize=True)


def sets(changes):
    for count in range(len(changes) + 1):
        yield from map(frozenset, itertools.combinations(changes, count))


@st.composite
def games(draw):
    """Draw a value for each set of one to five changes."""
    changes = "abcde"[: draw(st.integers(1, 5))]
    return {names: draw(st.floats(-1, 1)) for names in sets(changes)}


def everyone(values):
    return max(values, key=len)


def mean_over_all_orders(values, change):
    """Return what a change adds where its turn comes, over all orders of all changes."""
    added = []
    for order in itertools.permutations(everyone(values)):
        before = frozenset(order[: order.index(change)])
        added.append(values[before | {change}] - values[before])
    return statistics.fmean(added)


def beyond_both_over_all_orders(values, one, two):
    """Return what a pair does beyond its two alone, over all orders in which it goes as one."""
    others = everyone(values) - {one, two}
    beyond = []
    for order in itertools.permutations([*others, (one, two)]):
        before = frozenset(order[: order.index((one, two))])
        both, first, second = (values[before | more] for more in ({one, two}, {one}, {two}))
        beyond.append(both - first - second + values[before])
    return statistics.fmean(beyond)


@quick
@given(games())
def test_shares_are_the_mean_over_all_orders_and_add_up_to_the_joint_effect(values):
    found = shares(values)
    assert set(found) == everyone(values)
    for change, share in found.items():
        assert share == pytest.approx(mean_over_all_orders(values, change), abs=CLOSE)
    joint = values[everyone(values)] - values[frozenset()]
    assert sum(found.values()) == pytest.approx(joint, abs=CLOSE)


@quick
@given(games())
def test_interactions_are_the_mean_over_all_orders_of_the_pair_as_one(values):
    found = interactions(values)
    assert list(found) == list(itertools.combinations(sorted(everyone(values)), 2))
    for (one, two), value in found.items():
        expected = beyond_both_over_all_orders(values, one, two)
        assert value == pytest.approx(expected, abs=CLOSE)


EFFECTS = {"activation": 0.1, "augment": 0.0, "dropout": -0.02, "pooling": 0.005}


def test_changes_that_add_up_have_their_own_effects_and_no_interaction():
    values = {names: 0.7 + sum(EFFECTS[name] for name in names) for names in sets(EFFECTS)}
    assert shares(values) == pytest.approx(EFFECTS)
    assert interactions(values) == pytest.approx(
        dict.fromkeys(itertools.combinations(EFFECTS, 2), 0.0), abs=CLOSE
    )


def test_what_only_a_pair_does_is_halved_between_the_two():
    pair = frozenset({"activation", "dropout"})
    values = {names: 0.5 + 0.08 * (pair <= names) for names in sets(EFFECTS)}
    expected = {name: 0.04 * (name in pair) for name in EFFECTS}
    assert shares(values) == pytest.approx(expected, abs=CLOSE)
    found = interactions(values)
    assert found.pop(("activation", "dropout")) == pytest.approx(0.08)
    assert list(found.values()) == pytest.approx([0.0] * 5, abs=CLOSE)
