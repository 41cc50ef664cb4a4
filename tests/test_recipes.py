import pytest

from netzoo.errors import BadInput
from netzoo.recipes import RECIPES, recipe


def test_the_lesson_trains_as_the_book_does():
    lenet, alexnet = recipe("lesson", "lenet"), recipe("lesson", "alexnet")
    assert (lenet.epochs, lenet.batch_size, lenet.learning_rate) == (10, 256, 0.9)
    assert (alexnet.epochs, alexnet.batch_size, alexnet.learning_rate) == (10, 128, 0.01)
    for chosen in (lenet, alexnet):
        assert (chosen.optimizer, chosen.schedule, chosen.augment) == ("sgd", "constant", "none")
        assert (chosen.limit_train, chosen.limit_test, chosen.image_size) == (None, None, None)
        assert chosen.test_each_epoch


def test_the_quick_recipe_differs_between_families_in_learning_rate_and_size_alone():
    lenet, alexnet = vars(recipe("quick", "lenet")), vars(recipe("quick", "alexnet"))
    assert {key for key in lenet if lenet[key] != alexnet[key]} == {"learning_rate", "image_size"}


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_takes_its_own_values_and_serves_any_family(name):
    chosen = recipe(name, "somebody's")
    values = {key: value for key, value in vars(chosen).items() if key != "name"}
    assert chosen.changed(values) == chosen


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"epoch": 3}, "no setting 'epoch' in a recipe; did you mean 'epochs'?"),
        ({"name": "x"}, "no setting 'name'"),
        ({"epochs": 0}, "epochs is from 1 to 100000; received 0"),
        ({"epochs": 1.5}, "epochs is a whole number; received 1.5"),
        ({"epochs": True}, "epochs is a whole number; received True"),
        ({"epochs": None}, "epochs is a whole number; received None"),
        ({"batch_size": -1}, "received -1"),
        ({"learning_rate": float("nan")}, "learning_rate is from 1e-12 to 1e+06; received nan"),
        ({"learning_rate": 0}, "received 0"),
        ({"learning_rate": "fast"}, "learning_rate is a number; received 'fast'"),
        ({"optimizer": "adm"}, "no optimizer 'adm'; did you mean 'adam'?"),
        ({"augment": "flip+crp"}, "did you mean 'flip+crop'?"),
        ({"precision": "mixed_float"}, "did you mean 'mixed_float16'?"),
        ({"image_size": 0}, "image_size is from 1 to 4096; received 0"),
        ({"limit_train": 0}, "received 0"),
        ({"validation": 1}, "validation is from 0 to 0.9; received 1"),
        ({"test_each_epoch": 1}, "test_each_epoch is True or False; received 1"),
    ],
)
def test_a_wrong_setting_names_what_is_wrong(overrides, words):
    with pytest.raises(BadInput) as caught:
        recipe("quick", "lenet", overrides)
    assert words in str(caught.value)


def test_what_is_measured_after_every_epoch():
    assert recipe("lesson", "lenet").curve == "test"
    assert recipe("lesson", "lenet", {"validation": 0.2}).curve == "validation"
    assert recipe("quick", "lenet").curve == "validation"
    assert recipe("quick", "lenet", {"validation": 0.0}).curve is None


def test_settings_are_tuned_for_the_families_that_they_were_chosen_for():
    for name in RECIPES:
        assert [recipe(name, family).tuned for family in ("lenet", "alexnet", "mine")] == [
            True, True, False,
        ]  # fmt: skip


def test_none_gives_back_the_models_own_size():
    assert recipe("quick", "alexnet", {"image_size": None}).image_size is None
