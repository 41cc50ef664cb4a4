"""Every public name says what it is for, with an example that runs."""

import doctest

import pytest

import netzoo
import netzoo.models  # registers the built-in ones
from netzoo.cost import layers
from netzoo.models.catalog import MODELS

pytestmark = pytest.mark.backend_independent

# Their examples train, each in processes of its own.
TRAIN = {
    *("Comparison", "Callback", "ablate", "bench", "compare", "evaluate", "ladder", "lesson"),
    *("parity", "predict", "probe", "tune", "write_report"),
}


@pytest.fixture(autouse=True)
def registries(monkeypatch):
    """Let an example register what it likes."""
    monkeypatch.setattr(layers, "USERS_RULES", dict(layers.USERS_RULES))
    with MODELS.temporary():
        yield


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in TRAIN else ())
        for name in netzoo.__all__
        if name != "Listener"  # deprecated
    ],
)
def test_the_example_of_a_public_name_runs(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(getattr(netzoo, name), name, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(example)
    assert runner.tries > 1, f"{name} has no example"
    assert runner.failures == 0


def test_the_example_of_the_registry_runs():
    from netzoo.registry import Registry

    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    for example in finder.find(Registry, globs={"Registry": Registry}):
        runner.run(example)
    assert (runner.tries, runner.failures) == (3, 0)
