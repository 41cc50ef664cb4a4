"""Recipes in TOML files: what is written is read again, and what is wrong is said in a line."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from netzoo.errors import BadInput, UnknownName
from netzoo.recipe_files import register, to_toml
from netzoo.recipes import RECIPES
from netzoo.runs.request import Request

SMALL = "epochs = 3\nbatch_size = 8\nlearning_rate = 0.01\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with RECIPES.temporary():
        yield tmp_path


@pytest.mark.parametrize("name", ["lesson", "quick", "brief"])
def test_a_recipe_comes_back_from_its_file_for_every_family(folder, name):
    (folder / "mine.toml").write_text(to_toml(name))
    register("mine.toml")
    for family in ("lenet", "alexnet", "another"):
        expected = replace(RECIPES[name](family), name="mine", tuned=False)
        assert RECIPES["mine.toml"](family) == expected


def test_the_command_shows_a_recipe_of_netzoos_and_one_of_a_file(folder):
    from netzoo_cli.app import app

    def printed(*words):
        done = CliRunner().invoke(app, ["recipe", *words], standalone_mode=False)
        assert done.exception is None, done.exception
        return done.stdout

    assert printed("list").splitlines()[0].startswith("brief: ")
    shown = printed("show", "quick")
    assert "\nepochs = 6  # epochs: passes over the training images\n" in shown
    assert "\n[family.lenet]\nlearning_rate = 0.01\n" in shown
    (folder / "again.toml").write_text(shown)
    assert printed("show", "again.toml").splitlines()[1:] == shown.splitlines()[1:]


def test_a_file_that_has_changed_is_another_request(folder):
    def request():
        wanted = Request.of("lenet", recipe="mine.toml")
        wanted.check()
        return wanted.to_dict()

    (folder / "mine.toml").write_text(SMALL)
    first = request()
    assert first == request()
    (folder / "mine.toml").write_text(SMALL.replace("3", "4"))
    assert request() != first
    assert RECIPES["mine.toml"]("lenet").epochs == 4


def test_options_of_the_optimizer_are_a_table(folder):
    text = SMALL + 'optimizer = "adamw"\n[optimizer_options]\nweight_decay = 0.001\n'
    (folder / "mine.toml").write_text(text)
    register("mine.toml")
    assert RECIPES["mine.toml"]("").optimizer_options == {"weight_decay": 0.001}
    (folder / "again.toml").write_text(to_toml("mine.toml"))
    register("again.toml")
    assert RECIPES["again.toml"]("") == replace(RECIPES["mine.toml"](""), name="again")


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (None, BadInput, "the recipe 'mine.toml' cannot be read: No such file or directory."),
        ("epochs 3", BadInput, "mine.toml is not TOML: "),
        (b"\xff", BadInput, "mine.toml is not TOML: "),
        ("epochs = 3\nepochs = 4", BadInput, "mine.toml is not TOML: "),
        ("epochs = 3", BadInput, "mine.toml has no batch_size; netzoo recipe show quick has an"),
        (SMALL + "epoch = 3", UnknownName, "no setting 'epoch' in mine.toml; did you"),
        (SMALL + "tuned = true", UnknownName, "no setting 'tuned' in mine.toml"),
        (SMALL + "name = 'x'", UnknownName, "no setting 'name' in mine.toml"),
        (SMALL.replace("3", "0"), BadInput, "mine.toml: epochs is from 1 to 100000; received 0."),
        (SMALL.replace("3", "'3'"), BadInput, "mine.toml: epochs is a whole number; received '3'."),
        (SMALL + "optimizer = 'adm'", BadInput, "mine.toml: no optimizer 'adm'; did you mean"),
        (SMALL + "optimizer_options = 3", BadInput, "mine.toml: optimizer_options is a table"),
        (SMALL + "optimizer_options = {a = [1]}", BadInput, "mine.toml: optimizer_options is a"),
        (SMALL + "weights = 1", BadInput, "mine.toml: weights is text; received 1."),
        (SMALL + "family = 3", BadInput, "mine.toml: a family's fields stand below [family.NAME]."),
        (SMALL + "[family]\nlenet = 3", BadInput, "mine.toml: a family's fields stand below"),
        (SMALL + "[family.lenett]\nepochs = 3", UnknownName, "no family 'lenett' in mine.toml;"),
        (SMALL + "[family.lenet]\nepoch = 3", UnknownName, "no setting 'epoch' in mine.toml; did"),
        (SMALL + "[lenet]\nepochs = 3", UnknownName, "no setting 'lenet' in mine.toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_in_a_line(folder, text, kind, words):
    if text is not None:
        path = folder / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(kind) as error:
        Request.of("lenet", recipe="mine.toml").check()
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)
