"""The forkserver of a command: the process `netzoo.runs.forking`, which forks its workers.

Importing a backend, Keras, and TensorFlow for its tf.data takes seconds. A fork of a process that
has done so takes hundredths of a second, and shares its memory.

Not multiprocessing's forkserver: that is one for a whole Python process, whatever the backend and
the environment; it imports the script that called it again; and its workers take pickled functions
in place of standard streams.
"""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

RUNS = b"+"  # the word of the server, on its socket or a channel


class Forked:
    """A worker that a forkserver has forked, with what netzoo uses of a subprocess.Popen."""

    def __init__(self, channel: socket.socket, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._channel, self.stdin, self.stdout = channel, stdin, stdout
        self._code: int | None = None

    def kill(self) -> None:
        """End the worker at once, if it has not ended."""
        with contextlib.suppress(OSError):  # the server is gone, and this worker with its requests
            self._channel.shutdown(socket.SHUT_WR)

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code, negative for a signal; None if the server died before.

        timeout: in seconds. Raises TimeoutError.
        """
        if self._code is None:
            try:
                self._channel.settimeout(timeout)
                told = self._channel.recv(16)
            except TimeoutError:
                raise
            except OSError:
                told = b""
            self._channel.close()
            self._code = int(told) if told else None
        return self._code


class Forkserver:
    """A forkserver, started when a worker or `start` first needs it; it ends with its context.

    log: a file for its standard error, and for the reason if it cannot fork.
    environment: of the server and its workers. device: as `netzoo.backend.start` takes it.
    """

    def __init__(self, log: Path, environment: Mapping[str, str], device: str) -> None:
        self._log, self.environment, self._device = log, environment, device
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._is_usable = True

    def __enter__(self) -> "Forkserver":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._end()

    def start(self) -> bool:
        """Start the server unless it runs, wait for its imports; return whether it can fork."""
        if self._is_usable and self._process is None:
            if sys.platform == "linux":
                self._launch()
            else:
                self._give_up(f"on {sys.platform}, system libraries do not bear a fork")
        return self._is_usable

    def fork(self, log: IO[bytes], lock_fd: int | None) -> Forked | None:
        """Return a new worker, which begins as `netzoo.runs.worker` does; None if none can be had.

        log: for its standard error. lock_fd: what it holds open as long as it lives.
        """
        if not self.start():
            return None
        assert self._socket is not None
        ours, theirs = socket.socketpair()
        stdin, requests = os.pipe()
        events, stdout = os.pipe()
        files = [theirs.fileno(), stdin, stdout, log.fileno()]
        try:
            socket.send_fds(self._socket, [b"f"], files + ([] if lock_fd is None else [lock_fd]))
        except OSError:  # it is dead, as the channel tells next
            pass
        finally:
            theirs.close()
            os.close(stdin)
            os.close(stdout)
        forked = Forked(ours, os.fdopen(requests, "wb"), os.fdopen(events, "rb"))
        if _told(ours):
            return forked
        forked.stdin.close()
        forked.stdout.close()
        ours.close()
        self._give_up("it ended, or had no memory for a worker")
        return None

    def _launch(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "netzoo.runs.forking"]
        with theirs, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), self._device],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                pass_fds=(theirs.fileno(),),
                process_group=0,  # as a worker
            )
        if not _told(self._socket):
            self._give_up("see above")

    def _give_up(self, reason: str) -> None:
        self._end()
        self._is_usable = False
        with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as log:
            log.write(f"No forkserver: {reason}. Each worker imports the backend itself.\n")

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()  # it has nothing to keep
            self._process.wait()


def _told(channel: socket.socket) -> bool:
    """Wait for the byte that says that the other side runs; return whether it came."""
    try:
        return channel.recv(1) == RUNS
    except OSError:
        return False
