"""Errors of targets, as error_cases has them."""

from pathlib import Path

from lesson_records import probed
from study_records import record

import netzoo
from netzoo.errors import BadInput
from netzoo.runs.store import Store, keep_study

RANGE = "a target is an accuracy as a share of one, above 0 and at most 1, such as 0.9; received "
NO_CURVE = (
    "a target needs the accuracy after each epoch, and {} is evaluated at its end alone; add "
    "validation images, such as --validation 0.1."
)


def show(words, **overrides):
    """Show the folder of a trial."""
    from netzoo_cli.app import app

    Store(Path("out")).keep_trial(record("lenet", 0, 0.7, cost=False, overrides=overrides))
    app.main(words.split(), standalone_mode=False)


def show_study():
    from netzoo_cli.app import app

    Path("out").mkdir()
    keep_study("out", probed())
    app.main(["show", "out", "--target", "0.9"], standalone_mode=False)


CASES = [
    ("target of nothing", BadInput, "compare lenet --target 0",
     f"{RANGE}'0'."),
    ("target above all", BadInput, "compare lenet --target 1.5",
     f"{RANGE}'1.5'."),
    ("target in percent", BadInput, "compare lenet --target 90",
     f"{RANGE}'90'; did you mean 0.9?"),
    ("target with a sign", BadInput, "show out --target 90%",
     f"{RANGE}'90%'; did you mean 0.9?"),
    ("target in words", BadInput, "compare lenet --target x",
     f"{RANGE}'x'."),
    ("target that is no number", BadInput, "compare lenet --target nan",
     f"{RANGE}'nan'."),
    ("target in Python", BadInput, lambda: netzoo.compare("lenet", target=90),
     f"{RANGE}90; did you mean 0.9?"),
    ("target without validation", BadInput,
     "compare lenet --recipe quick --validation 0 --target 0.9",
     NO_CURVE.format("lenet")),
    ("target of a folder without validation", BadInput,
     lambda: show("show out --target 0.9", validation=0.0),
     NO_CURVE.format("lenet")),
    ("target of a study", BadInput, show_study,
     "--target is of a comparison's curves; out holds another result."),
]  # fmt: skip
