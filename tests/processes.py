"""Comparisons in processes of their own, to be stopped and killed."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).parent / "netzoo"


def start(folder, *arguments):
    """Start a comparison whose output is folder/out, and which prints JSON."""
    return subprocess.Popen(
        [COMMAND, "compare", *arguments, "--output", "out", "--format", "json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(process, words):
    """Read what a process says until these words come."""
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"ended before {words!r}")


def children(process):
    """Return the ids of a process's children."""
    tasks = f"/proc/{process.pid}/task/{process.pid}/children"
    if not os.path.exists(tasks):
        return []
    with open(tasks) as file:
        return [int(pid) for pid in file.read().split()]
