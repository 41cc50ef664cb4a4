"""Time to read a folder of JPEG images into memory: netzoo, torchvision and Keras, in turn.

python tests/benchmarks/read_folder.py [--images 2000] [--size 256] [--rounds 3]

Each reads the same files, in a process of its own: netzoo by `open_images` (headers, split and
decoding); torchvision by ImageFolder and a DataLoader with a worker for each core; Keras by
image_dataset_from_directory. The time is that of one pass, from the first call to the last batch,
without imports, and the processor's over all threads and workers, which counts less of what other
programs do. The files are in the system's cache, as they are written first. Where torchvision
is not installed, a Dataset that opens each file with Pillow as ImageFolder does takes its place.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

WAYS = ("netzoo", "torchvision", "keras")


def main() -> None:
    """Write the images, time each way in turn, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    seconds: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.images, given.size)
        for _ in range(given.rounds):
            for way in WAYS:
                seconds[way].append(timed(way, folder))
    for number, clock in enumerate(("time", "processor time")):
        base = median(each[number] for each in seconds["netzoo"])
        for way, pairs in seconds.items():
            each = [pair[number] for pair in pairs]
            print(
                f"{clock:14} {way:12} {given.images / median(each):8.0f} images/s, largest / "
                f"smallest {max(each) / min(each):.2f}, netzoo / it {median(each) / base:.2f}"
            )


def write(folder: Path, count: int, size: int) -> None:
    """Write JPEG files as photographs are: soft shapes and some noise, quality 90, ten classes."""
    random = np.random.default_rng(0)
    for number in range(count):
        rough = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        soft = np.asarray(rough.resize((size, size), Image.Resampling.BICUBIC), np.float32)
        pixels = np.clip(soft + random.normal(0, 6, soft.shape), 0, 255).astype(np.uint8)
        place = folder / f"class{number % 10}"
        place.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number:06d}.jpg", quality=90)


def timed(way: str, folder: str) -> tuple[float, float]:
    """Return the seconds of one pass, and the processor's, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--of", way, folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def pass_over(way: str, folder: str) -> tuple[float, float]:
    """Read a folder once; return the seconds, and the processor's."""
    read = {"netzoo": by_netzoo, "torchvision": by_torchvision, "keras": by_keras}[way](folder)
    began, before = time.perf_counter(), processor()
    read()
    return time.perf_counter() - began, processor() - before


def processor() -> float:
    """Return the processor seconds of this process and of its workers that have ended."""
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def by_netzoo(folder: str):
    """Return what reads a folder by netzoo."""
    from netzoo.data import open_images

    return lambda: open_images(folder)


def by_torchvision(folder: str):
    """Return what reads a folder by torchvision's ImageFolder, into uint8 tensors."""
    import torch

    try:
        from torchvision.datasets import ImageFolder as Files
    except (ImportError, RuntimeError):
        Files = Opened  # noqa: N806

    def read() -> None:
        files = Files(folder, transform=lambda image: torch.from_numpy(np.array(image)))
        workers = len(os.sched_getaffinity(0))
        loader = torch.utils.data.DataLoader(files, batch_size=64, num_workers=workers)
        torch.cat([images for images, _ in loader])

    return read


class Opened:
    """What ImageFolder does: the files of each class, opened by Pillow and converted to RGB."""

    def __init__(self, folder: str, transform) -> None:
        classes = sorted(each.name for each in os.scandir(folder) if each.is_dir())
        self.samples = [
            (str(path), label)
            for label, name in enumerate(classes)
            for path in sorted(Path(folder, name).iterdir())
        ]
        self.transform = transform

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, place: int):
        path, label = self.samples[place]
        with open(path, "rb") as file:
            image = Image.open(file).convert("RGB")
        return self.transform(image), label


def by_keras(folder: str):
    """Return what reads a folder by Keras, at the images' own size."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras

    size = Image.open(next(Path(folder).rglob("*.jpg"))).size[::-1]

    def read() -> None:
        batches = keras.utils.image_dataset_from_directory(folder, image_size=size, verbose=False)
        np.concatenate([images.numpy().astype(np.uint8) for images, _ in batches])

    return read


if __name__ == "__main__":
    if sys.argv[1:2] == ["--of"]:
        print(json.dumps(pass_over(*sys.argv[2:])))
    else:
        main()
