"""How fast netzoo counts, as ratios against a peer in the same run.

    KERAS_BACKEND=tensorflow python tests/benchmarks/cost_speed.py [--runs 5]

Whole processes run in turn, A B A B …, after one warm-up each; medians are printed, and ratios pair
by pair. torchinfo is left out where it is not installed.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time

TORCHINFO = """
import torch, torchinfo
from torch import nn
def conv(i, o, k, **kw): return [nn.Conv2d(i, o, k, **kw), nn.ReLU()]
def pool(): return [nn.MaxPool2d(3, 2)]
net = nn.Sequential(*conv(1, 96, 11, stride=4, padding=1), *pool(), *conv(96, 256, 5, padding=2),
    *pool(), *conv(256, 384, 3, padding=1), *conv(384, 384, 3, padding=1),
    *conv(384, 256, 3, padding=1), *pool(), nn.Flatten(), nn.Linear(6400, 4096), nn.ReLU(),
    nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 10))
print(torchinfo.summary(net, (1, 1, 224, 224)))
"""
IMPORT = "import netzoo.backend as b; b.start('cpu')"
BUILD = f"{IMPORT}; import keras; keras.applications.ResNet152(weights=None)"
COUNT = f"""{IMPORT}
import statistics, sys, time, netzoo
from netzoo.models.find import find_model
model = find_model(sys.argv[1])
def once():
    began = time.perf_counter(); netzoo.count_cost(model); return time.perf_counter() - began
once()
print(statistics.median(once() for _ in range(9)))
"""


def run(command):
    """Return the seconds and the peak memory in MB of a whole process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - began, usage.ru_maxrss / 1000


def against(title, ours, peer, runs):
    """Run two commands in turn and print medians and the ratio of each pair."""
    run(ours), run(peer)
    pairs = [(run(ours), run(peer)) for _ in range(runs)]
    seconds = [statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)]
    memory = [statistics.median(pair[side][1] for pair in pairs) for side in (0, 1)]
    ratio = statistics.median(a[0] / b[0] for a, b in pairs)
    print(
        f"{title}: {seconds[0]:.2f} s / {seconds[1]:.2f} s = {ratio:.2f}×; "
        f"{memory[0]:.0f} MB / {memory[1]:.0f} MB = {memory[0] / memory[1]:.2f}×"
    )


def main():
    """Print every ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    python = [sys.executable, "-c"]
    netzoo = [os.path.join(os.path.dirname(sys.executable), "netzoo"), "summary"]
    print(f"backend {os.environ.get('KERAS_BACKEND', 'tensorflow')}, {runs} runs, medians")
    against("summary alexnet / import keras", [*netzoo, "alexnet"], [*python, "import keras"], runs)
    if importlib.util.find_spec("torchinfo"):
        against("summary alexnet / torchinfo", [*netzoo, "alexnet"], [*python, TORCHINFO], runs)
    against(
        "summary keras:ResNet152 / building it",
        [*netzoo, "keras:ResNet152"],
        [*python, BUILD],
        runs,
    )
    for spec in ("alexnet", "keras:ResNet152"):
        done = subprocess.run([*python, COUNT, spec], capture_output=True, text=True, check=True)
        print(f"count_cost of a built {spec}: {1000 * float(done.stdout):.1f} ms")


if __name__ == "__main__":
    main()
