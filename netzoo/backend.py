"""The choice of backend, the order of imports, and the device; the only reader of KERAS_BACKEND.

Order matters. torch is imported before TensorFlow, or the process can crash. TensorFlow feeds
`tf.data` to every backend, and is kept off the GPU where another backend trains.
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, MissingPackage, no_such
from netzoo.noise import without_noise

INSTALL = {
    "tensorflow": "pip install tensorflow",
    "torch": 'pip install "netzoo[torch]"',
    "jax": 'pip install "netzoo[jax]"',
}
# Variables that set the number of threads; the first that holds a number counts. torch is asked
# directly.
_THREADS = {"tensorflow": ("TF_NUM_INTRAOP_THREADS",), "jax": ("PJRT_NPROC", "NPROC")}
REPORTED_PACKAGES = ("netzoo", "keras", "tensorflow", "torch", "jax", "numpy")

# Variables that choose a backend's device, in order of precedence. JAX ignores an empty one.
DEVICE_VARIABLES = {
    "tensorflow": (),
    "torch": ("KERAS_TORCH_DEVICE",),
    "jax": ("JAX_PLATFORM_NAME", "JAX_PLATFORMS"),
}


def name() -> str:
    """Return the backend that keras uses or will use: "tensorflow", "torch" or "jax".

    The order of precedence is that of keras: KERAS_BACKEND, keras.json, "tensorflow". Raises
    UnknownName for another backend, MissingPackage if it is not installed.
    """
    if "keras" in sys.modules:
        chosen = str(sys.modules["keras"].config.backend())
    else:
        chosen = os.environ.get("KERAS_BACKEND") or _configured() or "tensorflow"
    if chosen not in INSTALL:
        raise no_such("backend", chosen, INSTALL)
    if importlib.util.find_spec(chosen) is None:
        raise MissingPackage(
            f"the backend {chosen} (KERAS_BACKEND names another) needs the package {chosen}, which "
            f"is not installed: {INSTALL[chosen]}"
        )
    return chosen


def start(
    device: str = "auto", *, data: bool = False, shapes_only: bool = False, to_fork: bool = False
) -> str:
    """Import the backend and keras in the safe order and return the backend's name.

    device: "cpu" hides every GPU; it takes effect only in a process that has not started a backend.
    data: import TensorFlow too, after torch and off the GPU, since it feeds the images.
    shapes_only: prefer jax if it is installed, since it imports in a third of the others' time and
    memory, and shapes are the same on all backends.
    to_fork: touch no device yet, as the forks will; they call this again, without it.
    Raises as `name` does.
    """
    chosen = name()
    if shapes_only and "keras" not in sys.modules and importlib.util.find_spec("jax"):
        chosen = "jax"
    os.environ["KERAS_BACKEND"] = chosen
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ["JAX_PLATFORMS"] = os.environ["KERAS_TORCH_DEVICE"] = "cpu"
        os.environ.pop("JAX_PLATFORM_NAME", None)
    with without_noise():
        if data and chosen != "tensorflow":
            keep_tensorflow_off_gpu(to_fork)
        importlib.import_module("keras")
    return chosen


def keep_tensorflow_off_gpu(to_fork: bool = False) -> Any:
    """Return the tensorflow module, for data only, with every GPU hidden from it.

    If torch trains, it is imported first, and so is triton, a part of torch for CUDA that torch
    imports later: its LLVM would bind to TensorFlow's, and the process would crash.
    Source: tensorflow/tensorflow issue 124205.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_noise():
        if name() == "torch":
            importlib.import_module("torch")
            with contextlib.suppress(ImportError):
                importlib.import_module("triton")
        tf = importlib.import_module("tensorflow")
        with contextlib.suppress(RuntimeError):  # it has run before, and keeps its devices
            if not to_fork:  # to hide a GPU starts it
                tf.config.set_visible_devices([], "GPU")
    return tf


def device() -> dict[str, Any]:
    """Return the device of the started backend: kind, name, native_bfloat16.

    Raises BadInput if an environment variable asks for a device that the backend cannot use.
    """
    chosen = name()
    with without_noise():
        gpu = {"tensorflow": _tensorflow_gpu, "torch": _torch_gpu, "jax": _jax_gpu}[chosen]()
    if gpu is not None:
        return {"kind": "gpu", "name": gpu[0], "native_bfloat16": gpu[1]}
    model, flags = _processor()
    # Measured on such a processor: TensorFlow and torch train faster in bfloat16, JAX slower.
    native = chosen != "jax" and bool({"avx512_bf16", "amx_bf16"} & flags)
    return {"kind": "cpu", "name": f"CPU ({cores()} cores, {model})", "native_bfloat16": native}


def gpus() -> int:
    """Return how many GPUs the started backend sees, where its device is one."""
    chosen = name()
    if chosen == "tensorflow":
        import tensorflow as tf

        return len(tf.config.get_visible_devices("GPU"))
    if chosen == "torch":
        import torch

        return max(1, int(torch.cuda.device_count()))
    import jax

    return int(jax.local_device_count())


def usual_threads() -> int:
    """Return the default number of threads of the imported backend.

    It is the number that a variable sets, else the number of cores that this process may use.
    """
    chosen = name()
    if chosen == "torch":  # reads OMP_NUM_THREADS and MKL_NUM_THREADS, and may leave out siblings
        import torch

        return int(torch.get_num_threads())
    for variable in _THREADS[chosen]:
        value = os.environ.get(variable, "").strip()
        if value.isdecimal() and int(value):
            return int(value)
    return cores()


def set_threads(count: int) -> None:
    """Set the number of threads of the imported backend, before its first computation.

    The number of threads, not that of the cores, decides the order of summation, and so the last
    digits of a training. Each backend needs its own way: JAX reads no other variable, TensorFlow
    needs both, and torch caps OMP_NUM_THREADS at the number of cores.
    """
    chosen = name()
    if chosen == "torch":
        import torch

        torch.set_num_threads(count)
    elif chosen == "jax":
        os.environ["PJRT_NPROC"] = str(count)
    else:
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(count)
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(count))  # changes no digit


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect a result, by name.

    >>> import netzoo
    >>> "keras" in netzoo.versions()
    True
    """
    numbers = {"python": platform.python_version()}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            numbers[package] = importlib.metadata.version(package)
    return numbers


def require_gpu(current: dict[str, Any]) -> None:
    """Raise BadInput unless the current device, as `device` returns it, is a GPU."""
    if current["kind"] != "gpu":
        chosen = name()
        keys = ("CUDA_VISIBLE_DEVICES", *DEVICE_VARIABLES[chosen])
        settings = ", ".join(f"{key} is {os.environ[key]!r}" for key in keys if key in os.environ)
        raise BadInput(
            f"`device` gpu: {chosen} sees no GPU here; it would run on {current['name']}"
            + (f"; {settings}." if settings else ".")
        )


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _configured() -> str | None:
    """Return the backend that keras.json names, None without one."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        return str(json.loads((Path(home) / "keras.json").read_text())["backend"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _tensorflow_gpu() -> tuple[str, bool] | None:
    import tensorflow as tf

    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return None
    details = tf.config.experimental.get_device_details(gpus[0])
    return details.get("device_name", "GPU"), details.get("compute_capability", (0, 0))[0] >= 8


def _torch_gpu() -> tuple[str, bool] | None:
    import torch

    asked = os.environ.get("KERAS_TORCH_DEVICE")
    if asked is not None:
        try:
            torch.zeros(1, device=asked).cpu()
        except Exception as error:  # AssertionError, RuntimeError, NotImplementedError, …
            raise _unusable("KERAS_TORCH_DEVICE") from error
    mps, cuda = torch.backends.mps.is_available(), torch.cuda.is_available()
    used = asked or ("mps" if mps else "cuda" if cuda else "cpu")  # the order of keras
    kind = used.partition(":")[0]
    if kind == "cuda":
        return torch.cuda.get_device_name(used), torch.cuda.get_device_capability(used)[0] >= 8
    return None if kind == "cpu" else (f"GPU ({kind})", False)


def _jax_gpu() -> tuple[str, bool] | None:
    import jax

    first = {key: os.environ.get(key, "").partition(",")[0] for key in DEVICE_VARIABLES["jax"]}
    asking = [key for key, platform in first.items() if platform]
    others = [key for key in asking if first[key] != "cpu"]
    try:
        device = jax.devices()[0]
    except Exception as error:  # AssertionError or RuntimeError
        if not asking:
            raise
        raise _unusable((others or asking)[0]) from error
    # JAX skips missing platforms of a list without a word.
    if device.platform == "cpu" and asking[:1] == others[:1] != []:
        raise _unusable(asking[0])
    if device.platform == "cpu":
        return None
    return device.device_kind, float(getattr(device, "compute_capability", 0) or 0) >= 8


def _unusable(variable: str) -> BadInput:
    """Return the error for a variable that asks for a device that the backend cannot use."""
    return BadInput(
        f"{variable} is {os.environ[variable]!r}, a device that {name()} cannot use here; set it "
        "to cpu, or unset it."
    )


def _processor() -> tuple[str, set[str]]:
    """Return the processor's name and feature flags, as far as they are known."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text()
        facts = dict(re.findall(r"^(model name|flags)\s*:\s*(.*)$", text, re.MULTILINE))
        return facts.get("model name", platform.machine()), set(facts.get("flags", "").split())
    return platform.processor() or platform.machine(), set()
