"""Where the processes of trials run: here, as netzoo's own, or on the nodes of a Ray cluster."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from netzoo.errors import BadInput, no_such
from netzoo.records.plan import Plan
from netzoo.records.trial import Trial
from netzoo.runs.callback import Callback
from netzoo.runs.conversation import Conversation
from netzoo.runs.forkserver import Forkserver
from netzoo.runs.identity import identity
from netzoo.runs.messages import Start, Started
from netzoo.runs.places import AUTO, Place, choose_places
from netzoo.runs.process import Process
from netzoo.runs.ray_cluster import RayCluster, check_address
from netzoo.runs.store import Store

LOCAL, RAY = "local", "ray"


class Executor(Protocol):
    """Gives each trial its process."""

    def places(self, plan: Plan, count: int) -> Sequence[Place]:
        """Return a place for each of the trials that run at once; count: all to be trained."""

    def process(self, trial: Trial) -> Conversation:
        """Return a new process, to be sent Start and then Train."""


class Local:
    """Runs trials as processes of this machine, forked where they can be.

    jobs, per_device: as netzoo.compare takes them.
    """

    def __init__(
        self, store: Store, server: Forkserver, jobs: int | str = 1, per_device: int | None = None
    ) -> None:
        self._store, self._server = store, server
        self._jobs, self._per_device = jobs, per_device

    def places(self, plan: Plan, count: int) -> Sequence[Place]:
        """Return a place for each of the trials that run at once; count: all to be trained."""
        gpus = 0
        if plan.device.kind == "gpu" and self._jobs != 1 and count > 1:
            with self.process(plan.trials[0]) as process:
                gpus = process.ask(Start(plan.trials[0].device, None), Started).gpus
        return choose_places(plan, self._jobs, self._per_device, gpus, count)

    def process(self, trial: Trial) -> Conversation:
        """Return a new process, to be sent Start and then Train."""
        store = self._store
        log = store.log(identity(trial))
        return Process(log, trial.backend, store.lock_fd, store.compiled, self._server)


def check_executor(name: str, address: str | None) -> None:
    """Raise BadInput for an unknown executor or a wrong address; MissingPackage without Ray."""
    if name not in (LOCAL, RAY):
        raise no_such("executor", name, (LOCAL, RAY))
    if name == RAY:
        check_address(address)
    elif address is not None:
        raise BadInput("`address` is that of a Ray cluster; it goes with the executor ray alone.")


def open_executor(
    name: str,
    address: str | None,
    store: Store,
    server: Forkserver,
    jobs: int | str | None,
    per_device: int | None,
    callback: Callback,
) -> AbstractContextManager[Executor]:
    """Return a context with the executor of a name, "local" or "ray", until its end.

    address, jobs, per_device: as netzoo.compare takes them.
    """
    if name == RAY:
        return RayCluster(address, store, jobs or AUTO, per_device, callback)
    return nullcontext(Local(store, server, jobs or 1, per_device))
