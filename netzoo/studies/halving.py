"""Synchronous successive halving: which settings go on after each rung of epochs.

All settings of a model train for the epochs of the first rung, the best third of them for those of
the second, and so on to the recipe's epochs (Jamieson and Talwalkar 2016, "Non-stochastic Best Arm
Identification and Hyperparameter Optimization"). A rung is decided when all of its settings have
ended, so that the order in which they train changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

KEPT = 3  # one in so many goes on, rounded up

Scores = Mapping[int, float | None]  # by the setting's number; None if it failed or diverged


class Rung(NamedTuple):
    """A rung: so many settings train until so many epochs."""

    epochs: int
    settings: int


def rungs(epochs: int, budget: int, *, halving: bool = True) -> tuple[Rung, ...]:
    """Return the rungs of a search, the last with all epochs.

    epochs: of the recipe. budget: the number of settings. Without halving there is one rung. The
    epochs of each rung are a third of the next one's, rounded, and there are no more rungs than it
    takes to come down to one setting.

    >>> rungs(30, 20)
    (Rung(epochs=1, settings=20), Rung(epochs=3, settings=7), Rung(epochs=10, settings=3),
     Rung(epochs=30, settings=1))
    """
    counts, steps = [budget], [epochs]
    while halving and counts[-1] > 1 and steps[-1] > 1:
        counts.append(-(-counts[-1] // KEPT))
        steps.append(max(1, round(steps[-1] / KEPT)))
    return tuple(map(Rung, reversed(steps), counts))


def ranked(scores: Scores) -> list[int]:
    """Return the settings by their score, the best first, the lower number first of equal ones.

    Those without a score have lost, and are left out.
    """
    known = [(-score, number) for number, score in scores.items() if score is not None]
    return [number for _, number in sorted(known)]


def members(scores: Sequence[Scores], sizes: Sequence[int], rung: int) -> list[int]:
    """Return the settings that train in a rung, once all rungs before it are decided.

    scores: of each rung, as far as they are known. sizes: the settings of each. If all of a rung
    are lost, the next best of the rung before takes their place.
    """
    if rung == 0:
        return list(range(sizes[0]))
    order = ranked(scores[rung - 1])
    chosen = order[: sizes[rung]]
    for number in order[sizes[rung] :]:
        if any(scores[rung].get(each, 0.0) is not None for each in chosen):
            break
        chosen.append(number)
    return chosen


def beaten(scores: Scores, keep: int) -> list[int]:
    """Return the settings of a rung that so many others are ahead of: they do not go on."""
    return ranked(scores)[keep:]
