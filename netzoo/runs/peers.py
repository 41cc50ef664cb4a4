"""The other processes of a training on PyTorch over several devices, started by a worker.

Each is a worker with a rank of its own that gets the same request. It ends with the requests of the
first, and so never outlives it; if it ends before, the first one says why, and ends.
"""

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from netzoo import backend
from netzoo.errors import NetzooError, TrialFailed
from netzoo.runs import messages
from netzoo.runs.process import Process

# The first process may meet the same error by itself, and says so without ending.
GRACE_SECONDS = 5.0


class Worker(Protocol):
    """What is needed of a worker: its place among the ranks, where they meet, its threads.

    emit: tells the failure of another process, before this one ends.
    """

    rank: int
    meeting: str
    threads: int | None
    emit: Callable[[messages.Event], None]


def ranks_of(request: messages.Profile | messages.Train, worker: Worker) -> Any:
    """Return the context in which a worker answers a request.

    On PyTorch that is beside a process for each other device of the trial. Rank 0 starts them, and
    shares its threads with them.
    """
    from netzoo.training import ranks

    count = request.trial.recipe.data_parallel
    if count == 1 or backend.name() != "torch":
        return contextlib.nullcontext()
    if worker.rank:
        return ranks.joined(worker.rank, count, Path(worker.meeting))
    each = max(1, (worker.threads or 1) // count)
    backend.set_threads(each)
    return _first_of(request, count, each, worker.emit)


@contextlib.contextmanager
def _first_of(
    request: messages.Profile | messages.Train,
    count: int,
    threads: int,
    emit: Callable[[messages.Event], None],
) -> Iterator[None]:
    """Be the first of so many processes, and start the others.

    Raises TrialFailed if another process dies, as far as this one can still raise.
    """
    from netzoo.training import ranks

    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        others = _Peers(request, threads, count, meeting, emit)
        try:
            with ranks.joined(0, count, meeting):
                yield
        except NetzooError:
            raise
        except Exception as error:  # of a connection that has broken, and tells nothing
            failure = others.failure()
            if failure is None:
                raise
            raise failure from error
        finally:
            others.end()


class _Peers:
    """The processes of the ranks from 1."""

    def __init__(
        self,
        request: messages.Profile | messages.Train,
        threads: int,
        count: int,
        meeting: Path,
        emit: Callable[[messages.Event], None],
    ) -> None:
        self._emit = emit
        self._over, self._failed = threading.Event(), threading.Event()
        self._error: NetzooError | None = None
        device = backend.device()["kind"]
        self._logs = [meeting.with_name(f"rank{number}.log") for number in range(1, count)]
        self._processes = [Process(log, "torch") for log in self._logs]
        for number, process in enumerate(self._processes, 1):
            start = messages.Start(device, threads, rank=number, meeting=str(meeting))
            about = process, number, start, request
            threading.Thread(target=self._watch, args=about, daemon=True).start()

    def failure(self) -> NetzooError | None:
        """Return the error that has ended a process, None if none has, after a moment."""
        return self._error if self._failed.wait(GRACE_SECONDS) else None

    def end(self) -> None:
        """End all processes, and add what they have logged to the log of this one."""
        self._over.set()
        for process in self._processes:
            process.kill()
        for log in self._logs:
            sys.stderr.write(log.read_text(errors="replace"))

    def _watch(
        self, process: Process, number: int, start: messages.Start, request: messages.Request
    ) -> None:
        try:
            process.ask(start, messages.Started)
            train = isinstance(request, messages.Train)
            process.ask(request, messages.Ended if train else messages.Profiled)
        except NetzooError as error:
            if self._over.is_set():
                return
            if isinstance(error, TrialFailed):  # it has died, or crashed
                error = TrialFailed(f"the process of device {number + 1}: {error}")
            self._error = error
            self._failed.set()
            if not self._over.wait(GRACE_SECONDS):
                self._emit(messages.Failed(type(error).__name__, str(error)))
                os._exit(1)
