"""A worker process on a node of a Ray cluster, heard by way of a pipe of this process."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

from netzoo.errors import TrialFailed
from netzoo.provenance import Device
from netzoo.runs.attempt import Attempt
from netzoo.runs.conversation import Conversation, Lost, Reply, Unfit
from netzoo.runs.fence import Fence
from netzoo.runs.messages import Progress, Request, Started, Train, to_line

LOOK_SECONDS = 1.0
# Its node sends a sign of life every few seconds. A machine that swaps may be late by a lot, and
# another run would lose the epochs since the checkpoint.
SILENT_SECONDS = 90.0
SILENT = f"nothing was heard of its node for {SILENT_SECONDS:.0f} s"
GONE = "its process or its node is gone"
PENDING_SECONDS = 15.0  # until it is asked whether a node can ever take the trial
END_SECONDS = 5.0
ENDS = {"failed": TrialFailed, "lost": Lost, "unfit": Unfit}  # by the word of an attempt


class RayProcess(Conversation):
    """A process that runs `netzoo.runs.worker` in a Ray actor; it ends with its context.

    ray: the package. options: what the actor asks for, as Ray takes it. about: the arguments of the
    run, as netzoo.runs.attempt takes them. fence: of this run of its trial. versions: those that
    the process must have. refusal: returns why no node can ever take the actor, None if one can.
    avoid: called with the id of a node that is unfit, and why.
    """

    def __init__(
        self,
        ray: Any,
        options: Mapping[str, Any],
        about: Mapping[str, Any],
        fence: Fence,
        versions: Mapping[str, str],
        refusal: Callable[[], str | None],
        avoid: Callable[[str, str], None],
    ) -> None:
        super().__init__()
        self._ray, self._fence, self._versions, self._refusal = ray, fence, versions, refusal
        self._avoid, self._node = avoid, ""
        fence.set_up()
        self._events, self._to_events = os.pipe()
        self._end: TrialFailed = Lost(GONE)
        self._is_over = False
        actor = ray.remote(max_restarts=0, max_task_retries=0, max_concurrency=4, **options)
        self._actor = actor(Attempt).remote()
        run = self._actor.run.options(num_returns="streaming")
        self._stream = run.remote((fence.path, fence.token), dict(about))
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._is_over = True
        if kind is None:
            self._fence.remove()
        with contextlib.suppress(Exception):  # it is gone
            self._ray.kill(self._actor, no_restart=True)
        os.close(self._events)  # a thread that waits to write there gives up
        self._thread.join(END_SECONDS)

    def fileno(self) -> int:
        """Return the file that can be read when the process has said something, or ended."""
        return self._events

    def send(self, request: Request) -> None:
        """Send a request; nothing is raised, since the end of the process is heard."""
        if isinstance(request, Train):
            request = request.fenced(self._fence)
        self._actor.send.remote(to_line(request))

    def death(self) -> TrialFailed:
        """Return why the process, which says no more, has ended; Lost if it may run again."""
        if isinstance(self._end, Unfit):
            self._avoid(self._node, str(self._end))
        return self._end

    def receiving(
        self,
        reply: type[Reply],
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> Generator[Conversation, None, Reply]:
        """Yield and return as any conversation; also raise Unfit for other versions."""
        event = yield from super().receiving(reply, on_progress)
        if isinstance(event, Started):
            try:
                check_versions(self._versions, event.versions, event.device)
            except Unfit as error:
                self._avoid(self._node, str(error))
                raise
        return event

    def _pass_on(self) -> None:
        """Write what the process says to the pipe until it ends; note why it did."""
        try:
            self._end = self._heard()
        except BrokenPipeError:  # nobody listens any more
            pass
        except Exception as error:
            self._end = end_of(self._ray.exceptions, error)
        finally:
            os.close(self._to_events)

    def _heard(self) -> TrialFailed:
        began, heard = time.monotonic(), None
        asked = began
        while not self._is_over:
            ready, _ = self._ray.wait([self._stream], timeout=LOOK_SECONDS)
            now = time.monotonic()
            if ready:
                said = self._ray.get(next(self._stream))
                heard = now
                if isinstance(said, bytes):
                    self._write(said)
                elif said[0] == "node":
                    self._node = said[1]
                else:
                    return ENDS[said[0]](said[1])
            elif heard is not None and now - heard > SILENT_SECONDS:
                return Lost(SILENT)
            elif heard is None and now - asked > PENDING_SECONDS:
                asked = now
                refusal = self._refusal()
                if refusal is not None:
                    return TrialFailed(refusal)
        return self._end

    def _write(self, said: bytes) -> None:
        while said:
            said = said[os.write(self._to_events, said) :]


def check_versions(ours: Mapping[str, str], theirs: Mapping[str, str], device: Device) -> None:
    """Raise Unfit unless a node has our versions. device: the node's."""
    for name, version in ours.items():
        found = theirs.get(name)
        if found != version:
            raise Unfit(
                f"its node ({device.name}) has {name} {found or 'not at all'}, the comparison has "
                f"{version}, and all machines need the same"
            )


def end_of(exceptions: Any, error: Exception) -> TrialFailed:
    """Return what an exception says of a process; exceptions: Ray's.

    Lost if its trial may run again: it is not the trial's fault.
    """
    if isinstance(error, exceptions.OutOfMemoryError):
        return TrialFailed("the memory of its node ran out, so Ray ended its process.")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    own = isinstance(error, exceptions.RayTaskError)  # of its code, or its import
    if own or "creation task" in str(error) or "ModuleNotFoundError" in str(error):
        return TrialFailed(f"its node could not start it: {lines[-1]}")
    return Lost(GONE)
