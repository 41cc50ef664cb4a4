"""The trials of a plan: many seeds of few models, so that a million of them take few bytes."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from netzoo.records.trial import Trial


class Trials(Sequence[Trial]):
    """A sequence of trials that keeps each model's settings once, and makes a trial as it is asked.

    kinds: trials of different settings, whatever their seed. places, seeds: of each trial, which of
    these it is, and its seed.

    >>> few = Trials([lenet, alexnet], [0, 1, 0, 1], [0, 0, 1, 1])
    >>> [(trial.model, trial.seed) for trial in few[2:]]
    [('lenet', 1), ('alexnet', 1)]
    """

    def __init__(self, kinds: Sequence[Trial], places: Iterable[int], seeds: Iterable[int]) -> None:
        self.kinds = tuple(kinds)
        self.places, self.seeds = array("L", places), array("Q", seeds)

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "Trials":
        """Return any trials as such a sequence: the same settings in a row are one kind."""
        if isinstance(trials, cls):
            return trials
        kinds: list[Trial] = []
        places: list[int] = []
        known: dict[str, list[int]] = {}
        for trial in trials:
            blank = trial.with_seed(0)
            same = known.setdefault(trial.model, [])
            place = next((each for each in same if kinds[each] == blank), None)
            if place is None:
                place = len(kinds)
                same.append(place)
                kinds.append(blank)
            places.append(place)
        return cls(kinds, places, (trial.seed for trial in trials))

    def changed(self, change: Callable[[Trial], Trial]) -> "Trials":
        """Return the trials with each kind changed."""
        return Trials([change(kind) for kind in self.kinds], self.places, self.seeds)

    def __len__(self) -> int:
        return len(self.seeds)

    def __iter__(self) -> Iterator[Trial]:
        kinds = self.kinds
        for place, seed in zip(self.places, self.seeds, strict=True):
            yield kinds[place].with_seed(seed)

    @overload
    def __getitem__(self, place: int) -> Trial: ...
    @overload
    def __getitem__(self, place: slice) -> "Trials": ...
    def __getitem__(self, place: int | slice) -> "Trial | Trials":
        if isinstance(place, slice):
            return Trials(self.kinds, self.places[place], self.seeds[place])
        return self.kinds[self.places[place]].with_seed(self.seeds[place])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((len(self), bytes(self.seeds)))

    def __repr__(self) -> str:
        return f"<{len(self):,} trials of {len(self.kinds):,} kinds>"
