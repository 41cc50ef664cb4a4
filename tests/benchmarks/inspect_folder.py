"""Time of `netzoo data` on a folder of JPEG images, all of them different.

python tests/benchmarks/inspect_folder.py [--images 20000] [--size 256] [--rounds 1]

The files are written first, to a temporary folder, and so are in the system's cache. The time is
that of the whole command in a process of its own, with its start; the processor's time, over all
threads, counts less of what other programs do, and the load average tells how busy they are.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

NOISES = 16


def main() -> None:
    """Write the images, run the command on them, and print a line each round."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.images, given.size)
        for _ in range(given.rounds):
            load, before, began = os.getloadavg()[0], spent(), time.perf_counter()
            command = [Path(sys.executable).parent / "netzoo", "data", f"{folder}/"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, processor = time.perf_counter() - began, spent() - before
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            print(done.stderr, end="")
            print(
                f"{given.images} images: {seconds:.1f} s, processor {processor:.1f} s on "
                f"{len(os.sched_getaffinity(0))} cores, load before {load:.1f}, peak {peak:.1f} GiB"
            )


def write(folder: Path, count: int, size: int) -> None:
    """Write JPEG files as photographs are: soft shapes and some noise, quality 90, ten classes."""
    random = np.random.default_rng(0)
    noises = random.normal(0, 6, (NOISES, size, size, 3)).astype(np.int16)
    for number in range(count):
        rough = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        soft = np.asarray(rough.resize((size, size), Image.Resampling.BICUBIC), np.int16)
        pixels = np.clip(soft + noises[number % NOISES], 0, 255).astype(np.uint8)
        place = folder / f"class{number % 10}"
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number:06d}.jpg", quality=90)


def spent() -> float:
    """Return the processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
