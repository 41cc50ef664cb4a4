"""How fast netzoo trains, beside what a user would run instead, as ratios in the same run.

    python tests/benchmarks/train_speed.py [--runs 3] [--only alexnet-224 lenet-28] [--json FILE]
    python tests/benchmarks/train_speed.py --gpu [--runs 3] [--json FILE]
    python tests/benchmarks/train_speed.py --show FILE

Every side is a fresh process; the sides run in turn, A B C A B C …, so that a machine that slows
down slows them all. Told are, for each side, the median over the runs of its images a second (of a
run: the median of its epochs but the first, which compiles), the spread (largest / smallest), the
seconds from the command to the first step, and the peak memory; and then the medians of the
ratios, run by run. --json keeps every figure, --show prints the tables of a file that was kept.
Backends that are not installed are left out. Takes about 20 minutes a run on two CPU cores. --gpu
takes as many images as a GPU needs to be busy, and the sides of PyTorch and JAX.
"""

import argparse
import datetime
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from netzoo import backend

HERE = Path(__file__).parent
LOOP, FIT, NETZOO, INPUT = "torch_loop.py", "keras_fit.py", "netzoo_compare.py", "input_cost.py"


@dataclass(frozen=True)
class Side:
    """One way to train: a script of this folder, its options, its backend."""

    name: str
    script: str
    options: tuple[str, ...] = ()
    on: str = "torch"


DEFAULT = Side("netzoo", NETZOO, on="tensorflow")
FP32 = Side("netzoo fp32", NETZOO, ("--float32",), "tensorflow")
TORCH = Side("netzoo torch", NETZOO, on="torch")
TORCH_FP32 = Side("netzoo torch fp32", NETZOO, ("--float32",), "torch")
JAX = Side("netzoo jax", NETZOO, on="jax")
PLAIN = Side("PyTorch loop fp32", LOOP)
AUTOCAST = Side("PyTorch loop autocast", LOOP, ("--bf16",))
COMPILED = Side("PyTorch loop autocast compile", LOOP, ("--bf16", "--compile"))
LOADER = Side("PyTorch loop DataLoader", LOOP, ("--loader",))
KERAS = Side("Keras fit bf16", FIT, ("--bf16",), "tensorflow")
KERAS_FP32 = Side("Keras fit fp32", FIT, (), "tensorflow")
KERAS_TORCH = Side("Keras fit torch bf16", FIT, ("--bf16",), "torch")
KERAS_JAX = Side("Keras fit jax fp32", FIT, (), "jax")
FITS = (KERAS, KERAS_TORCH, KERAS_JAX)
AUGMENTED_TORCH = Side("netzoo torch augment", NETZOO, ("--augment",), "torch")
AUGMENTED_JAX = Side("netzoo jax augment", NETZOO, ("--augment",), "jax")
AUGMENTED = Side("netzoo augment", NETZOO, ("--augment",), "tensorflow")
PLAIN_AUGMENTED = Side("PyTorch loop fp32 augment", LOOP, ("--augment",))
KERAS_AUGMENTED = Side("Keras fit bf16 augment", FIT, ("--bf16", "--augment"), "tensorflow")
SMALL = (DEFAULT, TORCH, JAX, PLAIN, AUTOCAST, KERAS, AUGMENTED, PLAIN_AUGMENTED, KERAS_AUGMENTED)

# Network, size in px, batch, images, epochs; then the sides.
CASES = {
    "alexnet-224": (
        ("alexnet", 224, 128, 512, 3),
        (DEFAULT, FP32, TORCH, TORCH_FP32, JAX, PLAIN, AUTOCAST, COMPILED, *FITS),
    ),
    "lenet-28": (
        ("lenet", 28, 256, 12800, 3),
        (DEFAULT, FP32, TORCH_FP32, JAX, PLAIN, LOADER, KERAS, KERAS_FP32, *SMALL[6:]),
    ),
    "alexnet-96": (("alexnet", 96, 128, 640, 3), SMALL),
    "resnet50-96": (("resnet50", 96, 64, 256, 3), (DEFAULT, TORCH, PLAIN, AUTOCAST, KERAS)),
}
GPU = (TORCH, JAX, AUGMENTED_TORCH, AUGMENTED_JAX, PLAIN, AUTOCAST, COMPILED)
GPU_CASES = {
    "alexnet-224": (("alexnet", 224, 128, 12_800, 5), GPU),
    "lenet-28": (("lenet", 28, 256, 60_000, 5), GPU),
    "resnet50-96": (("resnet50", 96, 64, 12_800, 4), GPU),
}
RATIOS = (
    (DEFAULT, PLAIN),
    (DEFAULT, AUTOCAST),
    (DEFAULT, COMPILED),
    (DEFAULT, LOADER),
    (DEFAULT, KERAS),
    (FP32, PLAIN),
    (FP32, KERAS_FP32),
    (TORCH_FP32, PLAIN),
    (TORCH, AUTOCAST),
    (TORCH, COMPILED),
    (AUGMENTED_TORCH, TORCH),
    (TORCH, KERAS_TORCH),
    (JAX, PLAIN),
    (JAX, AUTOCAST),
    (JAX, COMPILED),
    (AUGMENTED_JAX, JAX),
    (JAX, KERAS_JAX),
    (AUGMENTED, PLAIN_AUGMENTED),
    (AUGMENTED, KERAS_AUGMENTED),
)


def run(side, case):
    """Return what a side's process answers for a case."""
    network, size, batch, images, epochs = case
    numbers = {"--size": size, "--batch": batch, "--images": images, "--epochs": epochs}
    options = [text for pair in numbers.items() for text in map(str, pair)]
    done = subprocess.run(
        [sys.executable, HERE / side.script, network, *options, *side.options],
        env=os.environ | {"KERAS_BACKEND": side.on},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{side.name}, {network}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def measured(case, sides, runs):
    """Run the sides in turn; return each one's answers."""
    answers = {side: [] for side in sides}
    for number in range(runs):
        for side in sides:
            answers[side].append(run(side, case))
            print(f"  {number + 1}/{runs} {side.name}", file=sys.stderr, flush=True)
    return answers


def speed(answer):
    """Return a run's images a second: the median of its epochs but the first."""
    return statistics.median(answer["rates"][1:])


def limits(case, backends):
    """Return by backend what the input costs, and how near the device's limit a training comes."""
    return {name: run(Side(f"input on {name}", INPUT, (), name), case) for name in backends}


def tables(found):
    """Return all that was measured as tables in Markdown, a column for each case."""
    cases = found["cases"]
    known = GPU_CASES if found["gpu"] else CASES
    titles = {title: "{}, {} px, batch {}".format(*known[title][0]) for title in cases}
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [f"{found['device']}; {versions}; {found['date']}; n = {found['runs']} runs.", ""]

    def add(what, names, cell):
        lines.extend(
            [f"| {what} | {' | '.join(titles.values())} |", "| --- " * (len(cases) + 1) + "|"]
        )
        for name in names:
            cells = [cell(cases[title], name) for title in cases]
            if any(cells):
                lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")

    sides = list(dict.fromkeys(name for case in cases.values() for name in case["sides"]))
    add("images/s (largest / smallest)", sides, _speed_cell)
    add("ratio of images/s", [f"{a.name} / {b.name}" for a, b in RATIOS], _ratio_cell)
    add("seconds to the first step; peak memory", sides, _start_cell)
    add("of a large matrix product's FLOP/s; input's share of a step", backend.INSTALL, _limit_cell)
    add("the pipeline alone, images/s", backend.INSTALL, _stages_cell)
    return "\n".join(lines)


def _speed_cell(case, name):
    speeds = [speed(answer) for answer in case["sides"].get(name, ())]
    if not speeds:
        return ""
    return f"{_figure(statistics.median(speeds))} ({max(speeds) / min(speeds):.2f})"


def _ratio_cell(case, name):
    ours, theirs = (case["sides"].get(side) for side in name.split(" / "))
    if not ours or not theirs:
        return ""
    ratios = [speed(a) / speed(b) for a, b in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ratios):.2f}"


def _start_cell(case, name):
    answers = case["sides"].get(name)
    if not answers:
        return ""
    first = statistics.median(answer["first_step"] for answer in answers)
    return f"{first:.1f} s; {max(answer['peak_bytes'] for answer in answers) / 1e9:.2f} GB"


def _limit_cell(case, name):
    found = case["input"].get(name)
    if not found:
        return ""
    share = max(1 - found["with_pipeline"] / found["one_batch"], 0.0)
    limit = found["flops_per_second"] / found["matrix_flops_per_second"]
    of = f"{found['matrix_flops_per_second'] / 1e9:,.0f} G, {found['precision']}"
    return f"{100 * limit:.0f} % of {of}; {100 * share:.1f} %"


def _stages_cell(case, name):
    stages = case["input"].get(name, {}).get("stages", {})
    return ", ".join(f"{stage} {_figure(rate)}" for stage, rate in stages.items())


def _figure(rate):
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def main():
    """Run, keep the figures, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=Path)
    chosen = parser.parse_args()
    if chosen.show:
        print(tables(json.loads(chosen.show.read_text())))
        return
    backends = [name for name in backend.INSTALL if importlib.util.find_spec(name)]
    found = {
        "date": datetime.date.today().isoformat(),
        "gpu": chosen.gpu,
        "runs": chosen.runs,
        "device": backend.device()["name"],
        "versions": backend.versions(),
        "cases": {},
    }
    cases = GPU_CASES if chosen.gpu else CASES
    for title in [title for title in chosen.only if title in cases]:
        case, sides = cases[title]
        print(title, file=sys.stderr, flush=True)
        answers = measured(case, [side for side in sides if side.on in backends], chosen.runs)
        found["cases"][title] = {
            "sides": {side.name: told for side, told in answers.items()},
            "input": limits((*case[:4], 1), backends),
        }
        if chosen.json:
            chosen.json.write_text(json.dumps(found, indent=1))
    print(tables(found))


if __name__ == "__main__":
    main()
