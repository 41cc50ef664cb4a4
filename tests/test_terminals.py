"""Terminals and pipes whose encoding lacks what netzoo prints; the commands run for real."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from study_records import record

from netzoo.runs.store import Store

pytestmark = pytest.mark.backend_independent
slow = pytest.mark.slow  # a process each: the default suite has one of each kind
COMMAND = Path(sys.executable).parent / "netzoo"
ENCODINGS = ("cp1252", "cp437", "cp1251", "latin-1", "ascii")
SMALL = ("--limit-train", "200", "--limit-test", "100", "--epochs", "2")
OWN = """
import keras
import netzoo

@netzoo.register_model("plain")
@netzoo.register_model("größe-文")
def build(input_shape=(28, 28, 1), num_classes=10):
    '''Build one layer.'''
    image = keras.Input(input_shape)
    return keras.Model(image, keras.layers.Dense(num_classes)(keras.layers.Flatten()(image)))

if __name__ == "__main__":
    from netzoo_cli import main

    main()
"""


def run(folder, encoding, *words, start=(COMMAND,)):
    """Return code, output and errors of a command in a terminal of an encoding."""
    done = subprocess.run(
        [*start, *words],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


@cache
def whole(words):
    """Return what a command prints in UTF-8."""
    return run(None, "utf-8", *words.split())[1]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a folder with the records of two models, one with a name of many scripts."""
    folder = tmp_path_factory.mktemp("terminals")
    store = Store(folder / "größe")
    for number, model in enumerate(("plain", "größe-文")):
        for seed in (0, 1):
            made = record("lenet", seed, 0.7 + number / 10 + seed / 50)
            store.keep_trial(replace(made, trial=replace(made.trial, model=model)))
    return folder


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "summary lenet"),
        *(pytest.param(encoding, "summary lenet", marks=slow) for encoding in ENCODINGS[1:]),
        pytest.param("cp1252", "list", marks=slow),
    ],
)
def test_a_table_is_printed_with_what_the_terminal_has(tmp_path, encoding, words):
    wanted = whole(words)
    code, printed, said = run(tmp_path, encoding, *words.split())
    assert (code, said) == (0, "")
    assert len(printed.splitlines()) == len(wanted.splitlines())
    plain = str.maketrans("×─–→├└│", "x-->++|")
    assert printed.translate(plain).split() == wanted.replace("→", "->").translate(plain).split()


@pytest.mark.parametrize(
    ("encoding", "sign"),
    [
        ("ascii", "+/-"),
        pytest.param("latin-1", "±", marks=slow),
        pytest.param("cp437", "±", marks=slow),
    ],
)
def test_columns_stay_aligned_where_a_stand_in_is_longer(recorded, encoding, sign):
    code, printed, _ = run(recorded, encoding, "show", "größe")
    assert code == 0
    table = printed.partition("\n\n")[0].splitlines()
    rule = next(line for line in table if set(line.strip()) <= set("-─"))
    rows = table[table.index(rule) + 1 :]
    assert len(rows) == 2
    assert {len(row) for row in rows} == {len(rule)}
    assert sign in printed


@slow
@pytest.mark.parametrize("encoding", ["cp437", "ascii"])
def test_a_plot_is_drawn_with_what_the_terminal_has(recorded, encoding):
    code, printed, said = run(recorded, encoding, "show", "größe", "--plot")
    assert (code, said) == (0, "")
    assert re.search(r"[*●] gr\S+   [\^▲] plain", printed)
    drawn = printed[printed.index("accuracy by epoch") :]
    assert drawn.count("|") + drawn.count("│") > 20


@slow  # it trains
def test_what_is_trained_is_printed_and_kept_whole(tmp_path):
    (tmp_path / "own_model.py").write_text(OWN, encoding="utf-8")
    start = (sys.executable, "-c", "import own_model, netzoo_cli; netzoo_cli.main()")
    images = ("--dataset", "fashion_mnist_sample", *SMALL)
    words = ("compare", "plain", "größe-文", *images, "--seeds", "2", "--output", "größe")
    code, printed, said = run(tmp_path, "ascii", *words, "--format", "json", start=start)
    assert code == 0, said
    assert printed.isascii()
    assert said.isascii()
    models = [model["name"] for model in json.loads(printed)["models"]]
    assert models == ["plain", "größe-文"]
    assert "Trial 2 of 4: grosse-??, seed 0" in said
    assert "grosse-??, seed 1: test " in said
    assert "Data: fashion_mnist_sample, 200 training (10 % held out" in said
    kept = (tmp_path / "größe" / "table.txt").read_text(encoding="utf-8")
    assert "größe-文" in kept
    assert "28 × 28 × 1" in kept


@slow
@pytest.mark.parametrize("form", ["csv", "markdown", "latex", "json"])
def test_each_form_is_printed(recorded, form):
    _, wanted, _ = run(recorded, "utf-8", "show", "größe", "--format", form)
    code, printed, said = run(recorded, "cp1252", "show", "größe", "--format", form)
    assert (code, said) == (0, "")
    if form == "json":
        assert json.loads(printed) == json.loads(wanted)
    else:
        plain = wanted.replace("文", "??").replace("Δ", "Delta").replace("−", "-")
        assert printed.split() == plain.split()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("summary größe", "no model 'grosse'"),
        ("show größe/文", "grosse/??"),
        ("compare lenet --augment x→y", "no augment 'x->y'"),
        ("summary alexnet --input-shape 64,64,1", "at least 65 x 65 px; received 64 x 64 px"),
    ],
)
def test_an_error_is_one_line_in_ascii_too(tmp_path, words, told):
    code, printed, said = run(tmp_path, "ascii", *words.split())
    assert (code, printed) == (2, "")
    assert told in said
    assert said.count("\n") == 1


def test_a_name_that_is_no_text_is_an_error_in_one_line_and_no_traceback(tmp_path):
    for encoding in ("utf-8", "cp1252"):
        for words in ("summary m\udcff.keras", "compare lenet --output out\udcff"):
            code, _, said = run(tmp_path, encoding, *words.split())
            assert code == 2
            assert said.startswith(f"Error: {words.split()[-1]!a} is not text in this ")
            assert said.count("\n") == 1
