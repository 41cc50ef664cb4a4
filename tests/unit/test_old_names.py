"""Names before a change still work, and say what they are now."""

import pytest
from click.testing import CliRunner
from netzoo_cli.app import app
from study_records import record, train_by

import netzoo
from netzoo.errors import Interrupted
from netzoo.runs.callback import callback_of

TRIAL = record("lenet", 0, 0.8).trial


def test_a_listener_is_a_callback():
    seen = []
    with pytest.warns(DeprecationWarning, match=r"derive from netzoo\.Callback"):

        class Old(netzoo.Listener):
            def said(self, line):
                super().said(line)
                seen.append(line)

            def epoch_ended(self, trial, record):
                seen.append(record)

    with pytest.warns(DeprecationWarning, match="callbacks="):
        callback = callback_of([], Old())
    callback.on_message("a")
    callback.on_epoch_end(TRIAL, "b")
    callback.on_trial_begin(TRIAL, 1, 1, 0)
    assert seen == ["a", "b"]


def test_pairs_is_factorial(monkeypatch):
    asked = train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.8))
    netzoo.ablate("lenet", changes=["activation", "pooling"], factorial=True)
    factorial = asked["models"]
    with pytest.warns(DeprecationWarning, match="factorial"):
        netzoo.ablate("lenet", changes=["activation", "pooling"], pairs=True)
    assert asked["models"] == factorial
    assert len(factorial) == 4


@pytest.mark.parametrize(
    ("words", "option"), [(["--pairs"], "factorial"), (["--factorial"], "factorial")]
)
def test_old_options_of_an_ablation(monkeypatch, words, option):
    asked = {}
    monkeypatch.setattr(
        "netzoo_cli.ablate.train", lambda c, call, *a, **o: asked.update(call.keywords)
    )
    CliRunner().invoke(app, ["ablate", "lenet", *words], catch_exceptions=False)
    assert asked[option] is True


@pytest.mark.parametrize("option", ["--quick", "--brief"])
@pytest.mark.parametrize(
    "command", ["ablate lenet", "ladder lenet alexnet", "probe lenet", "lesson"]
)
def test_quick_is_brief(monkeypatch, command, option):
    asked = {}
    name, *words = command.split()
    monkeypatch.setattr(
        f"netzoo_cli.{name}.train", lambda c, call, *a, **o: asked.update(call.keywords)
    )
    CliRunner().invoke(app, [name, *words, option], catch_exceptions=False)
    assert asked["recipe"] == "brief"


def test_what_an_interruption_holds():
    stop = Interrupted("result")
    with pytest.warns(DeprecationWarning, match=r"\.result"):
        assert stop.comparison == stop.result == "result"
