"""How fast netzoo trains, beside what a user would run instead, as ratios in the same run.

    python tests/benchmarks/train_speed.py [--runs 3] [--only alexnet-224 lenet-28] [--json FILE]

Every side is a fresh process; the sides run in turn, A B C A B C …, so that a machine that slows
down slows them all. Told are, for each side, the median over the runs of its images a second (of a
run: the median of its epochs but the first, which compiles), the spread (largest / smallest), the
seconds from the command to the first step, and the peak memory; and then the ratios, run by run,
their median. Backends that are not installed are left out. Takes about 20 minutes a run on two CPU
cores.
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
    (TORCH, KERAS_TORCH),
    (JAX, PLAIN),
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


def table(title, answers):
    """Return the lines of a case's table, in Markdown, and its figures."""
    lines = [f"### {title}", ""]
    lines += [
        "| | images/s | spread | first step, s | peak, MB |",
        "| --- | --: | --: | --: | --: |",
    ]
    for side, found in answers.items():
        speeds = [speed(answer) for answer in found]
        first = statistics.median(answer["first_step"] for answer in found)
        peak = max(answer["peak_bytes"] for answer in found) / 1e6
        lines.append(
            f"| {side.name} | {statistics.median(speeds):,.4g} | "
            f"{max(speeds) / min(speeds):.2f} | {first:.1f} | {peak:,.0f} |"
        )
    lines += ["", "| ratio | median | least | most |", "| --- | --: | --: | --: |"]
    ratios = {}
    for ours, theirs in RATIOS:
        if ours in answers and theirs in answers:
            pairs = zip(answers[ours], answers[theirs], strict=True)
            found = [speed(a) / speed(b) for a, b in pairs]
            ratios[f"{ours.name} / {theirs.name}"] = statistics.median(found)
            lines.append(
                f"| {ours.name} / {theirs.name} | {statistics.median(found):.2f} | "
                f"{min(found):.2f} | {max(found):.2f} |"
            )
    figures = {side.name: found for side, found in answers.items()}
    return [*lines, ""], {"sides": figures, "ratios": ratios}


def limits(title, case, backends):
    """Return the lines and figures of what the input costs, and how near the limit it comes."""
    lines = [
        "| backend | input's share of a step | of a matrix product's FLOP/s | pipeline alone |"
    ]
    lines.append("| --- | --: | --: | --- |")
    figures = {}
    for name in backends:
        found = figures[name] = run(Side(f"input on {name}", INPUT, (), name), case)
        share = 1 - found["with_pipeline"] / found["one_batch"]
        limit = found["flops_per_second"] / found["matrix_flops_per_second"]
        stages = ", ".join(f"{stage} {rate:,.0f}" for stage, rate in found["stages"].items())
        lines.append(
            f"| {name}, {found['precision']} | {100 * share:.1f} % | {100 * limit:.0f} % of "
            f"{found['matrix_flops_per_second'] / 1e9:,.0f} G | {stages} images/s |"
        )
    return [f"### {title}: input and limit", "", *lines, ""], figures


def main():
    """Run, print a table, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    backends = [name for name in backend.INSTALL if importlib.util.find_spec(name)]
    found = {
        "date": datetime.date.today().isoformat(),
        "runs": chosen.runs,
        "device": backend.device()["name"],
        "versions": backend.versions(),
        "cases": {},
    }
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    print(f"{found['device']}; {versions}; {found['date']}; n = {chosen.runs} runs.\n")
    for title in chosen.only:
        case, sides = CASES[title]
        sides = [side for side in sides if side.on in backends]
        network, size, batch, images, epochs = case
        title_line = f"{network}, {size} px, batch {batch}, {images:,} images × {epochs} epochs"
        print(title_line, file=sys.stderr, flush=True)
        told, figures = table(title_line, measured(case, sides, chosen.runs))
        more, figures["input"] = limits(title_line, (*case[:4], 1), backends)
        found["cases"][title] = figures
        print("\n".join(told + more), flush=True)
        if chosen.json:
            chosen.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
