"""netzoo as a user runs it, to be timed beside its peers.

    KERAS_BACKEND=torch python tests/benchmarks/netzoo_compare.py alexnet --size 224 --batch 128
        --images 1024 --epochs 3 [--float32] [--augment]

Prints a line of JSON: images a second of each epoch, seconds from the command to the first step,
peak memory of the largest of its processes.
"""

import resource
import time

import peer
import resnet  # noqa: F401  registers resnet50

import netzoo
from netzoo.runs.callback import Callback


class Clock(Callback):
    """Note when the first training step is reported, and each epoch's speed."""

    def __init__(self):
        self.first_step, self.rates = None, []

    def on_step_end(self, *arguments, **named):
        self.first_step = self.first_step or time.perf_counter() - BEGAN

    def on_epoch_end(self, trial, record):
        self.rates.append(record.images_per_second)


BEGAN = time.perf_counter()


def main():
    """Train and print."""
    chosen = peer.arguments(__doc__, "float32", "augment")
    clock = Clock()
    comparison = netzoo.compare(
        chosen.network,
        recipe="lesson",
        dataset="fashion_mnist",
        image_size=chosen.size,
        batch_size=chosen.batch,
        epochs=chosen.epochs,
        limit_train=chosen.images,
        limit_test=100,
        learning_rate=0.01,
        precision="float32" if chosen.float32 else "auto",
        augment="flip+crop" if chosen.augment else "none",
        callbacks=[clock],
    )
    (row,) = comparison.models
    if row.status not in ("ok", "did not train"):
        raise SystemExit(row.error)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    peer.answer(clock.rates, clock.first_step, memory)


if __name__ == "__main__":
    main()
