"""The conversation with a worker process, wherever it runs: requests, and lines of events."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from netzoo import errors
from netzoo.errors import TrialFailed
from netzoo.runs.messages import Event, Failed, Progress, Request, event_of

Reply = TypeVar("Reply", bound=Event)

READ_BYTES = 2**18


class Lost(TrialFailed):
    """A process that is gone through no fault of its trial, which may run again."""


class Unfit(Lost):
    """A process whose node lacks what the trial needs; it may run on another."""


class Conversation(ABC):
    """A worker process, spoken to by requests and heard by its events; it ends with its context."""

    def __init__(self) -> None:
        self._unread, self._searched = bytearray(), 0

    def __enter__(self) -> "Conversation":
        return self

    @abstractmethod
    def __exit__(self, kind: Any, error: Any, trace: Any) -> None: ...

    @abstractmethod
    def fileno(self) -> int:
        """Return the file that can be read when the process has said something, or ended."""

    @abstractmethod
    def send(self, request: Request) -> None:
        """Send a request. Raises TrialFailed if the process is dead."""

    @abstractmethod
    def death(self) -> TrialFailed:
        """Return why the process, which says no more, has ended."""

    def ask(
        self,
        request: Request,
        reply: type[Reply],
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> Reply:
        """Send a request and return its reply, as `receive` does."""
        self.send(request)
        return self.receive(reply, on_progress)

    def receive(
        self,
        reply: type[Reply],
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> Reply:
        """Wait for the reply to a request, and return it; as `receiving`."""
        waiting = self.receiving(reply, on_progress)
        while True:
            try:
                next(waiting)  # its read waits
            except StopIteration as end:
                received: Reply = end.value
                return received

    def receiving(
        self,
        reply: type[Reply],
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> Generator["Conversation", None, Reply]:
        """Yield this process whenever it has to say more first; return the reply to a request.

        reply: its kind. on_progress: called with each progress message before it.
        Raises the NetzooError that the process names, TrialFailed if it crashes or dies, Lost if it
        dies through no fault of its trial.
        """
        while True:
            end = self._unread.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._unread)
                yield self
                more = os.read(self.fileno(), READ_BYTES)
                if not more:
                    raise self.death()
                self._unread += more
                continue
            event = event_of(bytes(self._unread[: end + 1]))
            del self._unread[: end + 1]
            self._searched = 0
            if isinstance(event, Failed):
                kind = getattr(errors, event.kind, None)
                raise (kind or TrialFailed)(event.message)
            if isinstance(event, reply):
                return event
            on_progress(event)  # type: ignore[arg-type]  # there is no other reply
