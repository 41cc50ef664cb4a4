"""The command in a result: that of the command line, and none from Python."""

import contextvars
import sys

import pytest
from netzoo_cli import app
from study_records import record, train_by

import netzoo
from netzoo.provenance import COMMAND


def ablated(monkeypatch):
    train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.8))
    return netzoo.ablate("lenet", changes=["pooling"])


def test_from_python_there_is_no_command(monkeypatch):
    """A notebook's sys.argv names a file in the user's home."""
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher.py", "-f", "/home/me/kernel-1.json"])
    result = ablated(monkeypatch)
    assert result.provenance.command == ""
    assert result.to_dict()["comparison"]["command"] == ""
    assert not any(line.startswith("Command:") for line in result.table().footer)


def test_the_command_line_is_the_command_as_a_shell_takes_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/netzoo", "list", "alex net*"])

    def run():
        with pytest.raises(SystemExit):
            app.main()
        return COMMAND.get()

    assert contextvars.copy_context().run(run) == "netzoo list 'alex net*'"


def test_every_result_has_the_provenance_of_its_numbers(monkeypatch):
    provenance = ablated(monkeypatch).provenance
    assert provenance.backend == "tensorflow"
    assert provenance.recipe["seeds"] == [0, 1, 2]
    assert provenance.dataset.name == "fashion_mnist"
    assert provenance.device.kind == "cpu"
