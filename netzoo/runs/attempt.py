"""One run of a trial on a node of a Ray cluster: what runs there, beside its worker process."""

import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from platform import node
from typing import IO, Any

from netzoo.errors import NetzooError, TrialFailed, require
from netzoo.runs import lock
from netzoo.runs.conversation import READ_BYTES, Unfit
from netzoo.runs.fence import Fence
from netzoo.runs.messages import Said, to_line
from netzoo.runs.places import GPU_VARIABLES
from netzoo.runs.process import death_words, environment

BEAT_SECONDS = 5.0  # between the signs of life of a process that says nothing
GATHER_SECONDS = 0.05  # what a process says in this time goes in one message
SHARED_SECONDS = 30.0  # until a file that one machine wrote is seen on another
FREE_SECONDS = 600.0  # for the process of the run before to end
# What a process that is ended together with its child may need to end: its child's death is not
# told before.
TOGETHER_SECONDS = 4.0
# What Ray sets for its own processes, or nobody else should have.
OF_RAY = ("RAY_", "OMP_NUM_THREADS")

Heard = Generator[bytes | tuple[str, str], None, Any]


class Attempt:
    """A Ray actor: starts a worker process, passes requests on to it and its events back.

    Tasks of an actor run in the threads of a process, so that requests arrive during `run`.
    """

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._parent = os.getppid()

    def send(self, line: bytes) -> None:
        """Pass a request on, once the process has started."""
        self._lines.put(line)

    def run(self, fence: tuple[str, str], about: Mapping[str, Any]) -> Heard:
        """Yield what the process says, empty bytes as signs of life, and in the end why it ended.

        First comes ("node", the node's id), last the end: ("failed", why), or where the trial may
        run again ("lost", why), on other nodes ("unfit", why). about: the arguments of `_start` but
        the first.
        """
        try:
            yield "node", require("ray", "", "").get_runtime_context().get_node_id()
            file = yield from held(Fence(*fence), about["log"])
            try:
                process = _start(file, **about)
            finally:
                os.close(file)  # the child holds it, and it alone
            yield from self._heard(process, Path(about["log"]))
        except Unfit as error:
            yield "unfit", str(error)
        except NetzooError as error:
            yield "failed", str(error)
        except Exception as error:  # none crosses Ray, which may not be able to read it back
            yield "failed", f"on {node()}: {type(error).__name__}: {error}"

    def _heard(self, process: "subprocess.Popen[bytes]", log: Path) -> Heard:
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(target=self._pass_on, args=(process.stdin,), daemon=True).start()
        events = process.stdout.fileno()
        while True:
            if not select.select([events], [], [], BEAT_SECONDS)[0]:
                yield b""
                continue
            time.sleep(GATHER_SECONDS)
            said = os.read(events, READ_BYTES)
            if not said:
                break
            yield said
        code = process.wait()
        if code < 0:
            time.sleep(TOGETHER_SECONDS)
            if os.getppid() != self._parent:
                yield "lost", f"its node, {node()}, is gone"
                return
        yield "failed", death_words(code, log)

    def _pass_on(self, requests: IO[bytes]) -> None:
        while True:
            line = self._lines.get()
            try:
                requests.write(line)
                requests.flush()
            except (BrokenPipeError, ValueError):
                return  # its end is heard


def held(fence: Fence, log: str) -> Heard:
    """Wait for the fence of this run, and return its open file, with its lock.

    log: the path of the trial's log. Raises Unfit if this machine has not the fence's folder,
    TrialFailed if the lock is not let go.
    """
    deadline = time.monotonic() + SHARED_SECONDS
    while not fence.is_open():
        if time.monotonic() > deadline:
            folder = Path(log).parent.parent
            raise Unfit(
                f"{folder} on {node()} is not the folder of the command: all machines must share "
                "it, by the same path"
            )
        yield b""
        time.sleep(0.5)
    file = os.open(fence.path, os.O_RDWR)
    began = time.monotonic()
    was_told = False
    while not lock.try_to_take(file):
        waited = time.monotonic() - began
        if waited > FREE_SECONDS:
            raise TrialFailed(f"an earlier run of it still holds {fence.path}, and does not end.")
        told = b""
        if waited > BEAT_SECONDS and not was_told:
            was_told = True
            told = to_line(Said("A trial waits for the end of its run before, which cannot write."))
        yield told
        time.sleep(1.0)
    return file


def _start(
    file: int,
    log: str,
    backend: str,
    compiled: str,
    folder: str,
    paths: Sequence[str],
    settings: Mapping[str, str],
    gpu: bool,
) -> "subprocess.Popen[bytes]":
    """Start a worker process that holds a file open, in the process group of this one.

    Ray ends the group with this process; a worker also ends with its standard input.
    log, compiled: as Process takes them. folder, paths: the working folder and the import path of
    the command, where they exist here. settings: variables of its environment.
    """
    theirs = environment(backend, Path(compiled) / node(), side_by_side=True)
    own = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    theirs = {name: value for name, value in theirs.items() if not name.startswith(OF_RAY)}
    theirs |= {**settings, "KERAS_BACKEND": backend}
    theirs["PYTHONPATH"] = os.pathsep.join([*filter(os.path.isdir, paths), *own])
    if not gpu:  # Ray hides none from a task that asks for none
        theirs |= dict.fromkeys(GPU_VARIABLES, "")
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as log_file:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "netzoo.runs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env=theirs,
            cwd=folder if os.path.isdir(folder) else None,
            pass_fds=(file,),
        )
