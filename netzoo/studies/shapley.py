"""Shapley values: the share of each change in the joint effect of several.

Source: Shapley 1953, "A value for n-person games"; Grabisch and Roubens 1999, "An axiomatic
approach to the concept of interaction among players in cooperative games".
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import factorial

Values = Mapping[frozenset[str], float]


def shares(values: Values) -> dict[str, float]:
    """Return for each change its mean effect over all orders in which the changes can be made.

    values: of each set of changes, from none to all of them (2ⁿ for n). The shares add up to the
    value of all minus the value of none.
    """
    changes = sorted(frozenset().union(*values))
    return {
        change: sum(
            _weight(len(before), len(changes)) * (values[before | {change}] - values[before])
            for before in _subsets([other for other in changes if other != change])
        )
        for change in changes
    }


def interactions(values: Values) -> dict[tuple[str, str], float]:
    """Return the interaction of each pair: its effect beyond the sum of both alone.

    The mean over the sets of the other changes, weighted as Grabisch and Roubens weight them: 0 for
    changes that add up, above 0 for two that help each other.
    """
    changes = sorted(frozenset().union(*values))
    effects = {}
    for one, two in itertools.combinations(changes, 2):
        others = [change for change in changes if change not in (one, two)]
        effects[one, two] = sum(
            _weight(len(before), len(changes) - 1)
            * (
                values[before | {one, two}]
                - values[before | {one}]
                - values[before | {two}]
                + values[before]
            )
            for before in _subsets(others)
        )
    return effects


def _subsets(changes: Sequence[str]) -> Iterator[frozenset[str]]:
    for count in range(len(changes) + 1):
        yield from map(frozenset, itertools.combinations(changes, count))


def _weight(before: int, count: int) -> float:
    """Return the share of all orders of so many that begin with a given set of so many."""
    return factorial(before) * factorial(count - before - 1) / factorial(count)
