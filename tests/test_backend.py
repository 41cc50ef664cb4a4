import subprocess
import sys

import pytest

from netzoo import backend
from netzoo.errors import BadInput, UnknownName


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


NAME = "from netzoo import backend; print(backend.name())"


def test_the_backend_is_chosen_as_keras_chooses(tmp_path):
    assert run(NAME).stdout == "tensorflow\n"
    (tmp_path / "keras.json").write_text('{"backend": "torchh"}')
    assert (
        "no backend 'torchh'; did you mean 'torch'?" in run(NAME, KERAS_HOME=str(tmp_path)).stderr
    )
    chosen = run(NAME, KERAS_HOME=str(tmp_path), KERAS_BACKEND="tensorflow")
    assert chosen.stdout == "tensorflow\n"
    (tmp_path / "keras.json").write_text("not json")
    assert run(NAME, KERAS_HOME=str(tmp_path)).stdout == "tensorflow\n"


def test_the_suite_runs_on_the_backend_that_was_asked_for(backend_name):
    import keras

    assert keras.config.backend() == backend_name == backend.name()


def test_the_device_here_is_the_cpu_and_says_so():
    found = backend.device()
    assert found["kind"] == "cpu"
    assert found["name"].startswith("CPU (")
    with pytest.raises(BadInput, match="sees no GPU here; it would run on CPU"):
        backend.require_gpu(found)


def test_versions_name_what_a_number_depends_on(backend_name):
    assert {"python", "netzoo", "keras", "numpy", "tensorflow", backend_name} <= set(
        backend.versions()
    )


def test_triton_is_imported_before_tensorflow_and_only_for_torch(tmp_path, backend_name):
    """After it, it would end the process: tensorflow/tensorflow issue 124205."""
    (tmp_path / "triton.py").write_text(
        "import sys; print('tensorflow' in sys.modules); raise ImportError"
    )
    code = "from netzoo import backend; backend.start('cpu', data=True)"
    done = run(code, KERAS_BACKEND=backend_name, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:1] == (["False"] if backend_name == "torch" else [])


def test_starting_is_quiet_but_lets_other_words_through(tmp_path, backend_name):
    code = (
        "import os; from netzoo import backend, noise\n"
        "backend.start('cpu'); backend.device()\n"
        "with noise.without_noise():\n"
        "    os.write(2, b'E0000 failed call to cuInit: (303)\\nsomething else\\n')\n"
    )
    done = run(code, KERAS_BACKEND=backend_name, HOME=str(tmp_path))
    assert done.stderr == "something else\n"


def test_shapes_only_takes_the_backend_that_imports_fastest():
    code = (
        "import sys; from netzoo import backend\n"
        "backend.start('cpu', shapes_only=True)\n"
        "print('tensorflow' in sys.modules, 'jax' in sys.modules)\n"
    )
    pytest.importorskip("jax")
    assert run(code, KERAS_BACKEND="tensorflow").stdout == "False True\n"


def test_an_unknown_backend_is_refused(monkeypatch):
    # Another dict, as one that is given back an item has another order.
    others = {name: words for name, words in backend.INSTALL.items() if name != backend.name()}
    monkeypatch.setattr(backend, "INSTALL", {**others, "numpi": ""})
    with pytest.raises(UnknownName):
        backend.name()
