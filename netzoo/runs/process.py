"""Worker processes: one for each trial, with its own backend, device memory and crash."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from netzoo.errors import TrialFailed
from netzoo.runs.conversation import Conversation
from netzoo.runs.forkserver import Forked, Forkserver
from netzoo.runs.messages import Request, to_line

END_SECONDS = 10.0
# PyTorch and JAX take each step's tensors from the C library, which by default gives large blocks
# back to the system at once: millions of page faults a step, up to a third of AlexNet's time. So
# it keeps them, in huge pages. TensorFlow gains nothing by it. Other C libraries ignore it.
ALLOCATOR = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=4294967296"
# Whatever its size and however soon it was made: a network's many small ones take seconds together.
KEEP_COMPILED = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
# TensorFlow takes all of a GPU's memory at once by default, and JAX three quarters of it, which
# leaves no room for another program.
GPU_MEMORY_AS_NEEDED = {
    "tensorflow": {"TF_FORCE_GPU_ALLOW_GROWTH": "true"},
    "jax": {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
}


# A thread of OpenMP that waits keeps its core busy, from which the one that it waits for may have
# been put off by another trial: LeNet's steps then take ten times as long. Same bits.
WAIT_WITHOUT_A_CORE = {"OMP_WAIT_POLICY": "PASSIVE"}


class Process(Conversation):
    """A process that runs `netzoo.runs.worker`; its standard error goes to a log file.

    It ends with its context, or, if this process dies, by itself. lock_fd: what it holds open as
    long as it lives. compiled: as `environment` takes it. server: what forks it, if it can;
    otherwise it is a new process, which imports the backend itself.
    """

    def __init__(
        self,
        log: Path,
        backend: str,
        lock_fd: int | None = None,
        compiled: Path | None = None,
        server: Forkserver | None = None,
    ) -> None:
        super().__init__()
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as log_file:
            forked = None if server is None else server.fork(log_file, lock_fd)
            self._process: Forked | subprocess.Popen[bytes] = forked or subprocess.Popen(
                [sys.executable, "-P", "-m", "netzoo.runs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                env=environment(backend, compiled) if server is None else server.environment,
                pass_fds=() if lock_fd is None else (lock_fd,),
                process_group=0,  # a terminal's Ctrl-C reaches this process alone, which decides
            )
        self._requests: IO[bytes] = self._process.stdin  # type: ignore[assignment]
        self._events: IO[bytes] = self._process.stdout  # type: ignore[assignment]

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self._close()
        else:
            self.kill()

    def fileno(self) -> int:
        """Return the file that can be read when the process has said something, or ended."""
        return self._events.fileno()

    def send(self, request: Request) -> None:
        """Send a request. Raises TrialFailed if the process is dead."""
        try:
            self._requests.write(to_line(request))
            self._requests.flush()
        except BrokenPipeError as error:
            raise self.death() from error

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._close()

    def _close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        self._wait()
        self._events.close()

    def _wait(self) -> int | None:
        """Return the process's exit code; one that does not end by itself is killed.

        None if nobody knows it.
        """
        try:
            return self._process.wait(END_SECONDS)
        except (subprocess.TimeoutExpired, TimeoutError):
            self._process.kill()
            return self._process.wait()

    def death(self) -> TrialFailed:
        """Return why the process, which says no more, has ended."""
        return TrialFailed(death_words(self._wait(), self._log))


def death_words(code: int | None, log: Path) -> str:
    """Return why a process ended; code: its exit code, None if nobody knows it."""
    if code is None:
        return "its process ended, and so did the one that forked it, possibly out of memory."
    if code < 0:
        name = signal.Signals(-code).name
        hint = ", possibly out of memory" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{hint}."
    lines = log.read_text(errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else "it said nothing"
    return f"its process ended with code {code}: {last}"


def environment(
    backend: str, compiled: Path | None, *, side_by_side: bool = False
) -> dict[str, str]:
    """Return this process's environment with the settings that the backend needs.

    compiled: a folder for what JAX compiles, from which the next process takes it; not to be kept,
    since it fits this processor alone. side_by_side: whether trials share the processor.
    """
    # The same import path as here, so that the same netzoo and the same user's modules are found;
    # with -P, and so without the working folder before it.
    path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    ours = dict(GPU_MEMORY_AS_NEEDED.get(backend, {}))
    if backend != "tensorflow":
        ours["GLIBC_TUNABLES"] = ALLOCATOR
    if backend == "torch" and side_by_side:
        ours |= WAIT_WITHOUT_A_CORE
    if backend == "jax" and compiled is not None:
        ours |= KEEP_COMPILED | {"JAX_COMPILATION_CACHE_DIR": str(compiled.absolute())}
    # What the user has set stays.
    return ours | os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": path}
