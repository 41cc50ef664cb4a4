"""Run trials in this process, asked for by lines of JSON and answered by lines of JSON.

python -m netzoo.runs.trial reads requests from standard input and writes events to standard output:

{"do": "start", "device": "auto"}  ->  {"event": "started", "device", "versions"}
{"do": "probe", "trial": {…}}      ->  {"event": "probed", "cost", "native", "pace"}
{"do": "train", "trial": {…}}      ->  {"event": "step" | "epoch", …} …, {"event": "finished", …}

and for each of them, if it fails, {"event": "failed", "kind", "message"}. Whatever a library prints
goes to standard error. When standard input ends, its parent is done or dead: the process ends.
"""

import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from dataclasses import replace
from typing import Any

from netzoo import backend
from netzoo.costs import Cost, NativeCost
from netzoo.errors import DataError, NetzooError
from netzoo.records import Device, Trial, from_plain, to_line
from netzoo.registry import create_model, model_info

PROBE_SECONDS = 1.0


class Worker:
    """Answers requests; the backend starts with the first."""

    def __init__(self, emit: Any) -> None:
        self._emit = emit
        self._images: dict[str, Any] = {}

    def start(self, device: str) -> dict[str, Any]:
        """Start the backend on a device: "auto", "gpu" or "cpu"."""
        backend.start(device, data=True)
        found = backend.device()
        if device == "gpu":
            backend.require_gpu(found)
        return {"event": "started", "device": Device(**found), "versions": backend.versions()}

    def probe(self, trial: Trial) -> dict[str, Any]:
        """Build a trial's model, count it, and time a few of its steps."""
        from netzoo.training import fit

        images = self._open(trial)
        model, cost = self._build(trial)
        fit.prepare(model, images, trial.recipe)
        pace = fit.pace(model, images, trial.recipe, trial.seed, PROBE_SECONDS)
        return {"event": "probed", "cost": cost, "native": self._native(trial), "pace": pace}

    def train(self, trial: Trial) -> dict[str, Any]:
        """Train a trial to its end."""
        from netzoo.training import fit

        images = self._open(trial)
        model, _ = self._build(trial)
        fit.prepare(model, images, trial.recipe)
        fitted = fit.fit(model, images, trial.recipe, trial.seed, self._emit)
        return {"event": "finished", **vars(fitted)}

    def _native(self, trial: Trial) -> NativeCost:
        """Return the cost of the trial's model at its native size, for the trial's images."""
        from netzoo.cost.count import count_named

        height, width, _ = model_info(trial.model).input_shape
        channels = trial.dataset.image_shape[2]
        cost = count_named(trial.model, (height, width, channels), len(trial.dataset.class_names))
        return NativeCost(cost.input_shape, cost.params, cost.macs, cost.flops)

    def _open(self, trial: Trial) -> Any:
        from netzoo.data import open_images

        wanted = trial.dataset
        if wanted.sha256 not in self._images:
            images = open_images(wanted.name, wanted.data_dir).limited(wanted.train, wanted.test)
            if images.sha256() != wanted.sha256:
                raise DataError(f"{wanted.name} has changed since this comparison began.")
            self._images[wanted.sha256] = images
        return self._images[wanted.sha256]

    def _build(self, trial: Trial) -> tuple[Any, Cost]:
        """Return the trial's model with its seed's weights, and its cost."""
        import keras

        from netzoo.cost import count_cost

        importlib.import_module(trial.module)
        keras.utils.set_random_seed(trial.seed)
        keras.config.set_dtype_policy(trial.recipe.precision)
        model = create_model(
            trial.model,
            input_shape=trial.input_shape,
            num_classes=len(trial.dataset.class_names),
        )
        return model, replace(count_cost(model), model=trial.model)


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which decides
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: dict[str, Any]) -> None:
        channel.write(to_line(event) + "\n")
        channel.flush()

    worker = Worker(emit)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        try:
            if request["do"] == "start":
                emit(worker.start(request["device"]))
            else:
                trial = from_plain(Trial, request["trial"])
                emit({"probe": worker.probe, "train": worker.train}[request["do"]](trial))
        except NetzooError as error:
            emit({"event": "failed", "kind": type(error).__name__, "message": str(error)})
        except Exception as error:
            traceback.print_exc()
            line = str(error).strip().partition("\n")[0]
            emit({"event": "failed", "kind": "crash", "message": f"{type(error).__name__}: {line}"})


def _listen(requests: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
