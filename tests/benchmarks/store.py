"""Cost of a folder of many trials: listing, resuming and showing them, in processor time.

python tests/benchmarks/store.py [--models 10] [--seeds 1000] [--folder FOLDER] [--ways list,…]

Synthetic trials are written by the store that netzoo uses, without waiting for the disk: a record
of LeNet with six epochs, 1,000 predictions and filters, and figures of its own for each trial. Then
each way runs in a process of its own; its seconds are the processor's, of it and its children,
without the imports, and its memory is the peak of the process with them.
"""

import argparse
import contextlib
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
EPOCHS, IMAGES = 6, 1000
FILES = 20_000  # trials, of which more are packed without having been files


def main() -> None:
    """Write the trials, time each way, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--folder", help="use the trials in it, if there are any")
    parser.add_argument("--ways", default=",".join(WAYS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(given.folder or passing) / "many"
        ways = given.ways.split(",")
        if not folder.exists():
            ways.insert(0, "write")
        for way in ways:
            told = in_process(way, str(folder), str(given.models), str(given.seeds))
            print(
                f"{way:8} {told['cpu']:8.2f} s of the processor, {told['wall']:8.2f} s in all, "
                f"{told['mb']:6.0f} MB (imports: {told['imports']:.2f} s); {told['what']}"
            )


def in_process(*words: str) -> dict:
    """Return what one way took, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--of", *words], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def of(way: str, folder: str, models: str, seeds: str) -> dict:
    """Run a way; return its seconds and its memory."""
    run = WAYS.get(way, write)
    import rich.table  # noqa: F401
    import scipy.stats  # noqa: F401
    import statsmodels.stats.multitest  # noqa: F401
    from netzoo_cli import app

    import netzoo.results.trial_rows
    import netzoo.runs.compare
    import netzoo.runs.saved  # noqa: F401

    gc.set_threshold(app.GARBAGE)  # as the command does
    imports, began = processor(), time.perf_counter()
    what = run(Path(folder), int(models), int(seeds))
    return {
        "cpu": processor() - imports,
        "wall": time.perf_counter() - began,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "imports": imports,
        "what": what,
    }


def processor() -> float:
    """Return the processor seconds of this process and of its children."""
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def request_of(models: int, seeds: int):
    """Return the request of the trials."""
    from netzoo.runs.request import Request

    names = [f"lenet:dropout={number / 10000}" for number in range(1, models + 1)]
    return Request.of(names, recipe="quick", dataset="fashion_mnist_sample", seeds=range(seeds))


def plan_of(models: int, seeds: int):
    """Return the plan of the trials, as `netzoo compare` makes it from its profiles."""
    sys.path += [str(HERE.parent / "support")]
    from fixed_costs import counted

    from netzoo import backend
    from netzoo.provenance import DatasetRecord, Device
    from netzoo.records.plan import ModelProfile, Plan, Timing
    from netzoo.runs.request import planned_trials, recipe_of

    cpu = Device("cpu", "CPU (2 cores)", threads=1)
    request = request_of(models, seeds)
    data = DatasetRecord(
        "fashion_mnist_sample", "sample", 6000, IMAGES, "ab" * 32, (28, 28, 1), tuple("abcdefghij")
    )
    overrides = {"epochs": EPOCHS, "precision": "float32"}
    recipes = {spec: recipe_of(spec, "quick", overrides, cpu) for spec in request.models}
    profile = ModelProfile(counted("lenet"), timing=Timing(1.0, 1.0, 1.0, 1.0))
    return Plan(
        request=request.to_dict(),
        baseline=request.models[0].text,
        trials=planned_trials(recipes, data, request.seeds, backend.name(), "auto"),
        device=cpu,
        versions=backend.versions(),
        profiles={spec.text: profile for spec in request.models},
    )


def record_of(plan, trial, rng, labels, filters):
    """Return the record of a trial, as if it had been trained."""
    from netzoo.records.arrays import Predictions
    from netzoo.records.trial import EpochRecord, TrialStatus

    reached = rng.uniform(0.5, 0.95)
    predicted = [label if rng.random() < reached else 0 for label in labels]
    history = tuple(
        EpochRecord(n, rng.uniform(1, 2), rng.uniform(3e3, 4e3), rng.random(), reached * n / EPOCHS,
                    validation_loss=rng.random(), validation_accuracy=rng.random())
        for n in range(1, EPOCHS + 1)
    )  # fmt: skip
    right = sum(a == b for a, b in zip(labels, predicted, strict=True))
    return plan.record(
        trial, TrialStatus.OK, history=history, test_loss=rng.random(),
        test_accuracy=right / IMAGES, final_train_loss=rng.random(),
        final_train_accuracy=reached, seconds=rng.uniform(6, 12), test_reads=1,
        predictions=Predictions.of(labels, predicted), filters=filters, command="netzoo compare",
    )  # fmt: skip


def write(folder: Path, models: int, seeds: int) -> str:
    """Write the plan and a record for each trial."""
    from netzoo.records.arrays import Filters
    from netzoo.runs.store import Store

    os.fsync = lambda fd: None
    many = models * seeds > FILES
    plan, rng = plan_of(models, seeds), random.Random(0)
    labels = [rng.randrange(10) for _ in range(IMAGES)]
    filters = Filters.of("conv1", (5, 5, 1, 6), 6, rng.randbytes(300))
    few = [
        record_of(plan, plan.trials[0], rng, labels, filters) for _ in range(200 if many else 2000)
    ]
    store, count = Store(folder), 0
    with store.open_to_write():
        store.keep_plan(plan)
        keep = packed(store) if many else store.keep_trial
        for trial in plan.trials:
            figure = {"test_loss": rng.random(), "seconds": rng.uniform(6, 12)}
            keep(replace(rng.choice(few), trial=trial, **figure))
            count += 1
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return f"{count:,} trials, {len(files):,} files, {sum(files) / 1e6:,.0f} MB"


def packed(store):
    """Return what keeps a record in packs at once, as the files before them are all alike."""
    from netzoo import disk
    from netzoo.records.codec import to_line
    from netzoo.records.plan import MANY
    from netzoo.runs.identity import identity
    from netzoo.runs.packs import Entry

    entries = []

    def keep(record) -> None:
        line = disk.sealed_line(to_line(record).encode())
        entries.append(Entry(identity(record.trial), line, record))
        if len(entries) == MANY:
            store.trials.packs.add(entries)
            entries.clear()

    return keep


def planned(folder: Path, models: int, seeds: int) -> str:
    """Plan the trials, write the plan and read it again."""
    from netzoo.runs.store import Store

    store = Store(folder.with_name("planned"))
    store.keep_plan(plan_of(models, seeds))
    plan = store.plan()
    return (
        f"{len(plan.trials):,} trials, {(store.folder / 'plan.json').stat().st_size / 1e6:.0f} MB"
    )


def begun(folder: Path, models: int, seeds: int) -> str:
    """Find what is left of the comparison, as a resume does before it trains."""
    from netzoo.runs.callback import Callback
    from netzoo.runs.run import Run
    from netzoo.runs.store import Store

    store = Store(folder)
    with store.open_to_write():
        todo, _ = Run(store.plan(), store, Callback(), None, False)._todo()
    return f"{len(todo):,} trials to train"


def table(folder: Path, models: int, seeds: int) -> str:
    """List the trials, as `netzoo runs FOLDER` prints them."""
    return run_command("runs", str(folder))


def flat(folder: Path, models: int, seeds: int) -> str:
    """Write the trials as CSV."""
    return run_command("runs", str(folder), "--format", "csv")


def chosen(folder: Path, models: int, seeds: int) -> str:
    """List the trials that a filter chooses."""
    return run_command("runs", str(folder), "--where", "test_accuracy>0.94")


def shown(folder: Path, models: int, seeds: int) -> str:
    """Show the comparison."""
    return run_command("show", str(folder))


def run_command(*words: str) -> str:
    """Run a command of netzoo into a file; return the number of its lines."""
    from netzoo_cli.app import app

    with tempfile.TemporaryFile("w+") as file:
        with contextlib.redirect_stdout(file):
            app.main(words, standalone_mode=False)
        file.seek(0)
        return f"{sum(1 for _ in file):,} lines"


def resume(folder: Path, models: int, seeds: int) -> str:
    """Resume the comparison, of which everything is done."""
    names = request_of(models, 1).to_dict()["models"]
    words = ("--seeds", str(seeds), "--recipe", "quick", "--dataset", "fashion_mnist_sample")
    return run_command("compare", *names, *words, "--output", str(folder))


WAYS = {
    "plan": planned,
    "list": table,
    "where": chosen,
    "csv": flat,
    "begin": begun,
    "resume": resume,
    "show": shown,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--of"]:
        print(json.dumps(of(*sys.argv[2:])))
    else:
        main()
