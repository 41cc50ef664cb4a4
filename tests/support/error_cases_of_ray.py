"""Errors of trials on a Ray cluster, as error_cases has them; none needs Ray."""

import fcntl
import os
import sys
import types
from pathlib import Path

from lesson_records import counts
from study_records import CPU

from netzoo.errors import BadInput, MissingPackage, TrialFailed, UnknownName
from netzoo.runs import attempt, ray_process
from netzoo.runs.callback import Callback
from netzoo.runs.conversation import Lost, Unfit
from netzoo.runs.executor import check_executor
from netzoo.runs.fence import Fence
from netzoo.runs.ray_cluster import RayCluster, refusal
from netzoo.runs.store import Store


class RayError(Exception):
    """An error of Ray's own, in place of the package."""


class Out(RayError):
    """That of a node without memory."""


EXCEPTIONS = types.SimpleNamespace(RayError=RayError, OutOfMemoryError=Out, RayTaskError=KeyError)


def joined(patch, error, address=None, nodes=(), per_device=None):
    """Ask for places where Ray cannot be joined, or has these nodes."""

    def init(**about):
        if error is not None:
            raise error

    ray = types.SimpleNamespace(
        is_initialized=lambda: False,
        init=init,
        shutdown=lambda: None,
        nodes=lambda: [{"Alive": True, "NodeID": "a", "Resources": node} for node in nodes],
        exceptions=EXCEPTIONS,
    )
    patch.setitem(sys.modules, "ray", ray)
    with RayCluster(address, Store(Path("none")), "auto", per_device, Callback()) as cluster:
        cluster.places(counts(), 3)


def another_folder(patch):
    patch.setattr(attempt, "SHARED_SECONDS", -1.0)
    patch.setattr(attempt, "node", lambda: "blue")
    list(attempt.held(Fence("none/x.lock", "a" * 32), "/runs/l/logs/x.log"))


def never_free(patch):
    patch.setattr(attempt, "FREE_SECONDS", -1.0)
    patch.setattr(attempt, "node", lambda: "blue")
    fence = Fence("x.lock", "a" * 32)
    fence.set_up()
    file = os.open(fence.path, os.O_RDWR)
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        list(attempt.held(fence, "/runs/l/logs/x.log"))
    finally:
        os.close(file)


def without_ray(patch):
    patch.setitem(sys.modules, "ray", None)
    check_executor("ray", None)


def ended(error):
    raise ray_process.end_of(EXCEPTIONS, error)


def without_room():
    raise TrialFailed(refusal([{"CPU": 4}, {"GPU": 1}], {"CPU": 1, "GPU": 1, "memory": 0}))


CASES = [
    ("executor", UnknownName, "compare lenet --executor rey",
     "no executor 'rey'; did you mean 'ray'? Known: local, ray."),
    ("address without Ray", BadInput, "ladder lenet alexnet --address auto",
     "`address` is that of a Ray cluster; it goes with the executor ray alone."),
    ("address", BadInput, "compare lenet --executor ray --address ray://head:1",
     "`address` is that of a Ray cluster, HOST:PORT as `ray start --head` prints it, or auto; "
     "received 'ray://head:1'."),
    ("address of nothing", BadInput, "compare lenet --executor ray --address 127.0.0.1:1",
     "no Ray cluster answers at '127.0.0.1:1': Connection refused."),
    ("no Ray", MissingPackage, without_ray,
     "`executor` ray needs the package ray, which is not installed: pip install \"netzoo[ray]\""),
    ("Ray with a token", BadInput, lambda patch: joined(patch, ConnectionError("x"), "h:1"),
     "no Ray cluster can be joined at 'h:1'. If it asks for a token, set RAY_AUTH_MODE=token "
     "here."),
    ("Ray of another version", BadInput, lambda patch: joined(patch, RuntimeError("v\nw"), "h:1"),
     "the Ray cluster at 'h:1' cannot be joined: v"),
    ("Ray without room", BadInput, lambda patch: joined(patch, OSError("no space\n")),
     "Ray does not start: no space"),
    ("trials on a CPU of Ray", BadInput, lambda patch: joined(patch, None, per_device=2),
     "`per_device` with the executor ray is the number of trials on a GPU, and these run on CPUs; "
     "give `jobs`."),
    ("node without memory", BadInput,
     lambda patch: joined(patch, None, nodes=[{"CPU": 4.0, "memory": 1e6}]),
     "a trial needs <any> of memory, and the most that a node of the Ray cluster has is 1.00 MB of "
     "memory."),
    ("no node of all", TrialFailed, without_room,
     "no node of the Ray cluster has all that a trial needs: 1 CPU, 1 GPU."),
    ("another folder", Unfit, another_folder,
     "/runs/l on blue is not the folder of the command: all machines must share it, by the same "
     "path"),
    ("held by the run before", TrialFailed, never_free,
     "an earlier run of it still holds x.lock, and does not end."),
    ("node of another version", Unfit,
     lambda: ray_process.check_versions({"keras": "3.15.1"}, {"keras": "3.14.0"}, CPU),
     "its node (<any>) has keras 3.14.0, the comparison has 3.15.1, and all machines need "
     "the same"),
    ("node out of memory", TrialFailed, lambda: ended(Out()),
     "the memory of its node ran out, so Ray ended its process."),
    ("node without netzoo", TrialFailed, lambda: ended(KeyError("No module named netzoo")),
     "its node could not start it: <any>No module named netzoo<any>"),
    ("node that is gone", Lost, lambda: ended(RayError("x")),
     "its process or its node is gone"),
]  # fmt: skip
