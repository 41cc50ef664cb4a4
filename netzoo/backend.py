"""The only reader of KERAS_BACKEND: which backend runs, in what import order, and on what device.

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
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netzoo.errors import BadInput, MissingPackage, no_such

INSTALL = {
    "tensorflow": "pip install tensorflow",
    "torch": 'pip install "netzoo[torch]"',
    "jax": 'pip install "netzoo[jax]"',
}
# Where one sets how many threads compute, the first that holds a number; torch has its own answer.
_THREADS = {"tensorflow": ("TF_NUM_INTRAOP_THREADS",), "jax": ("PJRT_NPROC", "NPROC")}
REPORTED_PACKAGES = ("netzoo", "keras", "tensorflow", "torch", "jax", "numpy")

# Lines that TensorFlow's C++ code writes before its own log level applies. Nothing else is hidden.
_KNOWN_NOISE = re.compile(
    rb"All log messages before absl::InitializeLog"
    rb"|Unable to register cu\w+ (factory|plugin)"
    rb"|computation placer already registered"
    rb"|Could not find cuda drivers"
    rb"|failed call to cuInit"
    rb"|oneDNN custom operations are on"
    rb"|This TensorFlow binary is optimized"
    rb"|To enable the following instructions"
    rb"|cuda_(dnn|blas|fft|executor|platform|diagnostics)\.cc"
    rb"|port\.cc"
)

# What asks a backend for a device, the stronger first. A value that is empty asks JAX for nothing.
ASKING = {
    "tensorflow": (),
    "torch": ("KERAS_TORCH_DEVICE",),
    "jax": ("JAX_PLATFORM_NAME", "JAX_PLATFORMS"),
}


def name() -> str:
    """Return the backend that keras uses or will use: "tensorflow", "torch" or "jax".

    As keras does: KERAS_BACKEND, else keras.json, else "tensorflow". Raises UnknownName for
    another one, MissingPackage if it is not installed.
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


def start(device: str = "auto", *, data: bool = False, shapes_only: bool = False) -> str:
    """Import the backend and keras in the safe order and return the backend's name.

    device: "cpu" hides every GPU; it takes effect only in a process that has not started a backend.
    data: TensorFlow is to feed images to the backend, so import it too, after torch, off the GPU.
    shapes_only: nothing is to run, so any backend tells the same: take jax where it is installed,
    which imports in a third of the others' time and memory.
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
    with _without_noise():
        if data and chosen != "tensorflow":
            keep_tensorflow_off_gpu()
        importlib.import_module("keras")
    return chosen


def keep_tensorflow_off_gpu() -> Any:
    """Return the tensorflow module, for data only: it will not see a GPU.

    Where torch trains, it is imported first, and so is triton, which comes with torch for CUDA and
    which torch imports later: its LLVM would bind to TensorFlow's, and the process crash.
    Source: tensorflow/tensorflow issue 124205.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _without_noise():
        if name() == "torch":
            importlib.import_module("torch")
            with contextlib.suppress(ImportError):
                importlib.import_module("triton")
        tf = importlib.import_module("tensorflow")
        with contextlib.suppress(RuntimeError):  # raised once it has run: then it stays as it was
            tf.config.set_visible_devices([], "GPU")
    return tf


def device() -> dict[str, Any]:
    """Return what the started backend computes on: kind, name, native_bfloat16.

    Raises BadInput if a variable of the environment asks for what it cannot compute on.
    """
    chosen = name()
    with _without_noise():
        gpu = {"tensorflow": _tensorflow_gpu, "torch": _torch_gpu, "jax": _jax_gpu}[chosen]()
    if gpu is not None:
        return {"kind": "gpu", "name": gpu[0], "native_bfloat16": gpu[1]}
    model, flags = _processor()
    # Seen on such a processor: TensorFlow and torch train faster in bfloat16, JAX slower.
    native = chosen != "jax" and bool({"avx512_bf16", "amx_bf16"} & flags)
    return {"kind": "cpu", "name": f"CPU ({_cores()} cores, {model})", "native_bfloat16": native}


def usual_threads() -> int:
    """Return how many threads the imported backend takes by itself.

    That is what is set for it, else what this process may use.
    """
    chosen = name()
    if chosen == "torch":  # reads OMP_NUM_THREADS and MKL_NUM_THREADS, and may leave out siblings
        import torch

        return int(torch.get_num_threads())
    for variable in _THREADS[chosen]:
        found = os.environ.get(variable, "").strip()
        if found.isdecimal() and int(found):
            return int(found)
    return _cores()


def set_threads(count: int) -> None:
    """Let the imported backend, which has computed nothing yet, compute with so many threads.

    Their number, not that of the cores, decides in which order sums are taken, and so the last
    digits of a training. Nothing else holds each backend to it: JAX heeds no other variable,
    TensorFlow needs both, and torch takes no more than the cores from OMP_NUM_THREADS.
    """
    chosen = name()
    if chosen == "torch":
        import torch

        torch.set_num_threads(count)
    elif chosen == "jax":
        os.environ["PJRT_NPROC"] = str(count)
    else:
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(count)
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(count))  # this one changes no digit


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a number depends on.

    >>> import netzoo
    >>> "keras" in netzoo.versions()
    True
    """
    found = {"python": platform.python_version()}
    for package in REPORTED_PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def require_gpu(found: dict[str, Any]) -> None:
    """Raise BadInput unless the device found is a GPU."""
    if found["kind"] != "gpu":
        chosen = name()
        asking = ("CUDA_VISIBLE_DEVICES", *ASKING[chosen])
        told = ", ".join(f"{key} is {os.environ[key]!r}" for key in asking if key in os.environ)
        raise BadInput(
            f"`device` gpu: {chosen} sees no GPU here; it would run on {found['name']}"
            + (f"; {told}." if told else ".")
        )


def _cores() -> int:
    """Return how many processor cores this process may use."""
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

    found = tf.config.get_visible_devices("GPU")
    if not found:
        return None
    details = tf.config.experimental.get_device_details(found[0])
    return details.get("device_name", "GPU"), details.get("compute_capability", (0, 0))[0] >= 8


def _torch_gpu() -> tuple[str, bool] | None:
    import torch

    asked = os.environ.get("KERAS_TORCH_DEVICE")
    if asked is not None:
        try:
            torch.zeros(1, device=asked).cpu()
        except Exception as error:  # AssertionError, RuntimeError, NotImplementedError, …
            raise _not_there("KERAS_TORCH_DEVICE") from error
    mps, cuda = torch.backends.mps.is_available(), torch.cuda.is_available()
    used = asked or ("mps" if mps else "cuda" if cuda else "cpu")  # keras looks in this order
    kind = used.partition(":")[0]
    if kind == "cuda":
        return torch.cuda.get_device_name(used), torch.cuda.get_device_capability(used)[0] >= 8
    return None if kind == "cpu" else (f"GPU ({kind})", False)


def _jax_gpu() -> tuple[str, bool] | None:
    import jax

    first = {key: os.environ.get(key, "").partition(",")[0] for key in ASKING["jax"]}
    asking = [key for key, platform in first.items() if platform]
    others = [key for key in asking if first[key] != "cpu"]
    try:
        found = jax.devices()[0]
    except Exception as error:  # AssertionError or RuntimeError
        if not asking:
            raise
        raise _not_there((others or asking)[0]) from error
    # Of several that are asked for, JAX passes over in silence those that are not there.
    if found.platform == "cpu" and asking[:1] == others[:1] != []:
        raise _not_there(asking[0])
    if found.platform == "cpu":
        return None
    return found.device_kind, float(getattr(found, "compute_capability", 0) or 0) >= 8


def _not_there(variable: str) -> BadInput:
    """Return the error for a variable that asks for a device that the backend has not."""
    return BadInput(
        f"{variable} is {os.environ[variable]!r}, and {name()} cannot compute on that here; set it "
        "to cpu, or unset it."
    )


def _processor() -> tuple[str, set[str]]:
    """Return the processor's name and feature flags, as far as the system tells."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text()
        found = dict(re.findall(r"^(model name|flags)\s*:\s*(.*)$", text, re.MULTILINE))
        return found.get("model name", platform.machine()), set(found.get("flags", "").split())
    return platform.processor() or platform.machine(), set()


@contextlib.contextmanager
def _without_noise() -> Iterator[None]:
    """Hold back what is written to standard error, then let through all but the known lines."""
    try:
        kept = os.dup(2)
    except OSError:  # no standard error
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not _KNOWN_NOISE.search(line):
                    os.write(2, line)
