"""Peak memory and waiting time of training on JPEG files that exceed the budget of memory.

    python tests/benchmarks/disk_images.py memory --images 100000 [--memory 1GB] [--folder /tmp]
    python tests/benchmarks/disk_images.py waiting --images 2000 [--rounds 5]

"memory" trains AlexNet at 96 px for an epoch on 1,000 files of 256 px as netzoo does by itself,
then on --images files within a budget, and prints the peak of the largest process of each
(ru_maxrss). "waiting" trains it in one process on images in memory, on the same images decoded to a
file, and on files decoded at each use, an epoch of each in turn. It prints the share of an epoch
that the step waited for its batch, without the first round, and the seconds of a step beside those
of images in memory, as medians of the rounds. Files are made from 200 photographs of soft shapes
and noise, each with a comment of its own. --size, --batch and --folder (with room for the files and
their pixels) are for both.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from read_folder import write

FEW, DISTINCT, CLASSES = 1000, 200, 10


def main() -> None:
    """Make the files, measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("memory", "waiting", "one"))
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=tempfile.gettempdir())
    given = parser.parse_args()
    if given.what == "one":
        train(given)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        given.folder = folder
        if given.what == "memory":
            memory(given)
        else:
            waiting(given)


def make(folder: Path, count: int, size: int) -> Path:
    """Write JPEG files of ten classes; return their folder."""
    with tempfile.TemporaryDirectory() as few:
        write(Path(few), DISTINCT, size)
        photos = [path.read_bytes() for path in sorted(Path(few).rglob("*.jpg"))]
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True)
    for number in range(count):
        photo, text = photos[number % DISTINCT], f"{number:08d}".encode()
        comment = b"\xff\xfe" + (2 + len(text)).to_bytes(2, "big") + text  # behind the first marker
        place = folder / f"class{number % CLASSES}" / f"{number:06d}.jpg"
        place.write_bytes(photo[:2] + comment + photo[2:])
    return folder


def memory(given: argparse.Namespace) -> None:
    """Print the peak memory of a training on few and on many images."""
    peaks = {}
    for count, budget in ((FEW, None), (given.images, given.memory)):
        place = make(Path(given.folder) / f"{count}", count, given.size)
        words = [sys.executable, "-W", "ignore", __file__, "one", "--folder", str(place)]
        words += ["--batch", str(given.batch), "--memory", budget or ""]
        began = time.perf_counter()
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        told = json.loads(done.stdout.splitlines()[-1])
        peaks[count] = told["largest"]
        print(
            f"{count} images: largest process {told['largest'] / 1e6:.0f} MB, the command's own "
            f"{told['own'] / 1e6:.0f} MB, {time.perf_counter() - began:.0f} s"
        )
    print(f"ratio of the largest processes {peaks[given.images] / peaks[FEW]:.2f}")


def train(given: argparse.Namespace) -> None:
    """Train by netzoo.compare in the folder beside the images; print peaks in bytes."""
    import netzoo

    class Say(netzoo.Callback):
        def on_message(self, line: str) -> None:
            print(line, file=sys.stderr)

    netzoo.compare(
        "alexnet",
        recipe="lesson",
        dataset=Path(given.folder),
        memory=given.memory or None,
        image_size=96,
        epochs=1,
        batch_size=given.batch,
        test_each_epoch=False,
        output=Path(f"{given.folder}.run"),
        callbacks=[Say()],
    )
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    own, workers = (resource.getrusage(kind).ru_maxrss * 1024 for kind in kinds)
    print(json.dumps({"own": own, "largest": max(own, workers)}))


def waiting(given: argparse.Namespace) -> None:
    """Print how long the step waits for images in memory, in a file, and decoded each time."""
    from netzoo import backend

    backend.start("auto", data=True)
    import keras
    import numpy as np

    import netzoo
    from netzoo.data import cache, pipeline
    from netzoo.recipes import recipe
    from netzoo.training import fit
    from netzoo.training.inputs import Inputs
    from netzoo.training.step import step_of

    native = backend.device()["native_bfloat16"]
    keras.config.set_dtype_policy("mixed_bfloat16" if native else "float32")
    place = make(Path(given.folder) / "photos", given.images, given.size)
    sources = {"memory": netzoo.open_images(place, memory="1TB")}
    with cache.kept_in(Path(given.folder) / "decoded"):
        sources["file"] = netzoo.open_images(place, memory=0)
    room, cache._ROOM = cache._ROOM, float("inf")
    sources["each time"] = netzoo.open_images(place, memory=0)
    cache._ROOM = room
    wanted = recipe("lesson", "").changed({"batch_size": given.batch, "epochs": 10**4})
    shape = 96, 96, sources["memory"].image_shape[2]
    model = netzoo.create_model("alexnet", input_shape=shape, num_classes=CLASSES)
    fit.compile_model(model, sources["memory"], wanted)
    step = step_of(model, Inputs(sources["memory"].train, wanted, shape))
    steps = len(sources["memory"].train) // given.batch
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sources}
    for number in range(given.rounds + 1):
        for name, images in sources.items():
            batches = iter(pipeline.train_batches(images, wanted, seed=0))
            np.asarray(step.train(*next(batches)))
            waited, began, before = 0.0, time.perf_counter(), processor()
            for _ in range(steps - 1):
                asked = time.perf_counter()
                batch = next(batches)
                waited += time.perf_counter() - asked
                np.asarray(step.train(*batch))
            seconds = time.perf_counter() - began
            if number:  # the first round compiles
                found[name].append((waited / seconds, seconds, processor() - before))
    step.sync_variables()
    for name, rounds in found.items():
        waits = [share for share, _, _ in rounds]
        ratios = [
            median(
                one[which] / base[which] for one, base in zip(rounds, found["memory"], strict=True)
            )
            for which in (1, 2)
        ]
        step_seconds = median(seconds for _, seconds, _ in rounds) / (steps - 1)
        print(
            f"{name:10} waits {100 * median(waits):.2f} % of an epoch ({100 * min(waits):.2f} to "
            f"{100 * max(waits):.2f}), {step_seconds:.3f} s a step; beside memory: time "
            f"{ratios[0]:.3f}, processor time {ratios[1]:.3f}"
        )


def processor() -> float:
    """Return the processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
