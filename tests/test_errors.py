import pytest

from netzoo.errors import BadInput, UnknownName, no_such


@pytest.mark.parametrize(
    ("received", "known", "words"),
    [
        ("alexnt", ["lenet", "alexnet"], "no model 'alexnt'; did you mean 'alexnet'? Known: "),
        ("ALEXNET", ["alexnet"], "did you mean 'alexnet'?"),
        ("vgg1", ["LeNet", "VGG16"], "did you mean 'VGG16'?"),
        ("zzz", ["b", "a"], "no model 'zzz'. Known: a, b."),
        ("x", [], "no model 'x'; it takes none."),
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
