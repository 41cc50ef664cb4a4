"""What a worker does at the steps and epochs of a training: events and checkpoints."""

import threading
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
        self._emit, self._check = emit, check
        self.should_stop = stop.is_set
        self._model, self._path = model, path
        self._meta: dict[str, Any] = {
            "identity": identity(trial),
            "parts": parts,
            "threads": threads,
        }

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self._emit(messages.Step(epoch, step, steps))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._emit(messages.Epoch(record))

    def save_checkpoint(self, done: Any) -> None:
        from netzoo.training import state

        meta = checkpoint.CheckpointMeta(**self._meta, **vars(done))
        arrays = state.gather(self._model)
        self._check()
        checkpoint.write(self._path, meta, arrays)
