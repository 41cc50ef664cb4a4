"""What a worker does at the steps and epochs of a training: events and checkpoints."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netzoo.records.trial import EpochRecord
from netzoo.results.target import accuracies, first_passing
from netzoo.runs import checkpoint, messages
from netzoo.runs.identity import identity


class TrialHooks:
    """The netzoo.training.fit.Hooks of a trial, without importing Keras before its time."""

    def __init__(
        self,
        emit: Callable[[messages.Event], None],
        stop: threading.Event,
        model: Any,
        request: messages.Train,
        parts: int,
        threads: int | None,
        check: Callable[[], None],
    ) -> None:
        """check: called before a file is written."""
        self._emit, self._stop, self._check = emit, stop, check
        self._model, self._request = model, request
        self.first_step: float | None = None  # when it ended, by time.perf_counter
        self.paused = False  # whether the training has come as far as it was asked to
        self._meta: dict[str, Any] = {
            "identity": identity(request.trial),
            "parts": parts,
            "threads": threads,
        }

    def should_stop(self, history: Sequence[EpochRecord]) -> bool:
        from netzoo.training import ranks

        self.paused = self.has_come(history)
        return bool(ranks.told(self._stop.is_set() or self.paused))

    def has_come(self, history: Sequence[EpochRecord]) -> bool:
        """Return whether the training has come as far as it was asked to.

        That may be its last epoch if it was asked for the epochs, not for an accuracy.
        """
        recipe, until = self._request.trial.recipe, self._request
        if not history:
            return False
        if until.until_epoch is not None and len(history) >= until.until_epoch:
            return True
        if len(history) == recipe.epochs or until.until_accuracy is None or recipe.curve is None:
            return False
        return first_passing(accuracies(history, recipe.curve), until.until_accuracy) is not None

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.first_step = self.first_step or time.perf_counter()
        self._emit(messages.Step(epoch, step, steps))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._emit(messages.Epoch(record))

    def save_checkpoint(self, done: Any) -> None:
        from netzoo.training import ranks, state

        if ranks.rank():
            return
        meta = checkpoint.CheckpointMeta(**self._meta, **vars(done))
        arrays = state.gather(self._model)
        self._check()
        checkpoint.write(Path(self._request.checkpoint), meta, arrays)
