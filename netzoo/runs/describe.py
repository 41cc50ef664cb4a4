"""What a process tells of a builder in the user's code, which this process does not import."""

import tempfile
from pathlib import Path

from netzoo import backend
from netzoo.models.spec import ModelSpec
from netzoo.runs.callback import Callback
from netzoo.runs.messages import Describe, Described, Said, Start, Started
from netzoo.runs.process import Process


def describe(spec: ModelSpec, callback: Callback) -> Described:
    """Return the arguments of the builder that a spec names, by importing it in a process.

    Raises UnknownName or BadInput, TrialFailed if the process dies.
    """

    def tell(event: object) -> None:
        if isinstance(event, Said):
            callback.on_message(event.line)

    callback.on_wait(f"importing {spec}")
    with (
        tempfile.TemporaryDirectory() as folder,
        Process(Path(folder) / "describe.log", backend.name()) as process,
    ):
        process.ask(Start("cpu", None), Started)
        return process.ask(Describe(spec.text), Described, tell)
