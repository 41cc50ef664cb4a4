"""Many small trials: as --jobs runs them side by side, and one after the other, in turn.

python tests/benchmarks/side_by_side.py runs whole commands on this machine's cores, which nothing
else should use, and prints their seconds, those that they told before, and the ratio.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(sys.executable).parent / "netzoo"


def seconds(backend: str, seeds: int, jobs: int, cores: int) -> tuple[float, float]:
    """Return a command's duration, and the one that it told before its first trial."""
    words = ["compare", "lenet", "--recipe", "brief", "--seeds", str(seeds), "--jobs", str(jobs)]
    words += ["--dataset", "fashion_mnist_sample"]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run(
            [COMMAND, *words, "--output", "out"],
            cwd=folder,
            env=os.environ | {"KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        )
        took = time.perf_counter() - began
    told = re.search(r"Estimate: about (?:(\d+) min )?([\d.]+) s", done.stderr)
    estimate = 60 * int(told[1] or 0) + float(told[2]) if told else float("nan")
    assert jobs == 1 or f"Jobs: {jobs} trials side by side, on {cores} cores" in done.stderr
    return took, estimate


def main() -> None:
    """Print the seconds of both ways, in turn, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--seeds", type=int, default=24, help="trials of lenet")
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    backend, seeds, rounds = asked.backend, asked.seeds, asked.rounds
    cores = len(os.sched_getaffinity(0))
    for number in range(1, rounds + 1):
        one, told_one = seconds(backend, seeds, 1, cores)
        several, told = seconds(backend, seeds, cores, cores)
        print(
            f"{backend}, round {number}: {seeds} trials of lenet, one after the other {one:.1f} s "
            f"(told {told_one:.1f}), {cores} side by side {several:.1f} s (told {told:.1f}): "
            f"{one / several:.2f} times as fast",
            flush=True,
        )


if __name__ == "__main__":
    main()
