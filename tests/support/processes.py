"""The command in processes of its own, to be finished, stopped and killed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

COMMAND = Path(sys.executable).parent / "netzoo"


def launch(folder, words):
    """Start the command in a folder."""
    return subprocess.Popen(
        [COMMAND, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def start(folder, *arguments):
    """Start a comparison whose output is folder/out, and which prints JSON."""
    return launch(folder, ["compare", *arguments, "--output", "out", "--format", "json"])


def ended(process):
    """Return what a command printed, read as JSON, and what it said, at its good end."""
    printed, said = process.communicate()
    assert process.returncode == 0, said
    return json.loads(printed), said


def finish(folder, words):
    """Return what a command printed, read as JSON, and what it said."""
    with launch(folder, words) as process:
        return ended(process)


def one_line(done, words):
    """Assert that a command ended as a wrong request does, with these words in its one line."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


def wait_for(process, words):
    """Read what a process says until these words come."""
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"ended before {words!r}")


def children(pid):
    """Return the ids of a process's children."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


def workers(process):
    """Return the ids of a process's workers: the children of its forkserver, or its own."""
    return [worker for child in children(process.pid) for worker in children(child) or [child]]


def gone(pids):
    """Wait until processes are gone; return whether they are."""
    deadline = time.monotonic() + 30
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def kill(process):
    """Kill a process, and wait until its children have seen it and are gone."""
    left = [*children(process.pid), *workers(process)]
    process.kill()
    process.wait()
    gone(left)


def kept(folder):
    """Return the records of trainings and probes below folder/out: when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("out/**/*-seed*.json")}


def without_times(told):
    """Return all that a result says but how long it took, and how it was called."""
    if isinstance(told, list):
        return [without_times(each) for each in told]
    if not isinstance(told, dict):
        return told
    times = (
        *("seconds", "images_per_second", "speed", "command"),
        *("first_step_seconds", "process_bytes"),
    )
    return {key: without_times(value) for key, value in told.items() if key not in times}
