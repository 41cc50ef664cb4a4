"""The words of every error: each is met for real, and none in the code is left out."""

import ast
import inspect
import re
import traceback
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import keras
import pytest
from error_cases import CASES, command

import netzoo
from netzoo.errors import BadInput, NetzooError, UnknownName, no_such
from netzoo.models.catalog import MODELS

pytestmark = pytest.mark.backend_independent

ROOT = Path(netzoo.__file__).parent
CLI = Path(__import__("netzoo_cli").__file__).parent
ANY = "<any>"
VALUE = "…"  # what a message names, in the words of its place in the code
PROVOKE = {name: provoke for name, _, provoke, _ in CASES}

# What only a training meets, or a file that changes later, and the test that does so; or what is
# caught before anybody sees it.
ELSEWHERE = {
    "the … is … in epoch …; try a lower learning rate.": ("test_a_comparison_on_the_command_line"),
    "the process of device …: …": "test_a_process_of_a_device_that_dies_ends_its_trial",
    "which convolution of … is the first": "test_none_where_there_is_none_to_show",
    "Keras … draws initial weights in a way that netzoo does not know; leave out `same_weights`.": (
        "test_a_keras_that_draws_in_another_way_is_named"
    ),
    "… cannot take the images: ….": "test_a_full_disk_is_not_a_damaged_file",
    "… has changed: ….": "test_files_that_the_disk_has_no_room_for_are_decoded_each_time",
    "… …": "test_a_full_disk_is_one_line_and_nothing_is_lost",
    "… is cut short.": "test_a_file_that_is_cut_short_is_not_taken_for_images",
}


@cache
def met(name):
    """Provoke the error of a case, once; return its class, its message, and where it was raised."""
    provoke = PROVOKE[name]
    with (
        pytest.MonkeyPatch.context() as patch,
        TemporaryDirectory() as folder,
        MODELS.temporary(),
    ):
        patch.chdir(folder)
        precision = keras.config.dtype_policy()
        try:
            if isinstance(provoke, str):
                command(provoke)
            else:
                provoke(*[patch] * len(inspect.signature(provoke).parameters))
        except NetzooError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            return type(error), str(error), (Path(last.filename), last.lineno)
        finally:
            keras.config.set_dtype_policy(precision)  # a worker in this process sets its trial's
    raise AssertionError(f"{name}: no error")


@pytest.mark.parametrize(
    ("name", "kind", "words"), [pytest.param(n, k, w, id=n) for n, k, _, w in CASES]
)
def test_an_error_says_in_one_line_what_is_wrong(name, kind, words):
    raised, message, _ = met(name)
    assert raised is kind
    assert re.fullmatch(".+".join(map(re.escape, words.split(ANY))), message), message
    assert message.isprintable()
    assert "Traceback" not in message


def test_each_case_has_a_name_of_its_own():
    assert len(PROVOKE) == len(CASES)


class Place(NamedTuple):
    """Where the code makes an error. lines: of the statement that raises it, None if none does."""

    path: Path
    lines: range | None
    words: str

    def is_met(self):
        if self.lines is not None:
            where = [met(name)[2] for name in PROVOKE]
            return any(path == self.path and line in self.lines for path, line in where)
        pattern = ".*".join(map(re.escape, self.words.split(VALUE)))
        return any(re.search(pattern, met(name)[1]) for name in PROVOKE)


def kinds(root=NetzooError):
    return {root.__name__}.union(*map(kinds, root.__subclasses__()))


def called(node):
    """Return the name of what a node calls, None if it calls nothing by a name."""
    function = getattr(node, "func", None)
    return getattr(function, "id", getattr(function, "attr", None))


def text(node):
    """Return the words of an argument, with a sign for each value in them."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text, node.values))
    return VALUE


def words(call):
    if called(call) != "no_such":
        return text(call.args[0])
    where = "".join(f" in {text(given.value)}" for given in call.keywords)
    return f"no {text(call.args[0])} {VALUE}{where}"


def places():
    """Yield every place where netzoo makes one of its errors."""
    made = kinds() | {"no_such"}
    for path in (*ROOT.rglob("*.py"), *CLI.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        raised = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise):
                lines = range(node.lineno, node.end_lineno + 1)
                raised |= {id(inner): lines for inner in ast.walk(node)}
            if called(node) in made:
                yield Place(path, raised.get(id(node)), words(node))


def test_every_error_in_the_code_has_a_case():
    """So a new error has its words here, or the test that meets it is named above."""
    assert {place.words for place in places() if not place.is_met()} == set(ELSEWHERE)


def test_what_is_met_elsewhere_is_met_there():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("*.py")
    )
    assert [name for name in ELSEWHERE.values() if f"def {name}(" not in tests] == []


@pytest.mark.parametrize(
    ("received", "known", "words"),
    [
        ("alexnt", ["lenet", "alexnet"], "no model 'alexnt'; did you mean 'alexnet'? Known: "),
        ("ALEXNET", ["alexnet"], "did you mean 'alexnet'?"),
        ("vgg1", ["LeNet", "VGG16"], "did you mean 'VGG16'?"),
        ("zzz", ["b", "a"], "no model 'zzz'. Known: a, b."),
        ("x", [], "no model 'x'; there are none."),
        ("name77", [f"name{n}" for n in range(90)], "Known: name77, name0, "),
        ("zzz", [f"name{n}" for n in range(90)], " and 78 more."),
    ],
)
def test_unknown_name_gives_the_nearest_and_the_known_ones(received, known, words):
    assert words in str(no_such("model", received, known))


def test_unknown_name_is_also_a_key_error_and_a_value_error():
    error = no_such("model", "x", ["y"])
    assert isinstance(error, UnknownName)
    assert isinstance(error, BadInput)
    assert isinstance(error, KeyError)
    assert isinstance(error, ValueError)
