"""The text that names a model: one grammar for every command."""

import sys

import pytest

from netzoo.errors import BadInput, UnknownName
from netzoo.models.catalog import model_spec
from netzoo.models.code import check_place
from netzoo.models.spec import CODE, KERAS, REGISTERED, SAVED


@pytest.mark.parametrize(
    ("text", "origin", "place", "name", "changes", "settings"),
    [
        ("lenet", REGISTERED, "", "lenet", {}, {}),
        ("alexnet:dropout=0@epochs=3", REGISTERED, "", "alexnet", {"dropout": 0}, {"epochs": 3}),
        ("vgg", REGISTERED, "", "vgg", {}, {}),
        ("vgg:deep=True", REGISTERED, "", "vgg", {"deep": True}, {}),
        ("keras:ResNet50", KERAS, "", "ResNet50", {}, {}),
        ("keras:VGG16:pooling=avg@epochs=2", KERAS, "", "VGG16", {"pooling": "avg"}, {"epochs": 2}),
        ("a/b.py:build", CODE, "a/b.py", "build", {}, {}),
        ("a/b.py:build:width=2,deep=True", CODE, "a/b.py", "build", {"width": 2, "deep": True}, {}),
        ("a/b.py", CODE, "a/b.py", "", {}, {}),
        ("C:\\x\\b.py:build", CODE, "C:\\x\\b.py", "build", {}, {}),
        ("/home/a@b/c.py:build@epochs=2", CODE, "/home/a@b/c.py", "build", {}, {"epochs": 2}),
        ("/home/a@b/c.py:build", CODE, "/home/a@b/c.py", "build", {}, {}),
        ("mine.nets:tiny", CODE, "mine.nets", "tiny", {}, {}),
        ("mine.nets:tiny:width=2", CODE, "mine.nets", "tiny", {"width": 2}, {}),
        ("old.keras", SAVED, "", "old.keras", {}, {}),
        ("x@y/old.H5", SAVED, "", "x@y/old.H5", {}, {}),
        ("old.keras@weights=none", SAVED, "", "old.keras", {}, {"weights": "none"}),
    ],
)  # fmt: skip
def test_a_text_has_one_reading(text, origin, place, name, changes, settings):
    spec = model_spec(text)
    assert (spec.origin, spec.place, spec.name) == (origin, place, name)
    assert (spec.changes, spec.settings) == (changes, settings)
    assert (str(spec), hash(spec)) == (text, hash(model_spec(text)))
    assert text.startswith(spec.model)
    assert spec == model_spec(text)


def test_a_module_of_the_working_folder_is_known_before_it_is_imported(monkeypatch, tmp_path):
    """The installed command has no working folder in its path."""
    (tmp_path / "my_own_nets.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    check_place(model_spec("my_own_nets:tiny"))
    with pytest.raises(UnknownName, match="no model or module 'my_other_nets'"):
        check_place(model_spec("my_other_nets:tiny"))


def test_a_module_without_a_spec_and_a_name_without_a_module(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    check_place(model_spec("__main__:tiny"))
    with pytest.raises(UnknownName, match=r"no model or module '\.x'"):
        check_place(model_spec(".x:tiny"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alexnet:dropout", "a change is written name=value; received 'dropout'"),
        ("alexnet:", "a change is written name=value; received ''"),
        ("alexnet:=2", "a change is written name=value; received '=2'"),
        ("alexnet@", "a setting is written name=value; received ''"),
        ("keras:ResNet50:avg", "a change is written name=value; received 'avg'"),
        ("b.py:build:width", "a change is written name=value; received 'width'"),
        ("alexnet:dropout=0,dropout=1", "change 'dropout' is given twice"),
    ],
)
def test_what_is_not_in_the_grammar_is_named(text, words):
    with pytest.raises(BadInput) as caught:
        model_spec(text)
    assert words in str(caught.value)
