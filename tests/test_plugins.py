"""Models that files register are listed, counted and trained; those of a package: test_examples."""

import json

import pytest

from netzoo.models import plugins
from netzoo.models.catalog import MODELS

TINY = """
import keras
import netzoo

@netzoo.register_model("{name}")
@netzoo.register_model("{name}-wide", width=8)
def {name}(input_shape=(28, 28, 1), num_classes=10, *, width: int = 2):
    '''Build one hidden layer of a few units.'''
    layers = [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(width)]
    return keras.Sequential([*layers, keras.layers.Dense(num_classes)])
"""
FEW = ["--recipe", "quick", "--epochs", "1", "--limit-train", "100", "--limit-test", "100"]


@pytest.fixture
def installed(tmp_path):
    """Lay out a package in a folder as an installer does; return the folder."""

    def install(name, code):
        folder = tmp_path / "site"
        about = folder / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (folder / f"{name}.py").write_text(code)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[netzoo.models]\nall = {name}\n")
        return str(folder)

    return install


@pytest.mark.backend_independent
def test_models_of_a_file_are_listed_and_counted(tmp_path, netzoo, netzoo_here):
    (tmp_path / "flat.py").write_text(TINY.format(name="flat"))
    with MODELS.temporary():
        listed = netzoo_here("list", "f*", "--models", "flat.py", "--format", "json")
    origins = {row["name"]: row["origin"] for row in json.loads(listed.stdout)}
    assert origins == {"flat": "flat", "flat-wide": "flat"}
    counted = netzoo("summary", "flat:width=3", "--format", "json", NETZOO_MODELS="flat.py")
    assert json.loads(counted.stdout)["macs"] == 784 * 3 + 3 * 10


@pytest.mark.slow
def test_models_of_a_file_are_trained_and_anew_if_it_changes(tmp_path, netzoo):
    (tmp_path / "flat.py").write_text(TINY.format(name="flat"))
    command = ["compare", "lenet", "flat-wide", "--models", "flat.py", *FEW, "--format", "json"]
    done = netzoo(*command, "--output", "run")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["models"][1]["macs"] == 6352
    (tmp_path / "flat.py").write_text(TINY.format(name="flat") + "\n# changed\n")
    again = netzoo(*command, "--output", "run")
    assert "1 of 2 trials is done already" in again.stderr


@pytest.mark.backend_independent
def test_a_package_that_cannot_be_imported_is_named_and_the_others_are_listed(installed, netzoo):
    site = installed("broken", "import no_such_module")
    listed = netzoo("list", "lenet", PYTHONPATH=site)
    assert listed.returncode == 0
    assert "Warning: the models of broken (broken) cannot be imported: No module" in listed.stderr
    assert "lenet" in listed.stdout


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    ("words", "files", "line"),
    [
        (["list", "--models", "no.py"], "", "Error: 'no.py' does not exist."),
        (["list"], "no.py", "Error: NETZOO_MODELS: 'no.py' does not exist."),
        (["list", "--models", "bad.py"], "", "Error: bad.py cannot be imported: division by zero"),
        (["compare", "lenett"], "", "Error: no model 'lenett'; did you mean 'lenet'"),
        (["list", "--models", "twice.py"], "", "Error: model 'lenet' is registered already"),
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_said_in_a_line(
    tmp_path, netzoo_here, monkeypatch, words, files, line
):
    (tmp_path / "bad.py").write_text("1 / 0")
    (tmp_path / "twice.py").write_text(TINY.format(name="lenet"))
    monkeypatch.setenv("NETZOO_MODELS", files)
    plugins.load.cache_clear()
    MODELS.load_by(plugins.load)
    with MODELS.temporary():
        done = netzoo_here(*words)
    plugins.load.cache_clear()
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1
