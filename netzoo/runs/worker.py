"""The worker process: runs trials on request, by lines of JSON.

python -m netzoo.runs.worker reads requests from standard input, and writes events to standard
output, each as netzoo.runs.messages says. Whatever a library prints goes to standard error. When
standard input ends, its parent is done or dead: the process ends.
"""

import os
import queue
import signal
import sys
import threading
import traceback

from netzoo.errors import NetzooError, telling_line
from netzoo.runs import messages
from netzoo.runs.answers import Worker
from netzoo.runs.peers import ranks_of

OUT_OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError", "MemoryError")


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which decides
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def emit(event: messages.Event) -> None:
        channel.write(messages.to_line(event))
        channel.flush()

    stop = threading.Event()
    worker = Worker(emit, stop)
    requests: queue.SimpleQueue[messages.Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, stop), daemon=True).start()
    while True:
        request = requests.get()
        try:
            emit(_answer(worker, request))
        except NetzooError as error:
            emit(_refusal(error, request))
        except Exception as error:
            traceback.print_exc()
            emit(_crash(error))


def _answer(worker: Worker, request: messages.Request) -> messages.Event:
    match request:
        case messages.Start():
            return worker.start(request)
        case messages.Profile():
            with ranks_of(request, worker):
                return worker.profile(request.trial, request.parts)
        case messages.Probe():
            return worker.probe(request.trial, request.parts, request.steps, request.images)
        case messages.Describe():
            return worker.describe(request.spec)
        case messages.Bench(trial, work, sizes, seconds):
            return worker.bench(trial, work, sizes, seconds)
        case messages.Reference() | messages.Parity():
            return worker.parity(request)
        case messages.Train():
            with ranks_of(request, worker):
                return worker.train(request)
    raise AssertionError(request)


def _crash(error: Exception) -> messages.Failed:
    """Return the message of an error that is not netzoo's own."""
    message = f"{type(error).__name__}: {telling_line(error)}"
    return messages.Failed("OutOfMemory" if _lacks_memory(error) else "TrialFailed", message)


def _refusal(error: NetzooError, request: messages.Request) -> messages.Failed:
    """Return the message of netzoo's own error."""
    # A model that is trained has been built before; what it lacks now, others may have taken.
    lacks = isinstance(request, messages.Train) and _lacks_memory(error.__cause__)
    return messages.Failed("OutOfMemory" if lacks else type(error).__name__, str(error))


def _lacks_memory(error: BaseException | None) -> bool:
    return type(error).__name__ in OUT_OF_MEMORY or "RESOURCE_EXHAUSTED" in str(error)


def _listen(requests: queue.SimpleQueue[messages.Request], stop: threading.Event) -> None:
    for line in sys.stdin.buffer:  # JSON is UTF-8, whatever a terminal here is
        request = messages.request_of(line)
        if isinstance(request, messages.Stop):
            stop.set()
        else:
            requests.put(request)
    os._exit(0)


if __name__ == "__main__":
    main()
