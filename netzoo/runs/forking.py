"""The process of a forkserver: it has imported a backend and run nothing, and forks the workers.

python -m netzoo.runs.forking FD DEVICE imports, then serves netzoo.runs.forkserver on a socket.
Nothing of a backend may run before a fork: its threads would be missing in the worker, and CUDA
cannot be used in a fork of a process that has started it. So this process touches no device.

Each message on the socket is one byte, with the files of a worker: its channel, its standard
streams, and what it shall hold open. On the channel the server sends one byte once the worker runs,
and the exit code in the end; it kills the worker when the parent shuts its side. When the socket
ends, the parent is done or dead: the server kills all workers, and ends.
"""

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from netzoo import backend
from netzoo.runs import worker
from netzoo.runs.forkserver import RUNS

# What a worker imports beside the backend, Keras and TensorFlow.
PRELOADED = (
    "netzoo.cost.by_name",
    "netzoo.data.pipeline",
    "netzoo.training.fit",
    "netzoo.training.prepared",
    "netzoo.training.snapshots",
    "netzoo.training.timing",
)
# torch then asks the driver's library for the number of GPUs, and does not start CUDA.
CHECK_WITHOUT_CUDA = "PYTORCH_NVML_BASED_CUDA_CHECK"
# Files that a process has open once it has started a GPU: of CUDA, ROCm, and others.
GPU_FILES = ("/dev/nvidia-uvm", "/dev/kfd", "/dev/dri/")


def main() -> None:
    """Serve the parent on the socket and the device that the command line names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which decides
    _, fd, device = sys.argv
    os.set_inheritable(int(fd), False)
    took_gpu = _import(device)
    reason = _no_fork()
    if reason is not None:
        sys.exit(reason)
    with socket.socket(fileno=int(fd)) as parent:
        parent.sendall(RUNS)
        _Server(parent).serve()
    if took_gpu != _sees_gpu():  # a driver too old for this torch; Keras chose as it was imported
        os.execv(sys.executable, [sys.executable, "-P", "-m", worker.__name__])
    worker.main()


def _import(device: str) -> bool:
    """Import all that a worker needs, and start no device; return whether torch sees a GPU."""
    before = os.environ.get(CHECK_WITHOUT_CUDA)
    os.environ[CHECK_WITHOUT_CUDA] = "1"
    name = backend.start(device, data=True, to_fork=True)
    for module in (*PRELOADED, f"netzoo.training.on_{name}"):
        importlib.import_module(module)
    sees_gpu = _sees_gpu()
    del os.environ[CHECK_WITHOUT_CUDA]
    if before is not None:
        os.environ[CHECK_WITHOUT_CUDA] = before
    sys.stdout.flush()  # or each worker would write it
    gc.collect()
    gc.freeze()  # or a worker's collections would write to, and so copy, all of it
    return sees_gpu


def _sees_gpu() -> bool:
    """Return whether the backend is torch, and torch can use CUDA."""
    return backend.name() == "torch" and bool(sys.modules["torch"].cuda.is_available())


def _no_fork() -> str | None:
    """Return why this process should not be forked, None if it can be."""
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the listing itself
            target = os.readlink(path)
            if target.startswith(GPU_FILES):
                return f"importing the backend has started a GPU ({target} is open)"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"the kernel has no pidfd_open ({error.strerror})"
    return None


class _Server:
    """Forks workers, tells the parent how they end, and kills those that it no longer wants."""

    def __init__(self, parent: socket.socket) -> None:
        self._parent = parent
        self._selector = selectors.DefaultSelector()
        self._workers: dict[int, tuple[int, socket.socket]] = {}  # by pid: pidfd, channel

    def serve(self) -> None:
        """Fork workers until the parent is gone. Returns only in a worker, ready to run."""
        self._selector.register(self._parent, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._parent:
                    _, files, _, _ = socket.recv_fds(self._parent, 1, 5)
                    if not files:
                        self._end_with_parent()
                    if self._fork(files):
                        return
                elif key.data in self._workers:
                    self._end(key.data, was_asked=isinstance(key.fileobj, socket.socket))

    def _fork(self, files: list[int]) -> bool:
        """Fork a worker with these files; return whether this process is the worker."""
        channel = socket.socket(fileno=files[0])
        try:
            pid = os.fork()
        except OSError:  # no memory; the parent learns it from the end of the channel
            channel.close()
        else:
            if pid == 0:
                self._become_worker(channel, *files[1:])
                return True
            self._workers[pid] = os.pidfd_open(pid), channel
            for file in self._workers[pid]:
                self._selector.register(file, selectors.EVENT_READ, pid)
            with contextlib.suppress(OSError):
                channel.sendall(RUNS)
        for file in files[1:]:
            os.close(file)
        return False

    def _become_worker(self, channel: socket.socket, *files: int) -> None:
        """Take the standard streams, hold the other files open, and leave what is the server's."""
        os.setpgid(0, 0)  # a terminal's Ctrl-C reaches the parent alone, which decides
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
            os.close(file)
        for pidfd, other in self._workers.values():
            os.close(pidfd)
            other.close()
        channel.close()
        self._selector.close()

    def _end(self, pid: int, *, was_asked: bool) -> None:
        """Kill a worker whose channel the parent has shut; report one that has ended."""
        pidfd, channel = self._workers[pid]
        if was_asked:
            self._selector.unregister(channel)
            os.kill(pid, signal.SIGKILL)
            return
        _, status = os.waitpid(pid, 0)
        del self._workers[pid]
        self._selector.unregister(pidfd)
        os.close(pidfd)
        with contextlib.suppress(KeyError):
            self._selector.unregister(channel)
        with channel, contextlib.suppress(OSError):
            channel.sendall(str(os.waitstatus_to_exitcode(status)).encode())

    def _end_with_parent(self) -> NoReturn:
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)


if __name__ == "__main__":
    main()
