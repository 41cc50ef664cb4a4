"""The devices of this machine that share the batches of a training: data_parallel of a recipe.

On a machine without a GPU its CPU stands in for them, to try it out and to test it: JAX and
TensorFlow divide the CPU into several devices, PyTorch runs several processes on it, and each core
can be one.
"""

import contextlib
import importlib
import os
from typing import Any

from netzoo import backend
from netzoo.errors import BadInput

JAX_FLAG = "xla_force_host_platform_device_count"  # in XLA_FLAGS; JAX refuses to be told twice


def provide(count: int) -> None:
    """Let the CPU be so many devices for the imported backend, which has computed nothing yet.

    PyTorch has a process for each.
    """
    name = backend.name()
    if count < 2 or name == "torch":  # 0: all GPUs
        return
    module: Any = importlib.import_module(name)
    if name == "tensorflow":
        (cpu,) = module.config.list_physical_devices("CPU")
        logical = [module.config.LogicalDeviceConfiguration() for _ in range(count)]
        module.config.set_logical_device_configuration(cpu, logical)
    elif JAX_FLAG not in os.environ.get("XLA_FLAGS", ""):
        module.config.update("jax_num_cpu_devices", count)


def checked(count: int, kind: str) -> int:
    """Return the number of devices that share each batch: count, or all GPUs for 0.

    kind: "cpu" or "gpu". Raises BadInput for more than there are.
    """
    if count == 1:
        return 1
    if kind == "cpu":
        cores = backend.cores()
        if count > cores:
            raise BadInput(
                f"data_parallel {count} needs as many GPUs, or, to try it out, CPU cores; here "
                f"{'are' if cores > 1 else 'is'} {cores} and no GPU."
            )
        return count or 1
    gpus = _gpus()
    if count > gpus:
        raise BadInput(
            f"data_parallel {count} needs as many GPUs; {backend.name()} sees {gpus} here."
        )
    return count or gpus


def scope(count: int) -> Any:
    """Return the context in which a model of so many devices is built and compiled."""
    if count == 1 or backend.name() != "tensorflow":
        return contextlib.nullcontext()
    module: Any = importlib.import_module("netzoo.training.parallel_tensorflow")
    return module.strategy(count).scope()


def _gpus() -> int:
    name = backend.name()
    module: Any = importlib.import_module(name)
    if name == "torch":
        return int(module.cuda.device_count()) or 1  # of another kind than CUDA
    return len(module.devices() if name == "jax" else module.config.get_visible_devices("GPU"))
