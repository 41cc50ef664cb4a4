"""Variables of the environment that ask a backend for a device that is not there."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.backend_independent

slow = pytest.mark.slow  # a process each: the default suite has one of each kind

FOUND = """
from netzoo import backend
from netzoo.errors import BadInput
backend.start("{device}")
try:
    print(backend.device()["kind"])
except BadInput as error:
    print(error)
"""
ASKED = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME", "KERAS_TORCH_DEVICE", "CUDA_VISIBLE_DEVICES")


def found(backend_name, device="auto", **environment):
    """Return what a process finds: its device, or the line that says why not."""
    pytest.importorskip(backend_name)
    usual = {key: value for key, value in os.environ.items() if key not in ASKED}
    done = subprocess.run(
        [sys.executable, "-c", FOUND.format(device=device)],
        env=usual | {"KERAS_BACKEND": backend_name} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"JAX_PLATFORMS": "cuda"}, marks=slow),
        pytest.param({"JAX_PLATFORMS": "cuda,cpu"}, marks=slow),
        pytest.param({"JAX_PLATFORMS": "rocm"}, marks=slow),
        pytest.param({"JAX_PLATFORMS": "cudda"}, marks=slow),
        pytest.param({"JAX_PLATFORM_NAME": "gpu"}, marks=slow),
        pytest.param({"JAX_PLATFORMS": "tpu", "JAX_PLATFORM_NAME": "cpu"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": "cuda"}, marks=slow),
        {"KERAS_TORCH_DEVICE": "cuda:3"},
        pytest.param({"KERAS_TORCH_DEVICE": "mps"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": "meta"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": "cdua"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": ""}, marks=slow),
    ],
    ids=str,
)
def test_a_device_that_is_not_there_is_named_with_its_variable(environment):
    ((variable, value), *_) = environment.items()
    backend_name = "torch" if "TORCH" in variable else "jax"
    told = f"{variable} is {value!r}, a device that {backend_name} cannot use here; set it to cpu"
    assert found(backend_name, **environment) == f"{told}, or unset it."
    # Told to take the CPU, netzoo takes it.
    if value in ("cuda", "gpu", ""):
        assert found(backend_name, device="cpu", **environment) == "cpu"


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"JAX_PLATFORMS": "cpu,cuda"}, marks=slow),
        pytest.param({"JAX_PLATFORMS": ""}, marks=slow),
        pytest.param({"JAX_PLATFORMS": "cuda,cpu", "JAX_PLATFORM_NAME": "cpu"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": "cpu:0"}, marks=slow),
    ],
    ids=str,
)
def test_a_cpu_that_is_asked_for_is_taken(environment):
    backend_name = "torch" if "KERAS_TORCH_DEVICE" in environment else "jax"
    assert found(backend_name, **environment) == "cpu"


@pytest.mark.parametrize(
    ("backend_name", "asked", "words"),
    [
        (
            "jax",
            {"JAX_PLATFORMS": "cuda,cpu"},
            "Error: JAX_PLATFORMS is 'cuda,cpu', a device",
        ),
        pytest.param(
            "torch",
            {"KERAS_TORCH_DEVICE": "cuda:3"},
            "Error: KERAS_TORCH_DEVICE is 'cuda:3', a device",
            marks=slow,
        ),
    ],
)
def test_it_is_one_line_before_anything_is_trained(netzoo, tmp_path, backend_name, asked, words):
    pytest.importorskip(backend_name)
    sample = ("--dataset", "fashion_mnist_sample")
    done = netzoo("compare", "lenet", *sample, KERAS_BACKEND=backend_name, **asked)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.glob("runs/*")) == []


@slow
def test_what_hides_the_gpu_is_named(netzoo):
    words = "compare lenet --device gpu --dataset fashion_mnist_sample".split()  # noqa: SIM905
    done = netzoo(*words, KERAS_BACKEND="jax", CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu")
    assert done.returncode == 2
    assert "--device gpu: jax sees no GPU here" in done.stderr
    assert done.stderr.endswith("; CUDA_VISIBLE_DEVICES is '', JAX_PLATFORMS is 'cpu'.\n")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"JAX_PLATFORMS": "cuda"}, marks=slow),
        pytest.param({"JAX_PLATFORM_NAME": "cudda"}, marks=slow),
        pytest.param({"KERAS_TORCH_DEVICE": "meta"}, marks=slow),
        pytest.param({"CUDA_VISIBLE_DEVICES": "7"}, marks=slow),
    ],
    ids=str,
)
def test_a_summary_uses_no_device_and_so_no_variable(netzoo, tmp_path, environment):
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
        "made(keras.ops.ones((1, 3)))\n"
    )
    backend_name = "torch" if "KERAS_TORCH_DEVICE" in environment else "jax"
    pytest.importorskip(backend_name)
    for spec in ("lenet", "mine.py:made"):
        done = netzoo("summary", spec, KERAS_BACKEND=backend_name, **environment)
        assert (done.returncode, done.stderr) == (0, "")
