"""What a study refuses, with what is wrong; nothing is trained here."""

import pytest
from processes import one_line

import netzoo
from netzoo.errors import BadInput


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: netzoo.ablate("alexnet", changes=["droput"]),
            "no change 'droput' in alexnet; did you mean 'dropout'?",
        ),
        (lambda: netzoo.ablate("alexnet", changes=["wide"]), "no change 'wide' in alexnet. Known"),
        (
            lambda: netzoo.ablate("alexnet-sigmoid"),
            "starts from a family's base; received 'alexnet-sigmoid', try alexnet.",
        ),
        (lambda: netzoo.ablate("lenet@epochs=3"), "received 'lenet@epochs=3', try lenet."),
        (lambda: netzoo.ablate("lenet:dropout=0.1"), "received 'lenet:dropout=0.1', try lenet."),
        (lambda: netzoo.ablate("alexnt"), "no model 'alexnt'; did you mean 'alexnet'?"),
        (lambda: netzoo.ablate("lenet", augment="flp"), "no augment 'flp'; did you mean 'flip'?"),
        (lambda: netzoo.ladder("lenet", "lenet"), "nothing to change from lenet to lenet."),
        (
            lambda: netzoo.ladder("lenet:dropout=0.5", "lenet-dropout"),
            "nothing to change from lenet:dropout=0.5 to lenet-dropout.",
        ),
        (
            lambda: netzoo.ladder("lenet@epochs=3", "alexnet"),
            "goes from model to model, without settings; received 'lenet@epochs=3'.",
        ),
        (lambda: netzoo.ladder("lenet", "alexnt"), "no model 'alexnt'; did you mean 'alexnet'?"),
        (
            lambda: netzoo.ladder("lenet", "alexnet", order=["wide", "size"]),
            "the order names each of activation, pooling, dropout, wide, deep, size once; received "
            "wide, size.",
        ),
        (
            lambda: netzoo.ladder("lenet", "lenet-relu", order=["activation", "activation"]),
            "names each of activation once; received activation, activation.",
        ),
        (
            lambda: netzoo.ladder("lenet", "alexnet", order=["sise"]),
            "no change 'sise' in the way from lenet to alexnet; did you mean 'size'?",
        ),
        (
            lambda: netzoo.ladder("lenet", "lenet-relu", order=["activation", "size"]),
            "no change 'size' in the way from lenet to lenet-relu",
        ),
        (  # within a family there are no other settings to change to
            lambda: netzoo.ladder("lenet", "lenet-relu", order=["activation", "settings"]),
            "no change 'settings' in the way from lenet to lenet-relu",
        ),
        (  # a change of the ladder's own: its start would have it already
            lambda: netzoo.ladder("lenet", "alexnet", augment="flip"),
            "augment",
        ),
        (lambda: netzoo.probe("lenet", steps=[5, -1]), "; received -1."),
        (lambda: netzoo.probe("lenet", steps=[1.5]), "steps are whole numbers"),
        (lambda: netzoo.probe("lenet", steps=[]), "; received []."),
        (lambda: netzoo.probe("lenet", steps=[3, 3]), "received [3, 3]."),
        (lambda: netzoo.probe("lenet", images=0), "images is a whole number, at least 1"),
        (lambda: netzoo.probe(["lenet", "lenet"]), "'lenet' is named twice"),
        (lambda: netzoo.probe("lenet@limit_train=9"), "Give it to all as `limit_train`."),
    ],
)
def test_a_wrong_study_names_what_is_wrong(monkeypatch, call, words):
    """Before anything is trained: no process starts."""
    monkeypatch.setattr("netzoo.runs.prepare.Process", None)
    with pytest.raises(BadInput) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("ablate lenet-relu", "received 'lenet-relu', try lenet."),
        ("ablate lenet --changes activaton", "in lenet; did you mean 'activation'?"),
        ("ablate lenet --brief --full", "--brief, --full and --recipe exclude each other"),
        ("ablate lenet --seeds 0", "at least 1; received 0"),
        ("ladder lenet", "Missing argument 'TO'"),
        ("ladder lenet lenet", "nothing to change from lenet to lenet."),
        (
            "ladder lenet alexnet --order wide,deep",
            "activation, pooling, dropout, wide, deep, size",
        ),
        ("ladder lenet alexnet --full --recipe quick", "give one of them."),
        ("probe lenet --steps x", "expected whole numbers such as 0,50; received 'x'."),
        ("probe lenet --steps 0,0", "received [0, 0]."),
        ("probe lenet --images 0", "at least 1; received 0."),
        ("lesson --quick --full", "--brief, --full and --recipe exclude each other"),
        ("lesson --seeds 0", "at least 1; received 0"),
        ("lesson alexnet", "unexpected extra argument (alexnet)"),
    ],
)
def test_a_wrong_study_is_one_line_and_exit_code_2(netzoo_here, tmp_path, arguments, words):
    one_line(netzoo_here(*arguments.split()), words)
    assert list(tmp_path.iterdir()) == []
