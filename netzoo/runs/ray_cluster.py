"""Trials on the nodes of a Ray cluster: its start, its room, and what each trial asks of it."""

import contextlib
import logging
import os
import re
import secrets
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from netzoo import units
from netzoo.data import variable
from netzoo.errors import BadInput, require
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial
from netzoo.runs.callback import Callback
from netzoo.runs.conversation import Conversation
from netzoo.runs.fence import TOKEN_BYTES, Fence
from netzoo.runs.identity import identity
from netzoo.runs.places import ANYWHERE, AUTO, Place, bytes_needed
from netzoo.runs.ray_process import RayProcess
from netzoo.runs.store import Store

ANY_CLUSTER = "auto"
_HOST_PORT = r"(?!ray:)[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}"
ANSWER_SECONDS = 5.0
NODE_ID = "ray.io/node-id"  # a label of Ray's own
# How often Ray asks for a cluster: half a minute each, if nothing answers, and 20 times by default.
TRIES, MOST_TRIES = "RAY_gcs_server_port_wait_time_s", "2"
# Variables of the command that its trials have, too, on whatever machine: they may change numbers.
SETTINGS = ("JAX_", "KERAS_", "MKL_", "NETZOO_", "NPROC", "OMP_", "PJRT_", "TF_", "TORCH_", "XLA_")
NOT_ELSEWHERE = ("NETZOO_DECODED",)  # one process at a time writes there
INSTALL = 'pip install "netzoo[ray]"'


def check_address(address: str | None) -> None:
    """Check a cluster's address: None, "auto", or HOST:PORT that answers.

    Raises BadInput; MissingPackage without Ray.
    """
    if address is not None and address != ANY_CLUSTER and not re.fullmatch(_HOST_PORT, address):
        raise BadInput(
            "`address` is that of a Ray cluster, HOST:PORT as `ray start --head` prints it, or "
            f"auto; received {address!r}."
        )
    if address is not None and address != ANY_CLUSTER:
        host, _, port = address.rpartition(":")
        try:  # Ray itself would try for a quarter of an hour
            socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise BadInput(f"no Ray cluster answers at {address!r}: {_reason(error)}.") from error
    require("ray", "`executor` ray", INSTALL)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


class RayCluster:
    """Runs each trial in an actor of Ray, of a cluster or of an own one on this machine.

    It ends with its context. address: "HOST:PORT", or "auto" for the cluster that runs on this
    machine; None: Ray is started here, and ended. jobs, per_device: as netzoo.compare takes them.
    """

    def __init__(
        self,
        address: str | None,
        store: Store,
        jobs: int | str,
        per_device: int | None,
        callback: Callback,
    ) -> None:
        self._address, self._store, self._callback = address, store, callback
        self._jobs, self._per_device = jobs, per_device
        self._ray = require("ray", "`executor` ray", INSTALL)
        self._ended = contextlib.ExitStack()
        self._unfit: dict[str, str] = {}  # why, by the id of the node

    def __enter__(self) -> "RayCluster":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._ended.close()
        with contextlib.suppress(OSError):  # some trial is to run again
            (self._store.folder / "attempts").rmdir()

    def places(self, plan: Plan, count: int) -> Sequence[Place]:
        """Return a place for each of the trials that run at once; count: all to be trained.

        Raises BadInput if the cluster cannot be reached, or has no room for a trial.
        """
        self._plan = plan
        self._gpu = plan.device.kind == "gpu"
        if self._per_device is not None and not self._gpu:
            raise BadInput(
                "`per_device` with the executor ray is the number of trials on a GPU, and these "
                "run on CPUs; give `jobs`."
            )
        self._connect()
        self._cpus = self._cpus_of_each()
        nodes = self._nodes()
        reason = refusal(nodes, self._most())
        if reason is not None:
            raise BadInput(reason)
        room = _room(nodes, self._most())
        jobs = min(room, count, room if self._jobs == AUTO else int(self._jobs))
        self._callback.on_message(self._line(nodes))
        return [ANYWHERE] * jobs

    def process(self, trial: Trial) -> Conversation:
        """Return a new process, to be sent Start and then Train."""
        store, name = self._store, identity(trial)
        asked = self._asked(trial.model)
        options = {
            "num_cpus": asked["CPU"],
            "num_gpus": asked["GPU"],
            "memory": asked["memory"],
            "scheduling_strategy": "SPREAD",
        }
        about = {
            "log": str(store.log(name).absolute()),
            "backend": trial.backend,
            "compiled": str(store.compiled.absolute()),
            "folder": os.getcwd(),
            "paths": _paths(),
            "settings": {
                name: value
                for name, value in os.environ.items()
                if name.startswith(SETTINGS) and name not in NOT_ELSEWHERE
            },
            "gpu": self._gpu,
        }
        fence = Fence(str(store.fence(trial).absolute()), secrets.token_hex(TOKEN_BYTES // 2))
        named = ("python", "netzoo", "keras", "tensorflow", trial.backend)
        versions = {each: v for each, v in self._plan.versions.items() if each in named}
        why_not = partial(self._why_not, asked)
        if self._unfit:
            options["label_selector"] = {NODE_ID: f"!in({','.join(self._unfit)})"}
        rules = why_not, self._unfit.__setitem__
        return RayProcess(self._ray, options, about, fence, versions, *rules)

    def _connect(self) -> None:
        ray = self._ray
        if ray.is_initialized():  # by the user's program, which also ends it
            return
        # Ray tells of crashes on standard output, where a result may be expected.
        self._ended.enter_context(contextlib.redirect_stdout(sys.stderr))
        about: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is None:
            self._callback.on_message("Starting Ray on this machine …")
            about |= {"address": "local", "include_dashboard": False}
            tries: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        else:
            self._callback.on_message(f"Joining the Ray cluster at {self._address} …")
            about["address"] = self._address
            tries = variable.set_within(TRIES, os.environ.get(TRIES, MOST_TRIES))
        with warnings.catch_warnings(), tries:
            warnings.simplefilter("ignore")
            try:
                ray.init(**about)
            except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
                raise BadInput(self._no_connection(error)) from error
        self._ended.callback(ray.shutdown)

    def _no_connection(self, error: Exception) -> str:
        if self._address is None:
            return f"Ray does not start: {_first_line(error)}"
        if isinstance(error, ConnectionError):
            return (
                f"no Ray cluster can be joined at {self._address!r}. If it asks for a token, set "
                "RAY_AUTH_MODE=token here."
            )
        return f"the Ray cluster at {self._address!r} cannot be joined: {_first_line(error)}"

    def _nodes(self) -> list[Mapping[str, float]]:
        fit = (each for each in self._ray.nodes() if each["NodeID"] not in self._unfit)
        return [node["Resources"] for node in fit if node["Alive"]]

    def _why_not(self, asked: Mapping[str, float]) -> str | None:
        reason = refusal(self._nodes(), asked)
        if reason is not None and self._unfit:
            return f"no node is left for it: {list(self._unfit.values())[-1]}."
        return reason

    def _cpus_of_each(self) -> int:
        """Return how many CPUs each trial asks for: as many as it has threads, if so many fit."""
        if self._gpu:
            return 1
        nodes = self._nodes()
        largest = max((int(node.get("CPU", 0)) for node in nodes), default=0)
        cpus = max(1, min(self._plan.device.threads or 1, largest))
        while cpus > 1 and self._jobs != AUTO and _room(nodes, {"CPU": cpus}) < int(self._jobs):
            cpus -= 1
        return cpus

    def _asked(self, model: str) -> dict[str, float]:
        """Return what a trial of a model asks for, by Ray's names."""
        gpus = 1 / (self._per_device or 1) if self._gpu else 0
        return {"CPU": self._cpus, "GPU": gpus, "memory": bytes_needed(self._plan, model)}

    def _most(self) -> dict[str, float]:
        """Return what the trial asks for that needs the most memory."""
        each = [self._asked(model) for model in self._plan.profiles]
        return max(each, key=lambda asked: asked["memory"])

    def _line(self, nodes: Sequence[Mapping[str, float]]) -> str:
        has = {name: int(sum(node.get(name, 0) for node in nodes)) for name in ("CPU", "GPU")}
        gpus = f", {has['GPU']} GPU{'s' if has['GPU'] > 1 else ''}" if has["GPU"] else ""
        takes = f"{self._cpus} CPU{'s' if self._cpus > 1 else ''}"
        if self._gpu:
            takes = f"1/{self._per_device} GPU" if (self._per_device or 1) > 1 else "1 GPU"
        return (
            f"Ray: {len(nodes)} node{'s' if len(nodes) > 1 else ''}, {has['CPU']} CPUs{gpus}; "
            f"each trial takes {takes}."
        )


def refusal(nodes: Sequence[Mapping[str, float]], asked: Mapping[str, float]) -> str | None:
    """Return why no node can ever take a trial, with both numbers; None if one can."""
    if _room(nodes, asked):
        return None
    for name, amount in asked.items():
        most = max((node.get(name, 0.0) for node in nodes), default=0.0)
        if amount > most:
            return (
                f"a trial needs {_amount(name, amount)}, and the most that a node of the Ray "
                f"cluster has is {_amount(name, most)}."
            )
    needs = ", ".join(_amount(name, amount) for name, amount in asked.items() if amount)
    return f"no node of the Ray cluster has all that a trial needs: {needs}."


def _amount(name: str, amount: float) -> str:
    if name == "memory":
        return f"{units.quantity(amount, 'B')} of memory"
    return f"{units.quantity(amount)} {name}{'s' if amount != 1 else ''}"


def _room(nodes: Sequence[Mapping[str, float]], asked: Mapping[str, float]) -> int:
    """Return how many trials fit into the nodes at once."""
    wanted = {name: amount for name, amount in asked.items() if amount > 0}
    return sum(
        min(int(node.get(name, 0.0) / amount + 1e-9) for name, amount in wanted.items())
        for node in nodes
    )


def _paths() -> list[str]:
    """Return the import path of this process but for what each Python has by itself."""
    paths = [Path(folder).absolute() for folder in sys.path]
    return [
        str(path)
        for path in paths
        if not any(path.is_relative_to(each) for each in (sys.prefix, sys.base_prefix))
        and path.name not in ("site-packages", "dist-packages")
    ]


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
