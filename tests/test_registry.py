import subprocess
import sys
from dataclasses import replace

import keras
import pytest
from study_records import DATA

import netzoo
from netzoo.cost.model_list import grouped, model_json, model_table
from netzoo.errors import BadInput, UnknownName
from netzoo.models.catalog import MODELS, base_of, model_spec, name_of, register_model
from netzoo.registry import Registry
from netzoo.runs.request import native_shape


@pytest.fixture
def spare_models():
    """Give the registry back as it was."""
    with MODELS.temporary():
        yield


def tiny(input_shape=(8, 8, 1), num_classes=10, *, activation: str = "relu", width: int = 4):
    """Build one dense layer."""
    import keras

    image = keras.Input(input_shape)
    x = keras.layers.Flatten()(image)
    x = keras.layers.Dense(width, activation=activation)(x)
    return keras.Model(image, keras.layers.Dense(num_classes)(x))


def test_the_built_in_models_are_the_lessons_and_their_history():
    assert netzoo.list_models("lenet*") == [
        "lenet",
        "lenet-batchnorm",
        "lenet-dropout",
        "lenet-maxpool",
        "lenet-modern",
        "lenet-modern-wide",
        "lenet-modern-wide-deep",
        "lenet-relu",
        "lenet-relu-maxpool",
        "lenet5",
        "lenet5-avgpool",
        "lenet5-full",
        "lenet5-maxpool",
        "lenet5-relu",
        "lenet5-tanh",
    ]
    assert netzoo.list_models("alexnet-[ns]*") == ["alexnet-nodropout", "alexnet-sigmoid"]
    bases = {base_of(info.family).name for info in MODELS.values()}
    assert bases == {
        *("alexnet", "alexnet2012", "densenet", "densenet121", "googlenet", "lenet", "lenet5"),
        *("mlp", "mobilenet", "nin", "resnet18", "resnet20", "resnext", "vgg11", "vit-tiny"),
    }


def test_info_tells_family_changes_options_and_input():
    info = netzoo.model_info("alexnet-sigmoid:dropout=0.2")
    assert info.family == "alexnet"
    assert info.changes == {"activation": "sigmoid", "dropout": 0.2}
    assert info.options == {
        "activation": "sigmoid",
        "pooling": "max",
        "dropout": 0.2,
        "fc_layers": 2,
        "wide": True,
        "deep": True,
        "batchnorm": False,
    }
    assert info.input_shape == (224, 224, 1)
    assert info.summary.startswith("Build AlexNet")


def test_a_users_model_registers_with_its_variants(spare_models):
    register_model("tiny")(register_model("tiny-wide", width=32)(tiny))
    assert netzoo.list_models("tiny*") == ["tiny", "tiny-wide"]
    model = netzoo.create_model("tiny-wide", num_classes=3)
    assert model.output_shape == (None, 3)
    assert model.layers[2].units == 32
    assert netzoo.create_model("tiny-wide", width=5).layers[2].units == 5


def test_a_list_has_the_models_of_a_family_together_and_its_base_first(spare_models):
    register_model("tiny")(register_model("a-wide-one", width=32)(tiny))
    names = [info.name for info in grouped(["tiny", "lenet-relu", "a-wide-one", "lenet"])]
    assert names == ["lenet", "lenet-relu", "tiny", "a-wide-one"]


def placed(input_shape, num_classes, /):
    return needing(input_shape, num_classes)


def needing(input_shape, num_classes, *, width=4):
    """Build one layer."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(num_classes)]
    return keras.Sequential(layers)


def of_any_size(input_shape=(None, None, 3), num_classes=10):
    return needing(input_shape, num_classes)


def of_no_size(input_shape=None, num_classes=10):
    return needing(input_shape, num_classes)


@pytest.mark.parametrize("builder", [needing, of_any_size, of_no_size])
def test_a_builder_without_a_size_takes_that_of_the_data(spare_models, builder):
    register_model("sizeless")(builder)
    assert not netzoo.model_info("sizeless").sized
    assert netzoo.create_model("sizeless", num_classes=7).output_shape == (None, 7)
    assert netzoo.summary("sizeless").params == 28 * 28 * 10 + 10
    rows = [(netzoo.model_info(name), netzoo.summary(name)) for name in ("lenet", "sizeless")]
    assert "sizeless" in model_table(rows).render("table")
    assert [model_json(*row)["input_shape"] for row in rows] == [[28, 28, 1], [28, 28, 1]]
    data = replace(DATA, image_shape=(40, 30, 3))
    assert native_shape(model_spec("sizeless"), data) == (40, 30, 3)
    assert native_shape(model_spec("lenet"), data) == (28, 28, 3)


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        (lambda input_shape, num_classes: "net", "of 'bad' returns str; expected a keras.Model."),
        (
            lambda input_shape, num_classes: keras.layers.Dense(num_classes),
            "the builder of 'bad' returns Dense; expected a keras.Model.",
        ),
        (
            lambda input_shape, num_classes: keras.Sequential([keras.layers.Conv2D(4, 40)]),
            "the model of 'bad' cannot be built on images of 28 × 28 × 1: ",
        ),
    ],
)
def test_a_builder_that_gives_no_model_of_images_is_told(spare_models, builder, words):
    register_model("bad")(builder)
    with pytest.raises(BadInput, match=words):
        netzoo.create_model("bad")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: register_model("places")(placed), "takes no argument 'input_shape'"),
        (lambda: register_model("lenet")(tiny), "model 'lenet' is registered already"),
        (lambda: register_model("tiny", depth=3)(tiny), "no change 'depth' in tiny"),
        (lambda: register_model("ti:ny")(tiny), "holds no ':'"),
        (lambda: register_model("tiny@2")(tiny), "'@' or space; received 'tiny@2'"),
        (lambda: register_model("tiny")(lambda size: size), "no argument 'input_shape'"),
    ],
)
def test_a_bad_registration_is_refused(spare_models, make, words):
    with pytest.raises(BadInput, match=words):
        make()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("alexnt", "no model 'alexnt'; did you mean 'alexnet'?"),
        ("alexnet:droput=0.2", "no change 'droput' in alexnet; did you mean 'dropout'?"),
        ("alexnet:activation=rellu", "did you mean 'relu'?"),
        ("alexnet:dropout=lots", "dropout of alexnet is a number; received 'lots'"),
        ("alexnet:dropout=True", "dropout of alexnet is a number; received True"),
        ("alexnet:fc_layers=1.5", "fc_layers of alexnet is a whole number; received 1.5"),
        ("alexnet:wide=1", "wide of alexnet is True or False; received 1"),
        ("lenet:deep=yes", "deep of lenet is True or False; received 'yes'"),
        ("vgg11:depth=12", "no value of depth '12' in vgg11. Known: 11, 13, 16, 19."),
        ("resnet18:depth=101", "no value of depth '101' in resnet18"),
        ("resnext:cardinality=3", "no value of cardinality '3' in resnext"),
        ("vit-tiny:heads=3.0", "heads of vit-tiny is a whole number; received 3.0"),
        ("googlenet:branches=two", "no value of branches 'two' in googlenet"),
        ("alexnet@epochs=3", "name the model alone: 'alexnet'"),
        ("alexnet:dropout", "a change is written name=value; received 'dropout'"),
        ("alexnet:", "a change is written name=value; received ''"),
        ("alexnet:dropout=0,dropout=1", "change 'dropout' is given twice"),
        ("alexnet:dropout=__import__('os')", "dropout of alexnet is a number; received"),
    ],
)
def test_a_wrong_spec_names_what_is_wrong(spec, words):
    with pytest.raises(BadInput) as caught:
        netzoo.model_info(spec)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dropout": 1.0}, "dropout is a share from 0 up to, not including, 1; received 1.0"),
        ({"dropout": -0.1}, "received -0.1"),
        ({"fc_layers": 9}, "fc_layers of alexnet is 0 to 4; received 9"),
        ({"num_classes": 1}, "at least 2 classes; received 1"),
        ({"input_shape": (64, 64, 1)}, "at least 65 × 65 px; received 64 × 64 px"),
        ({"input_shape": (224, 64, 3)}, "received 224 × 64 px"),
        ({"input_shape": (224, 224)}, "height, width, channels"),
        ({"input_shape": (224, 224, 0)}, "positive whole number"),
        ({"input_shape": 224}, "received 224"),
    ],
)
def test_a_wrong_build_names_what_is_wrong(arguments, words):
    with pytest.raises(BadInput) as caught:
        netzoo.create_model("alexnet", **arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("mlp", {"hidden_layers": -1}, "hidden_layers of mlp is at least 0; received -1"),
        ("mlp", {"dropout": 1}, "received 1"),
        ("densenet", {"depth": 23}, "received 23, the nearest is 22"),
        ("densenet", {"depth": 4}, "depth of densenet is at least 7; received 4"),
        ("densenet121", {"growth": 0}, "growth of densenet121 is at least 1; received 0"),
        ("mobilenet", {"width": 0}, "from 1/32 to 1; received 0"),
        ("mobilenet", {"width": 1.01}, "received 1.01"),
        ("mobilenet", {"width": float("nan")}, "received nan"),
        ("vit-tiny", {"patch": 0}, "patch of vit-tiny is at least 1; received 0"),
        ("vit-tiny", {"patch": 29}, "at least 29 × 29 px; received 28 × 28 px"),
        ("vit-tiny", {"patch": 8}, "multiple of its patch of 8 px; received 28 px, the nearest"),
        ("vit-tiny", {"heads": 5}, "divide its 192 channels; received 5, the nearest is 4"),
        ("vit-tiny", {"heads": 500}, "received 500, the nearest is 192"),
        ("vit-tiny", {"depth": 0}, "depth of vit-tiny is at least 1; received 0"),
        ("vit-tiny", {"input_shape": (28, 30, 1)}, "received 30 px, the nearest is 28"),
    ],
)
def test_a_wrong_number_of_a_family_names_what_is_wrong(name, arguments, words):
    with pytest.raises(BadInput) as caught:
        netzoo.create_model(name, **arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("family", "changes", "name"),
    [
        ("lenet", {}, "lenet"),
        ("lenet", {"activation": "sigmoid", "wide": False}, "lenet"),  # as the base has it
        ("lenet", {"pooling": "max", "activation": "relu"}, "lenet-relu-maxpool"),
        ("lenet", {"dropout": 0.5, "deep": False}, "lenet-dropout"),
        ("alexnet", {"fc_layers": 1, "dropout": 0.5}, "alexnet-onefc"),
        ("alexnet", {"dropout": 0}, "alexnet-nodropout"),
        ("alexnet", {"dropout": 0.2, "wide": False}, "alexnet:dropout=0.2,wide=False"),
        ("alexnet", {"pooling": "max", "activation": "tanh"}, "alexnet:activation=tanh"),
        ("resnet", {}, "resnet18"),
        ("resnet", {"depth": 34, "shortcut": False}, "resnet34-plain"),
        ("vgg", {"depth": 13, "batchnorm": True}, "vgg11:depth=13,batchnorm=True"),
    ],
)
def test_changes_have_the_registered_name_or_else_a_spec(family, changes, name):
    assert name_of(family, changes) == name
    options = base_of(family).options | changes
    assert netzoo.model_info(name).options == options


@pytest.mark.parametrize(
    ("family", "changes", "words"),
    [
        ("alexnt", {}, "no family 'alexnt'; did you mean 'alexnet'?"),
        ("lenet-relu", {}, "no family 'lenet-relu'"),
        ("lenet", {"droput": 0.5}, "no change 'droput' in lenet; did you mean 'dropout'?"),
        ("lenet", {"droput": None}, "no change 'droput' in lenet; did you mean 'dropout'?"),
        ("lenet", {"activation": "rellu"}, "did you mean 'relu'?"),
        ("lenet", {"wide": 1}, "wide of lenet is True or False; received 1"),
    ],
)
def test_changes_that_a_family_does_not_have_are_refused(family, changes, words):
    with pytest.raises(BadInput) as caught:
        name_of(family, changes)
    assert words in str(caught.value)


def test_a_registry_is_a_sorted_mapping():
    colours = Registry("colour")
    colours.add("red", 1)
    colours.register("blue")(2)
    assert list(colours) == ["blue", "red"]
    assert len(colours) == 2
    assert "green" not in colours
    with pytest.raises(UnknownName, match="no colour 'rd'; did you mean 'red'"):
        colours["rd"]


def test_what_a_registry_is_given_for_a_time_is_forgotten():
    colours = Registry("colour")
    colours.add("red", 1)

    def fail():
        with colours.temporary():
            colours.add("blue", 2)
            assert dict(colours) == {"blue": 2, "red": 1}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert dict(colours) == {"red": 1}
    colours.add("blue", 3)
    assert list(colours) == ["blue", "red"]


def test_names_and_specs_need_no_keras():
    code = (
        "import sys, netzoo; netzoo.list_models(); netzoo.model_info('alexnet:dropout=0.1'); "
        "sys.exit(bool({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
