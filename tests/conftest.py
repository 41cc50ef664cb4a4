"""The suite runs on the backend that KERAS_BACKEND names; on the CPU, so that seeds fix numbers.

It starts as the first module outside tests/unit is collected, before that imports keras.
"""

import contextvars
import gc
import json
import logging
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import netzoo_cli
import pytest

from netzoo import backend

TESTS = Path(__file__).parent
COMMAND = Path(sys.executable).parent / "netzoo"

# A job in the background of a script is started deaf to Ctrl-C, and so would be all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# PyTorch logs each tensor that it traces, and pytest would keep the lines: ten times the time.
logging.getLogger("torch.__trace").propagate = False


@cache
def started():
    """Start the backend; return its name."""
    return backend.start("cpu", data=True)


def pytest_collectstart(collector):
    if isinstance(collector, pytest.Module) and TESTS / "unit" not in collector.path.parents:
        started()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a file in one process, since they share what takes long to make."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_itemcollected(item):
    if item.get_closest_marker("slow_but_on_tensorflow") and started() != "tensorflow":
        item.add_marker(pytest.mark.slow)


def pytest_collection_finish():
    """Leave what was imported out of the garbage collections, as statsmodels asks for many."""
    gc.freeze()


@pytest.fixture(scope="session")
def backend_name():
    return started()


@pytest.fixture
def netzoo(tmp_path):
    """Run the installed command in a folder of its own and return the finished process."""

    def run(*arguments, **environment):
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def netzoo_here(tmp_path, monkeypatch, capsys):
    """Run the command line in this process, in a folder of its own; return what `netzoo` does."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["netzoo", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            contextvars.copy_context().run(netzoo_cli.main)
        printed, said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, end.value.code, printed, said)

    return run


@pytest.fixture
def on_torch():
    """Run code in a process on the torch backend and return what it prints, read as JSON."""
    pytest.importorskip("torch", reason="PyTorch counts the second opinion")

    def run(code, *arguments):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *arguments],
            env=os.environ | {"KERAS_BACKEND": "torch"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def pytest_addoption(parser):
    parser.addoption("--overwrite", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request):
    """Compare a text with the file tests/golden/NAME; --overwrite writes it."""

    def check(name, text):
        path = TESTS / "golden" / name
        if request.config.getoption("--overwrite"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check
