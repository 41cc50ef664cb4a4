"""The history of the families: the model that came before each, and the change between them.

Each family declares it above its builder, by the decorator `follows`; `netzoo ladder` walks it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from netzoo.models.catalog import model_info

Builder = TypeVar("Builder", bound=Callable[..., Any])


@dataclass(frozen=True)
class Step:
    """A step of the history, into a family.

    before: the model that it starts from. reaching: the first model of the family that it reaches.
    change: what it changes, in words. Without `reaching` and `change` the two families share the
    arguments of their builders, and the step is made argument by argument.
    """

    family: str
    before: str
    reaching: str
    change: str


_STEPS: dict[str, Step] = {}  # by the family that each leads into


def follows(before: str, *, reaching: str = "", change: str = "") -> Callable[[Builder], Builder]:
    """Return a decorator that declares the step into a builder's family, as Step describes it."""

    def decorate(builder: Builder) -> Builder:
        family = builder.__name__
        _STEPS[family] = Step(family, before, reaching, change)
        return builder

    return decorate


def way(start: str, end: str) -> list[Step] | None:
    """Return the steps from a family to a later one, none to itself; None if no way leads there."""
    families = [end, *before(end)]
    if start not in families:
        return None
    return [_STEPS[family] for family in reversed(families[: families.index(start)])]


def before(family: str) -> list[str]:
    """Return the families before a family, the last one first; none of one without history."""
    families: list[str] = []
    while family in _STEPS:
        family = model_info(_STEPS[family].before).family
        if family in families:  # a circle of declarations
            break
        families.append(family)
    return families
