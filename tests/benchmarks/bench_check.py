"""Whether `netzoo bench` on torch tells what torch.utils.benchmark measures of the same network.

    python tests/benchmarks/bench_check.py [lenet alexnet] [--image-size 96] [--batch-sizes 1 32]
        [--rounds 5] [--seconds 1] [--precision float32]

In one process, with one network and one number of threads, in turn, A B C A B C …:

- bench: the measurement of `netzoo bench` (netzoo.training.speed), inference;
- step: `Timer("step.logits(images)")`, the same call by the other clock: the timing itself;
- model: `Timer("model(x)")`, the Keras model called on tensors that are resized, scaled and on the
  device already: what is in netzoo's figure besides the network.

Told are the medians over the rounds of the milliseconds a step, and of the ratios within a round.
"""

import argparse
import statistics

import torch
from torch.utils import benchmark

from netzoo import backend
from netzoo.data import open_images
from netzoo.models.catalog import create_model
from netzoo.recipes import recipe
from netzoo.results.bench import INFERENCE


def sides(name, size, batch_size, precision, seconds):
    """Return a function for each side that measures a step in seconds."""
    import keras
    from keras import ops

    from netzoo.training import on_torch, speed
    from netzoo.training.fit import compile_model
    from netzoo.training.inputs import Inputs
    from netzoo.training.step import step_of

    chosen = recipe("quick", name, {"precision": precision, "image_size": size})
    chosen = speed.timed_recipe(chosen, INFERENCE)
    images = speed.random_images(open_images("fashion_mnist_sample").record(None), batch_size)
    keras.config.set_dtype_policy(precision)
    shape = (size, size, 1) if size else images.image_shape
    model = create_model(name, input_shape=shape)
    compile_model(model, images, chosen)
    inputs = Inputs(images.train, chosen, shape[:2])
    step = step_of(model, inputs)
    pixels = images.train.images
    x = inputs(ops.convert_to_tensor(pixels))

    def of_bench():
        call = speed._call(step, images, chosen, INFERENCE, batch_size)
        return speed._measured(call, INFERENCE, batch_size, seconds).step_seconds

    def timed(statement, **names):
        timer = benchmark.Timer(statement, globals=names, num_threads=torch.get_num_threads())
        return timer.blocked_autorange(min_run_time=seconds).median

    def of_model():
        with torch.no_grad(), on_torch._without_format_copies():
            return timed("model(x, training=False)", model=model, x=x)

    return {
        "bench": of_bench,
        "step": lambda: timed("step.logits(images)", step=step, images=pixels),
        "model": of_model,
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", nargs="*", default=["lenet", "alexnet"])
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--precision", default="float32")
    chosen = parser.parse_args()
    backend.start(data=True)
    if backend.name() != "torch":
        raise SystemExit("Set KERAS_BACKEND=torch.")
    versions = ", ".join(f"{name} {number}" for name, number in backend.versions().items())
    print(f"{backend.device()['name']}, {torch.get_num_threads()} threads; {versions}")
    print(f"n = {chosen.rounds} rounds of {chosen.seconds:g} s a side; {chosen.precision}")
    print("| model, batch | bench, ms | step, ms | model, ms | bench / step | bench / model |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name in chosen.models:
        size = chosen.image_size or (96 if name.startswith("alexnet") else None)
        for batch_size in chosen.batch_sizes:
            measure = sides(name, size, batch_size, chosen.precision, chosen.seconds)
            rounds = [{k: side() for k, side in measure.items()} for _ in range(chosen.rounds)]
            times = [f"{1000 * statistics.median(r[k] for r in rounds):.3f}" for k in measure]
            ratios = []
            for other in ("step", "model"):
                values = [r["bench"] / r[other] for r in rounds]
                spread = f"({min(values):.3f} … {max(values):.3f})"
                ratios.append(f"{statistics.median(values):.3f} {spread}")
            print(f"| {name}, {batch_size} | {' | '.join([*times, *ratios])} |", flush=True)


if __name__ == "__main__":
    main()
