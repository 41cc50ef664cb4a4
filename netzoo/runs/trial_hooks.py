"""What a worker does at the steps and epochs of a training: events and checkpoints."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netzoo.records.trial import EpochRecord, Trial
from netzoo.runs import checkpoint, messages
from netzoo.runs.identity import identity


class TrialHooks:
    """The netzoo.training.fit.Hooks of a trial, without importing Keras before its time."""

    def __init__(
        self,
        emit: Callable[[messages.Event], None],
        stop: threading.Event,
        model: Any,
        trial: Trial,
        parts: int,
        path: Path,
        threads: int | None,
        check: Callable[[], None],
    ) -> None:
        """check: called before a file is written."""
        self._emit, self._stop, self._check = emit, stop, check
        self._model, self._path = model, path
        self.first_step: float | None = None  # when it ended, by time.perf_counter
        self._meta: dict[str, Any] = {
            "identity": identity(trial),
            "parts": parts,
            "threads": threads,
        }

    def should_stop(self) -> bool:
        from netzoo.training import ranks

        return bool(ranks.told(self._stop.is_set()))

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
        checkpoint.write(self._path, meta, arrays)
