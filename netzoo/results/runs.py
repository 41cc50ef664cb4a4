"""How far the comparisons of a folder are, and what a repeated trial gave."""

from dataclasses import dataclass

from netzoo.records import ENDED, Trial, TrialRecord


@dataclass(frozen=True)
class TrialState:
    """How far a trial is. state: its record's status, "probed", "unfinished" or "not begun"."""

    name: str
    trial: Trial
    state: str
    epochs: int
    record: TrialRecord | None

    @property
    def ended(self) -> bool:
        """Return whether it has run to an end, well or not."""
        return self.state in (*ENDED, "failed", "probed")


@dataclass(frozen=True)
class RunState:
    """How far a comparison is.

    state: "running", "finished", "unfinished", or "damaged" where its plan cannot be read.
    notes: a line for each file that is damaged.
    """

    name: str
    state: str
    trials: tuple[TrialState, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A number of a trial as it was recorded and as it came again; None where there is none."""

    name: str
    recorded: float | None
    repeated: float | None


@dataclass(frozen=True)
class Repetition:
    """What a trial gave again.

    changed: versions, device and number of threads that are not those of the record.
    """

    trial: str
    figures: tuple[Figure, ...]
    changed: tuple[str, ...]
    error: str | None

    @property
    def same(self) -> bool:
        """Return whether every number is the same, to the last bit."""
        return self.error is None and all(f.recorded == f.repeated for f in self.figures)
