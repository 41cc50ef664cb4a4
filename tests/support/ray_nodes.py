"""A Ray cluster as a person starts it, by `ray start`, with its nodes on this machine.

Not ray.cluster_utils: the processes of its nodes outlive them.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

RAY = Path(sys.executable).parent / "ray"
STARTED = "Ray runtime started"


def descendants(pid):
    """Return the ids of the processes below a process."""
    found, waiting = [], [pid]
    while waiting:
        above = waiting.pop()
        for tasks in Path(f"/proc/{above}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                below = [int(each) for each in tasks.read_text().split()]
                found += below
                waiting += below
    return found


def command_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def kill_all(pids, number=signal.SIGKILL):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Node:
    """A node, started by `ray start --block`, which ends it with itself."""

    def __init__(self, folder, words, environment):
        self.log = folder / f"{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [RAY, "start", "--block", "--disable-usage-stats", *words],
                cwd=folder,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def wait(self):
        deadline = time.monotonic() + 120
        while STARTED not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def all(self):
        """Return the ids of all its processes."""
        return descendants(self.process.pid)

    def raylet(self):
        """Return the id of its raylet, the process by which a node lives."""
        (found,) = [pid for pid in self.all() if "/raylet/raylet " in command_of(pid)[:200]]
        return found

    def attempts(self):
        """Return the ids of the Ray processes that run trials."""
        return [pid for pid in self.all() if "ray::Attempt" in command_of(pid)]

    def workers(self):
        """Return the ids of the processes that train."""
        return [pid for pid in self.all() if "netzoo.runs.worker" in command_of(pid)]

    def end(self):
        left = self.all()
        kill_all([*left, self.process.pid])
        self.process.wait()


class Cluster:
    """A head and further nodes, each of so many CPUs; all end with the context."""

    def __init__(self, folder, nodes=3, cpus=2):
        self.folder, self._cpus = folder, cpus
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        self.environment = os.environ | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_worker_niceness": "0",  # or the tests wait for whatever else runs here
        }
        self._port, self._count = port, nodes
        self.nodes = []

    def __enter__(self):
        try:
            self._start(["--head", f"--port={self._port}", "--include-dashboard=false"]).wait()
            address = self.nodes[0].log.read_text().partition("--address='")[2].partition("'")[0]
            self.address = address
            for _ in range(self._count - 1):
                self._start([f"--address={address}"]).wait()  # at once, they wait for one another
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *about):
        for node in reversed(self.nodes):
            node.end()

    def _start(self, words):
        words = [*words, f"--num-cpus={self._cpus}", "--object-store-memory=80000000"]
        self.nodes.append(Node(self.folder, words, self.environment))
        return self.nodes[-1]
