"""What a comparison tells while it runs."""

from netzoo.records import EpochRecord, Trial, TrialRecord


class Listener:
    """Hears how a comparison goes; override what you want to hear."""

    def said(self, line: str) -> None:
        """Hear a line: recipe, data, device, estimate, and whatever happens on the way."""

    def waiting(self, what: str) -> None:
        """Hear what is being waited for before the training."""

    def trial_started(self, trial: Trial, number: int, count: int, epochs_done: int) -> None:
        """Hear that the number-th of count trials starts, from 1, or goes on after some epochs."""

    def stepped(self, trial: Trial, epoch: int, step: int, steps: int) -> None:
        """Hear, a few times a second, how far an epoch is; all count from 1."""

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """Hear the end of an epoch."""

    def trial_ended(self, record: TrialRecord) -> None:
        """Hear the end of a trial, well or not."""

    def time_left(self, seconds: float, done_seconds: float) -> None:
        """Hear how long the whole will still take, and has taken; at each step and end."""
