"""Whether `netzoo bench` on torch tells what torch.utils.benchmark measures of the same network.

    KERAS_BACKEND=torch python tests/benchmarks/bench_check.py [--models lenet alexnet]
        [--image-size 96] [--batch-sizes 1 32] [--rounds 5] [--seconds 1] [--precision float32]
        [--cpu-time]

Inference of one network with one number of threads and one allocator, in turn, A B C A B C …:

- bench: `netzoo.bench`, in its process;
- step: `Timer("step.logits(images)")` in this one: the same call by another clock;
- model: `Timer("model(x)")`, the Keras model called on images that are resized, scaled and on the
  device already.

--cpu-time is for a machine that others use as well: all sides run in this process, and count the
seconds of its processor. They are those of its computation with one thread: OMP_NUM_THREADS=1.

Told are the medians over the rounds of the milliseconds a step, and of the ratios within a round
with the lowest and the highest.
"""

import argparse
import os
import statistics
import sys
import time

import netzoo
from netzoo import backend
from netzoo.data import open_images
from netzoo.models.catalog import create_model
from netzoo.recipes import recipe
from netzoo.results.bench import INFERENCE
from netzoo.runs.process import ALLOCATOR

OF_A_WORKER = {"GLIBC_TUNABLES": ALLOCATOR}


def timers(name, shape, batch_size, chosen):
    """Return what measures a step in seconds, by its name."""
    import keras
    import torch
    from keras import ops
    from torch.utils import benchmark

    from netzoo.training import on_torch, speed
    from netzoo.training.fit import compile_model
    from netzoo.training.inputs import Inputs
    from netzoo.training.step import step_of

    settings = speed.timed_recipe(recipe("quick", name), INFERENCE)
    images = speed.random_images(open_images("fashion_mnist_sample").record(None), batch_size)
    keras.config.set_dtype_policy(chosen.precision)
    model = create_model(name, input_shape=shape)
    compile_model(model, images, settings)
    inputs = Inputs(images.train, settings, shape[:2])
    step, pixels = step_of(model, inputs), images.train.images
    x = inputs(ops.convert_to_tensor(pixels))
    step.logits(pixels)

    def timed(statement, **names):
        about = {"timer": time.process_time} if chosen.cpu_time else {}
        about["num_threads"] = torch.get_num_threads()
        timer = benchmark.Timer(statement, globals=names, **about)
        timer.timeit(3)
        return timer.blocked_autorange(min_run_time=chosen.seconds).median

    def of_model():
        with torch.no_grad(), on_torch._without_format_copies():
            return timed("model(x, training=False)", model=model, x=x)

    def of_bench():
        speed.clock = time.process_time
        call = speed._call(step, images, settings, INFERENCE, batch_size)
        return speed._measured(call, INFERENCE, batch_size, chosen.seconds).step_seconds

    return {
        **({"bench": of_bench} if chosen.cpu_time else {}),
        "step": lambda: timed("step.logits(images)", step=step, images=pixels),
        "model": of_model,
    }


def checked(name, size, chosen):
    """Return the seconds a step of each side in each round, by batch size."""
    shape = (size, size, 1)
    sizes = chosen.batch_sizes
    others = {batch: timers(name, shape, batch, chosen) for batch in sizes}
    rounds = {batch: [] for batch in sizes}
    for _ in range(chosen.rounds):
        told = {} if chosen.cpu_time else of_the_command(name, size, chosen)
        for batch in sizes:
            sides = {side: measure() for side, measure in others[batch].items()}
            rounds[batch].append({**({"bench": told[batch]} if told else {}), **sides})
    return rounds


def of_the_command(name, size, chosen):
    """Return the seconds a step that netzoo.bench tells, by batch size."""
    result = netzoo.bench(
        name,
        backends="torch",
        work=INFERENCE,
        batch_sizes=chosen.batch_sizes,
        seconds=chosen.seconds,
        recipe="quick",
        image_size=size,
        precision=chosen.precision,
    )
    (run,) = result.runs
    return {each.batch_size: each.step_seconds for each in run.measurements}


def line(title, rounds):
    """Return the line of a table in Markdown."""
    cells = [
        f"{1000 * statistics.median(each[side] for each in rounds):.3f}"
        for side in ("bench", "step", "model")
    ]
    for side in ("step", "model"):
        ratios = [each["bench"] / each[side] for each in rounds]
        cells.append(f"{statistics.median(ratios):.3f} ({min(ratios):.3f} … {max(ratios):.3f})")
    return f"| {title} | {' | '.join(cells)} |"


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="+", default=["lenet", "alexnet"])
    parser.add_argument("--image-size", type=int, help="by default 28 for lenet, 96 for alexnet")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--cpu-time", action="store_true")
    chosen = parser.parse_args()
    if "GLIBC_TUNABLES" not in os.environ:  # the C library reads them as the process starts
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | OF_A_WORKER)
    if backend.start(data=True) != "torch":
        raise SystemExit("Set KERAS_BACKEND=torch.")
    versions = ", ".join(f"{name} {number}" for name, number in backend.versions().items())
    print(f"{backend.device()['name']}, {backend.usual_threads()} threads; {versions}")
    clock = "processor's time" if chosen.cpu_time else "time"
    print(
        f"n = {chosen.rounds} rounds of {chosen.seconds:g} s a side; {chosen.precision}; {clock}\n"
    )
    print("| model, batch | bench, ms | step, ms | model, ms | bench / step | bench / model |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name in chosen.models:
        size = chosen.image_size or (96 if name.startswith("alexnet") else 28)
        for batch, rounds in checked(name, size, chosen).items():
            print(line(f"{name}, {size} px, {batch}", rounds), flush=True)


if __name__ == "__main__":
    main()
