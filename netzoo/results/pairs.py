"""Pairing of two models' values by seed."""

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


def shared_values(
    ours: Mapping[int, Value], theirs: Mapping[int, Value]
) -> tuple[list[Value], list[Value]]:
    """Return the values of two models for the seeds that both have, in the order of the first."""
    seeds = [seed for seed in ours if seed in theirs]
    return [ours[seed] for seed in seeds], [theirs[seed] for seed in seeds]
