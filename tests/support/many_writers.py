"""Many writers beside each other in one folder, some of them killed, while one packs and looks."""

import os
import random
import signal
import threading
import time
from pathlib import Path

from netzoo.runs.identity import identity
from netzoo.runs.store import Store


def write_beside(folder, plan, records, *, processes, threads=1, kills=0, seed=0):
    """Let writers keep records, each thread of each process a share of them.

    kills: how many of the processes are ended by SIGKILL, at random moments. Every record that was
    kept is looked for in every look that begins later. Returns the names of those kept, the number
    of looks, and the seconds.
    """
    rng, store, began = random.Random(seed), Store(Path(folder)), time.monotonic()
    with store.open_to_write():
        store.keep_plan(plan)
        told, tell = os.pipe()
        writers = [
            _writer(folder, records[number::processes], threads, told, tell)
            for number in range(processes)
        ]
        os.close(tell)
        doomed = rng.sample(writers, kills)
        kept, looks, text = set(), 0, b""
        open_end = True
        while open_end:
            text += (read := os.read(told, 1 << 12))
            open_end = bool(read)
            lines = text.split(b"\n")
            text = lines.pop()
            kept |= {line.decode() for line in lines}
            store.trials.pack()
            held = Store(Path(folder)).trials.look()
            missing = kept - held.files - held.packed.keys()
            assert not missing, sorted(missing)[:3]
            looks += 1
            if doomed and len(kept) > len(records) / 2 * (1 - len(doomed) / (kills + 1)):
                os.kill(doomed.pop(), signal.SIGKILL)
        os.close(told)
        for writer in writers:
            os.waitpid(writer, 0)
    return kept, looks, time.monotonic() - began


def _writer(folder, records, threads, told, tell):
    """Fork a process that keeps records and tells of each; return its id."""
    if (child := os.fork()) != 0:
        return child
    try:
        os.close(told)
        each = [
            threading.Thread(target=_keep, args=(folder, records[number::threads], tell))
            for number in range(threads)
        ]
        for thread in each:
            thread.start()
        for thread in each:
            thread.join()
    finally:
        os._exit(0)


def _keep(folder, records, tell):
    store = Store(Path(folder))
    for record in records:
        store.keep_trial(record)
        os.write(tell, identity(record.trial).encode() + b"\n")
