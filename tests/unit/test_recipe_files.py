"""Recipes in TOML files: what is written is read again."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from netzoo.models.catalog import MODELS, register_model
from netzoo.recipe_files import register, to_toml
from netzoo.recipes import RECIPES
from netzoo.runs.request import Request

SMALL = "epochs = 3\nbatch_size = 8\nlearning_rate = 0.01\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with RECIPES.temporary():
        yield tmp_path


@pytest.mark.parametrize("name", ["lesson", "quick", "brief", "modern"])
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


OPTIONS = """
optimizer = "adamw"
schedule = "PiecewiseConstantDecay"
loss = "CategoricalCrossentropy"
[optimizer_options]
weight_decay = 0.001
[schedule_options]
boundary_epochs = [1, 1.5]
values = [0.01, 0.001, 0.0001]
[loss_options]
label_smoothing = 0.1
[family.alexnet]
schedule = "CosineDecay"
schedule_options = { alpha = 0.1 }
[family.lenet]
schedule = "constant"
"""


def test_options_are_tables_and_those_of_another_value_are_left_out(folder):
    text = SMALL + OPTIONS
    (folder / "mine.toml").write_text(text)
    register("mine.toml")
    assert RECIPES["mine.toml"]("").optimizer_options == {"weight_decay": 0.001}
    (folder / "again.toml").write_text(to_toml("mine.toml"))
    register("again.toml")
    for family in ("", "lenet", "alexnet"):
        again = replace(RECIPES["mine.toml"](family), name="again")
        assert RECIPES["again.toml"](family) == again
    assert RECIPES["again.toml"]("").schedule_options["boundary_epochs"] == [1, 1.5]
    assert RECIPES["again.toml"]("alexnet").schedule_options == {"alpha": 0.1}
    assert RECIPES["again.toml"]("lenet").schedule_options is None
    assert RECIPES["again.toml"]("lenet").loss_options == {"label_smoothing": 0.1}


def test_the_families_of_installed_packages_are_known(folder, monkeypatch):
    """Their modules are imported for a name that is not known, or as here for its family."""

    def packaged(input_shape=(28, 28, 1), num_classes=10):
        """Build nothing here."""

    (folder / "mine.toml").write_text(SMALL + "[family.packaged]\nepochs = 5\n")
    with MODELS.temporary():
        monkeypatch.setattr(MODELS, "_load", lambda: register_model("packaged")(packaged))
        register("mine.toml")
        assert RECIPES["mine.toml"]("packaged").epochs == 5
