"""What the peers of a speed benchmark share: how they are asked, their images, their answer."""

import argparse
import json
import resource

from netzoo.data import open_images

NETWORKS = ("lenet", "alexnet", "resnet50")


def arguments(about, *flags):
    """Return what the command line asks for; flags: the options without a value."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("network", choices=NETWORKS)
    for name in ("size", "batch", "images", "epochs"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in flags:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def training_images(count):
    """Return so many images, uint8 (count, 28, 28, 1), and their labels, both writable."""
    train = open_images("fashion_mnist").train
    return train.images[:count].copy(), train.labels[:count].copy()


def answer(rates, first_step, memory=None):
    """Print a line of JSON.

    rates: images a second of each epoch; first_step: seconds to it; memory: the peak in bytes, of
    this process if it is not given.
    """
    memory = memory or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rates": rates, "first_step": first_step, "peak_bytes": memory}))
