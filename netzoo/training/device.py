"""The device of this process: to wait for it, and the memory that was taken."""

import re
from pathlib import Path
from typing import Any

import keras


def wait() -> None:
    """Wait for a device that torch's calls run ahead of; the other backends' results wait."""
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_initialized():
            torch.cuda.synchronize()


def device_peak() -> int | None:
    """Return the peak of the bytes allocated on the device, None if the backend does not tell.

    No backend tells it of a CPU, whose memory is the process's.
    """
    peak = {"torch": _torch_peak, "tensorflow": _tensorflow_peak, "jax": _jax_peak}
    try:
        return peak[keras.backend.backend()]()
    except Exception:  # another version or device, of which nothing is known
        return None


def process_peak() -> int | None:
    """Return the peak of this process's resident memory in bytes, None if the system has none.

    Linux keeps the figure of getrusage over exec: it may be the parent's.
    """
    try:
        status = Path("/proc/self/status").read_text()
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else None
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _torch_peak() -> int | None:
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_initialized() else None


def _tensorflow_peak() -> int | None:
    import tensorflow as tf

    if not tf.config.get_visible_devices("GPU"):
        return None
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def _jax_peak() -> int | None:
    import jax

    stats: dict[str, Any] | None = jax.devices()[0].memory_stats()
    return None if stats is None else stats.get("peak_bytes_in_use")
