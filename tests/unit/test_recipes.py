import pytest

from netzoo.errors import BadInput
from netzoo.models.catalog import MODELS, model_spec, register_model
from netzoo.provenance import Device
from netzoo.recipes import RECIPES, check_settings, recipe
from netzoo.runs.request import AUTO, BRIEF, choose_recipe, recipe_of


def test_the_lesson_trains_as_the_book_does():
    lenet, alexnet = recipe("lesson", "lenet"), recipe("lesson", "alexnet")
    assert (lenet.epochs, lenet.batch_size, lenet.learning_rate) == (10, 256, 0.9)
    assert (alexnet.epochs, alexnet.batch_size, alexnet.learning_rate) == (10, 128, 0.01)
    for chosen in (lenet, alexnet):
        assert (chosen.optimizer, chosen.schedule, chosen.augment) == ("sgd", "constant", "none")
        assert (chosen.limit_train, chosen.limit_test, chosen.image_size) == (None, None, None)
        assert chosen.test_each_epoch


def differing(one, other):
    return {key for key in vars(one) if getattr(one, key) != getattr(other, key)}


def test_the_quick_recipe_differs_between_families_in_learning_rate_and_size_alone():
    lenet, alexnet = recipe("quick", "lenet"), recipe("quick", "alexnet")
    assert differing(lenet, alexnet) == {"learning_rate", "image_size"}


@pytest.mark.parametrize("family", ["alexnet", "vgg", "small_resnet", "somebody's"])
def test_the_modern_recipe_is_the_same_but_for_learning_rate_and_size(family):
    own, lenets = recipe("modern", family), recipe("modern", "lenet")
    assert differing(own, lenets) <= {"learning_rate", "image_size", "tuned"}
    assert (own.limit_train, own.limit_test) == (None, None)


@pytest.mark.parametrize("family", ["lenet", "alexnet", "somebody's"])
def test_the_brief_recipe_is_the_quick_one_with_less_of_all(family):
    quick, brief = recipe("quick", family), recipe("brief", family)
    always = {"name", "epochs", "limit_train", "learning_rate"}
    assert always <= differing(quick, brief) <= always | {"image_size", "batch_size"}
    for key in differing(quick, brief) - {"name"}:
        assert getattr(brief, key) < getattr(quick, key)
    assert brief.image_size == (72 if family == "alexnet" else None)


@pytest.mark.parametrize(
    ("family", "quick", "brief"),
    [
        *(("alexnet2012", 96, 72), ("vgg", 96, 72), ("resnet", 96, 72), ("mobilenet", 96, 72)),
        *(("small_resnet", None, None), ("vit", None, None), ("somebody's", None, None)),
    ],
)
def test_families_of_large_images_take_smaller_ones(family, quick, brief):
    assert recipe("quick", family).image_size == quick
    assert recipe("brief", family).image_size == brief
    assert recipe("lesson", family).image_size is None


def test_a_network_of_yours_takes_smaller_images_only_where_its_own_are_larger():
    def mine(input_shape=(80, 80, 3), num_classes=10):
        """Build nothing here."""

    with MODELS.temporary():
        register_model("mine")(mine)
        assert recipe("quick", "mine").image_size is None
        assert recipe("brief", "mine").image_size == 72


@pytest.mark.parametrize(
    ("asked", "on_gpu", "on_cpu"),
    [
        (AUTO, "lesson", "quick"),
        (BRIEF, "lesson", "brief"),
        ("brief", "brief", "brief"),
    ],
)
def test_an_automatic_recipe_is_the_lessons_on_a_gpu_and_a_small_one_on_a_cpu(
    asked, on_gpu, on_cpu
):
    chosen = [choose_recipe(asked, Device(kind, "a device")) for kind in ("gpu", "cpu")]
    assert chosen == [on_gpu, on_cpu]


@pytest.mark.parametrize(
    ("spec", "model", "settings"),
    [
        ("alexnet", "alexnet", {}),
        ("lenet@augment=flip+crop", "lenet", {"augment": "flip+crop"}),
        (
            "alexnet:dropout=0,wide=False@augment=flip, epochs=3",
            "alexnet:dropout=0,wide=False",
            {"augment": "flip", "epochs": 3},
        ),
        (
            "lenet-relu@as=alexnet,image_size=None",
            "lenet-relu",
            {"as": "alexnet", "image_size": None},
        ),
        ("lenet@learning_rate=1e-3", "lenet", {"learning_rate": 1e-3}),
        ("lenet@ema=0.99,test_flip=True", "lenet", {"ema": 0.99, "test_flip": True}),
    ],
)
def test_a_spec_has_the_settings_of_its_model_after_an_at(spec, model, settings):
    parsed = model_spec(spec)
    check_settings(parsed)
    assert (parsed.model, parsed.settings) == (model, settings)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("lenet@augmnt=flip", "no setting 'augmnt' in a recipe; did you mean 'augment'?"),
        ("lenet@augment=flp", "no augment 'flp'; did you mean 'flip'?"),
        ("lenet@name=mine", "no setting 'name' in a recipe"),
        ("lenet@dropout=0.5", "no setting 'dropout' in a recipe"),
        ("lenet@epochs=0", "epochs is from 1 to 100000; received 0"),
        ("lenet@epochs=3,epochs=4", "setting 'epochs' is given twice in 'lenet@epochs=3,epochs=4'"),
        ("lenet@", "a setting is written name=value; received '' in 'lenet@'"),
        ("lenet@epochs", "a setting is written name=value; received 'epochs'"),
        (
            "lenet@limit_train=5",
            "limit_train is the same for all models of a comparison; received it for 'lenet' "
            "alone. Give it to all as `limit_train`.",
        ),
        ("lenet@limit_test=5", "Give it to all as `limit_test`."),
        ("lenet@epochs=3,validation=0.2", "validation is the same for all models"),
        ("lenet@as=alexnt", "no family 'alexnt'; did you mean 'alexnet'?"),
        ("lenet@as=lenet-relu", "no family 'lenet-relu'"),
        ("lenet@as=3", "no family '3'"),
    ],
)
def test_a_wrong_setting_of_one_model_names_what_is_wrong(spec, words):
    with pytest.raises(BadInput) as caught:
        check_settings(model_spec(spec))
    assert words in str(caught.value)


CPU = Device("cpu", "a CPU")


def test_a_models_own_settings_stand_above_those_for_all():
    overrides = {"epochs": 7, "augment": "flip", "learning_rate": 0.5}
    chosen = recipe_of(
        model_spec("lenet@epochs=3,augment=none,as=alexnet"), "brief", overrides, CPU
    )
    assert (chosen.epochs, chosen.augment, chosen.learning_rate) == (3, "none", 0.5)
    assert recipe_of(model_spec("lenet"), "brief", overrides, CPU).epochs == 7


@pytest.mark.parametrize("name", list(RECIPES))
@pytest.mark.parametrize(("family", "other"), [("lenet", "alexnet"), ("alexnet", "lenet")])
def test_as_takes_the_other_familys_settings_and_keeps_the_image_size(name, family, other):
    own, theirs = (recipe_of(model_spec(spec), name, {}, CPU) for spec in (family, other))
    chosen = recipe_of(model_spec(f"{family}@as={other}"), name, {}, CPU)
    assert chosen.image_size == own.image_size
    assert chosen.learning_rate == theirs.learning_rate != own.learning_rate
    assert differing(chosen, theirs) <= {"image_size", "tuned"}
    sized = recipe_of(model_spec(f"{family}@as={other}"), name, {"image_size": 80}, CPU)
    assert sized.image_size == 80


@pytest.mark.parametrize(("native", "settled"), [(True, "mixed_bfloat16"), (False, "float32")])
def test_the_precision_is_settled_by_the_device_unless_it_is_asked_for(native, settled):
    device = Device("cpu", "a CPU", native_bfloat16=native)
    assert recipe_of(model_spec("lenet"), "quick", {}, device).precision == settled
    asked = recipe_of(model_spec("lenet@precision=mixed_float16"), "quick", {}, device)
    assert asked.precision == "mixed_float16"


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_takes_its_own_values_and_serves_any_family(name):
    chosen = recipe(name, "somebody's")
    values = {key: value for key, value in vars(chosen).items() if key not in ("name", "search")}
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
        ({"test_flip": "yes"}, "test_flip is True or False; received 'yes'"),
        ({"ema": 1}, "ema is from 0 to 0.99999; received 1"),
        ({"ema": True}, "ema is a number; received True"),
        ({"schedule": "cosine"}, "no schedule 'cosine'; did you mean 'CosineDecay'?"),
        ({"loss": "CategoricalFocalLoss"}, "did you mean 'CategoricalFocalCrossentropy'?"),
        ({"loss": 3}, "no loss '3'"),
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
            True, name != "modern", False,
        ]  # fmt: skip


def test_none_gives_back_the_models_own_size():
    assert recipe("quick", "alexnet", {"image_size": None}).image_size is None
