"""What comes from outside is read, and neither run nor written elsewhere: in the code, and tried.

Names as markup and as LaTeX have tests in test_page.py and test_latex.py, .keras files that hold
code one in test_find.py.
"""

import ast
import builtins
import functools
import os
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from study_records import trial_of

import netzoo
from netzoo.data.fashion_mnist import DOWNLOAD_URL
from netzoo.errors import DataError
from netzoo.report.figure import slug
from netzoo.runs import checkpoint
from netzoo.runs.answers import Worker
from netzoo.runs.identity import identity
from netzoo.runs.process import Process
from netzoo.runs.store import DEFAULT_FOLDER, Store, new_folder

pytestmark = pytest.mark.backend_independent

ROOT = Path(netzoo.__file__).parent
CLI = Path(__import__("netzoo_cli").__file__).parent

NEVER = {
    "runs what a text says": "builtins.eval builtins.exec builtins.compile builtins.__import__ "
    "runpy",
    "runs what a file says": "pickle cPickle cloudpickle dill joblib marshal shelve yaml "
    "read_pickle torch.load enable_unsafe_deserialization",
    "is a shell": "os.system os.popen pty subprocess.getoutput subprocess.getstatusoutput",
    "writes where an archive says": "tarfile extract extractall unpack_archive",
    "may be taken by another": "tempfile.mktemp",
    "fetches": "requests httpx aiohttp urllib3 ftplib smtplib HTTPConnection "
    "HTTPSConnection urlretrieve get_file",
}
# Where each is needed, and why it is no harm there.
ONLY = {
    "exec_module": {"models.code:_from_file"},  # a file that the user names as code of theirs
    "load_model": {"models.saved:load"},
    "load_weights": {"models.weights:load"},  # arrays alone, of a file that the user names
    # .keras and .npz files, of which members with names of ours are read, in memory.
    "zipfile": {
        *("records.saved_model:_member", "records.saved_model:add_to"),
        *("data.npz:_opened", "data.npz:_array", "data.npz:_on_disk"),
        "data.npz:",  # the error of a damaged one
        "data.paths:_refuse",  # asks whether a file is one
    },
    "numpy.load": {"runs.checkpoint:read", "runs.checkpoint:read_meta", "data.cache:load"},
    # A pair without an address, between a parent and the process that it started.
    "socket": {
        f"runs.{at}"
        for at in (
            "forking:main",
            "forking:_Server",
            "forkserver:Forked",
            "forkserver:Forkserver",
            "forkserver:_told",
            "ray_cluster:check_address",  # asks whether something answers, and says nothing
        )
    },
    "subprocess": {
        *("runs.process:Process", "runs.forkserver:Forkserver", "runs.attempt:_start"),
        "provenance:_git",
    },
    "urllib.request": {"data.tfds:reachable"},  # asks whether a server answers, and reads nothing
    "download_and_prepare": {"data.tfds:prepare"},  # TFDS has the checksums
    "jinja2.Environment": {"report.markup:_environment"},
    # Markup of ours, into which values are put escaped; Vega, as its package brings it.
    "markupsafe.Markup": {"report.markup:_bilingual", "report.page:_library"},
}
SETTLED = [
    ("numpy.load", "allow_pickle", False),
    ("load_model", "safe_mode", True),
    ("jinja2.Environment", "autoescape", True),
]


def full_name(node, names):
    """Return the dotted name of what a node names: numpy.load for np.load.

    names: what was imported, by the name that it has here. Any other name has a colon before it.
    """
    if isinstance(node, ast.Attribute):
        return f"{full_name(node.value, names)}.{node.attr}"
    if not isinstance(node, ast.Name):
        return ""
    ours = f"builtins.{node.id}" if hasattr(builtins, node.id) else f":{node.id}"
    return names.get(node.id, ours)


@functools.cache
def trees():
    """Return (module, tree) of each file of the package and the command line."""
    return [
        (".".join(path.relative_to(root).with_suffix("").parts), ast.parse(path.read_text()))
        for root in (ROOT, CLI)
        for path in sorted(root.rglob("*.py"))
    ]


@functools.cache
def uses():
    """Return (module:function, full name, node) of all that is imported, named or called.

    A call has its name twice: as a call, and as what is called. An import has no function.
    """
    found = []
    for module, tree in trees():
        names = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    found.append((f"{module}:", alias.name, node))
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                each = {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
                found += [(f"{module}:", name, node) for name in each.values()]
                names |= each
        for statement in tree.body:
            place = f"{module}:{getattr(statement, 'name', '')}"
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    found.append((place, full_name(node.func, names), node))
                elif isinstance(node, ast.Name | ast.Attribute):
                    found.append((place, full_name(node, names), node))
    return found


def uses_of(name):
    """Return the uses of a name, or of what is in a module of that name."""
    return [use for use in uses() if name in use[1] and f".{name}." in f".{use[1]}."]


@pytest.mark.parametrize("why", NEVER)
def test_no_code_of_ours(why):
    for name in NEVER[why].split():
        assert [(place, used) for place, used, _ in uses_of(name)] == []


@pytest.mark.parametrize("name", ONLY)
def test_what_could_do_harm_is_used_where_it_is_listed(name):
    found = {
        place
        for place, _, node in uses_of(name)
        if not isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found == ONLY[name]


@pytest.mark.parametrize(("name", "option", "value"), SETTLED)
def test_the_safe_way_is_asked_for_in_words(name, option, value):
    calls = [node for _, _, node in uses_of(name) if isinstance(node, ast.Call)]
    assert len(calls) == len(ONLY[name])
    for call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert ast.literal_eval(given[option]) is value


def test_a_process_is_started_by_a_list_of_words():
    calls = [node for _, _, node in uses_of("subprocess") if isinstance(node, ast.Call)]
    assert len(calls) == len(ONLY["subprocess"])
    for call in calls:
        assert isinstance(call.args[0], ast.List)
        assert not {keyword.arg for keyword in call.keywords} & {"shell", "executable", None}


def test_one_address_is_without_encryption():
    """It is asked only whether it answers."""
    found = [
        (module, node.value)
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and "http://" in str(node.value)
    ]
    assert found == [("data.fashion_mnist", DOWNLOAD_URL)]
    asked = {place for place, *_ in uses_of(":DOWNLOAD_URL")}
    assert asked == {"data.fashion_mnist:", "data.fashion_mnist:fashion_mnist"}


def test_no_template_leaves_a_value_as_it_is():
    templates = list((ROOT / "report" / "templates").iterdir())
    assert len(templates) == 6
    for path in templates:
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text(encoding="utf-8")), path


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("place", ["about", "weights"])
def test_a_checkpoint_with_a_pickled_object_is_set_aside_and_runs_nothing(place, tmp_path):
    trial, made = trial_of("lenet", 0), tmp_path / "made"
    path = Store(tmp_path).checkpoint(trial)
    about = checkpoint.CheckpointMeta(identity(trial), (), 0.0, 0, 1)
    trap = np.array([Trap(str(made))], dtype=object)
    checkpoint.write(path, about, {"weights": np.zeros(2), place: trap})
    with np.load(path, allow_pickle=True) as held:
        assert held[place].shape == (1,)
    made.rmdir()  # so it is a trap
    with pytest.raises(DataError, match=r"was cut short or changed since it was written\."):
        checkpoint.read(path, identity(trial))
    said = []
    assert Worker(said.append, threading.Event())._checkpoint(path, trial) is None
    assert [each.name for each in path.parent.iterdir()] == [f"{path.name}.damaged1"]
    assert f"It is set aside as {path.name}.damaged1" in said[0].line
    assert not made.exists()


HOSTILE = [
    "../../escaped", "/etc/passwd", "..", ".", "a/../../escaped", r"..\..\escaped", r"C:\escaped",
    "a\0b", "a\nb", "$(touch ran)", "-rf /", "~/escaped",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_is_one_part_of_a_path(name, tmp_path):
    trial = replace(trial_of("lenet", 0), model=name)
    for part in (identity(trial), slug(name), new_folder([name]).name):
        assert re.fullmatch(r"[\w.-]+", part)
        assert part.strip(".")
    assert new_folder([name]).parent == DEFAULT_FOLDER
    store = Store(tmp_path)
    for path, folder in (
        (store.checkpoint(trial), "trials"),
        (store.log(identity(trial)), "logs"),
    ):
        assert path.resolve().parent == tmp_path / folder


@pytest.mark.parametrize("spec", ["../../escaped", "lenet:activation=../x", "lenet@as=../x"])
def test_a_wrong_model_is_refused_before_anything_is_written(spec, netzoo_here, tmp_path):
    done = netzoo_here("compare", spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_no_shell_reads_the_words_that_start_a_trials_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT.parent)  # where it is, if it is not among the packages
    python = tmp_path / "$(touch ran)"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))
    with Process(tmp_path / "$(touch ran).log", "tensorflow"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"$(touch ran)", "$(touch ran).log"}
    assert (tmp_path / "$(touch ran).log").read_text() == ""
