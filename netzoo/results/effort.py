"""What a search gives for its effort: the best validation accuracy against the budget."""

from collections.abc import Mapping, Sequence

Steps = Sequence[tuple[int, float]]  # (epochs trained, the best accuracy so far), increasing


def expected_best(accuracies: Sequence[float]) -> tuple[float, ...]:
    """Return the expected best accuracy of 1, 2, … settings, drawn independently.

    accuracies: of N settings that were drawn so; their empirical distribution stands for that of
    all settings. The expected maximum of n draws is the sum over the sorted accuracies v_i of
    v_i ((i / N)^n − ((i − 1) / N)^n) (Dodge et al. 2019, "Show Your Work: Improved Reporting of
    Experimental Results", equation 7).

    >>> [round(each, 4) for each in expected_best([0.1, 0.3, 0.2])]
    [0.2, 0.2444, 0.2667]
    """
    ordered, count = sorted(accuracies), len(accuracies)
    return tuple(
        sum(
            value * ((place / count) ** n - ((place - 1) / count) ** n)
            for place, value in enumerate(ordered, 1)
        )
        for n in range(1, count + 1)
    )


def best_so_far(accuracies: Sequence[float]) -> tuple[float, ...]:
    """Return the best of the first 1, 2, … accuracies."""
    return tuple(max(accuracies[:n]) for n in range(1, len(accuracies) + 1))


def value_at(steps: Steps, epochs: int) -> float | None:
    """Return the best accuracy after so many epochs, None before the first."""
    reached = [accuracy for needed, accuracy in steps if needed <= epochs]
    return reached[-1] if reached else None


def leaders(curves: Mapping[str, Sequence[float | None]]) -> list[tuple[int, str]]:
    """Return where the lead changes: the place, from 0, and the model that leads from there on.

    curves: of each model, on the same places; None where it has no value. The leader keeps the lead
    until another is above it; at the first place the first of equal ones has it.
    """
    changes: list[tuple[int, str]] = []
    count = min(map(len, curves.values()), default=0)
    for place in range(count):
        here = {name: value for name, c in curves.items() if (value := c[place]) is not None}
        if not here:
            continue
        best = max(here.values())
        now = changes[-1][1] if changes else None
        if now is None or here.get(now, -1.0) < best:
            changes.append((place, next(name for name, value in here.items() if value == best)))
    return changes
