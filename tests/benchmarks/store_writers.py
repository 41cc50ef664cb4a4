"""Two thousand writers into one folder, of which one process in ten is killed: is anything lost?

python tests/benchmarks/store_writers.py [--processes 20] [--threads 100] [--trials 4]

Each thread of each process is a writer, which keeps its trials one after another, synced to the
disk. The process that holds the lock packs the records and looks at the folder all the while; a
record that was kept and that a later look does not find is an error.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]


def main() -> None:
    """Let them write, and print what was kept."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--threads", type=int, default=100)
    parser.add_argument("--trials", type=int, default=4)
    given = parser.parse_args()
    writers = given.processes * given.threads
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "out", writers, given)


def run(folder: Path, writers: int, given: argparse.Namespace) -> None:
    """Let the writers write into a folder, and compare what is there with what they kept."""
    from beside import write_beside
    from store import plan_of

    from netzoo.records.trial import TrialStatus
    from netzoo.runs.identity import identity
    from netzoo.runs.saved import run_state
    from netzoo.runs.store import Store

    plan = plan_of(10, -(-writers * given.trials // 10))
    first = plan.record(plan.trials[0], TrialStatus.OK, test_accuracy=0.5, seconds=1.0)
    records = [replace(first, trial=trial) for trial in plan.trials]
    kills = given.processes // 10
    kept, looks, seconds = write_beside(
        folder, plan, records, processes=given.processes, threads=given.threads, kills=kills
    )
    there = {each.name for each in run_state(Store(folder)).trials if each.ended}
    names = {identity(record.trial) for record in records}
    print(f"{writers:,} writers in {given.processes} processes, {kills} of which were killed;")
    print(f"{len(kept):,} of {len(names):,} trials kept, {len(kept - there)} of these lost,")
    print(f"{len(there - kept)} kept but not told of; {looks} looks, {seconds:.0f} s")


if __name__ == "__main__":
    main()
