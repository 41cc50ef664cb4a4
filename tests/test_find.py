"""Models from wherever they are, by `netzoo summary` and netzoo.summary."""

import json

import keras
import pytest
from keras import layers

import netzoo
from netzoo.errors import BadInput, DataError, UnknownName

MINE = """
import keras
def build(input_shape=(8, 8, 1), num_classes=3):
    image = keras.Input(input_shape)
    x = keras.layers.Flatten()(image)
    return keras.Model(image, keras.layers.Dense(num_classes)(x))
def plain():
    return build((4, 4, 1))
def number():
    return 3
def broken():
    raise RuntimeError("no weights today")
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "bad.py").write_text("import nothing_like_it\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.backend_independent
def test_a_callable_of_yours(mine, netzoo):
    done = netzoo("summary", "mine:build", "--format", "json", "--input-shape", "8,8,2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["macs"] == 128 * 3


def test_classes_are_passed_on_where_they_are_taken(mine):
    assert netzoo.summary("mine.py:build", num_classes=7).macs == 64 * 7
    assert netzoo.summary("mine.py:plain").macs == 48
    with pytest.raises(BadInput, match=r"mine\.py:plain takes no num_classes"):
        netzoo.summary("mine.py:plain", num_classes=7)


DRAWN = []


def drawn(shape, dtype=None):
    DRAWN.append(shape)
    return keras.ops.zeros(shape, dtype)


def drawing():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, kernel_initializer=drawn)])


def test_no_weight_is_allocated_later_either():
    with keras.StatelessScope(initialize_variables=False):
        layers.Dense(2, kernel_initializer=drawn).build((None, 4))  # awaits the next scope's end
    netzoo.summary(f"{__name__}:drawing")
    assert DRAWN == []
    with keras.StatelessScope():
        pass
    assert DRAWN == [(4, 2)]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mine.py:buidl", "no callable 'buidl' in mine.py; did you mean 'build'?"),
        ("mine.py:number", "mine.py:number returns int; expected a keras.Model."),
        ("mine.py:broken", "mine.py:broken cannot be built: no weights today"),
        ("missing.py:build", "'missing.py' does not exist."),
        ("bad.py:build", "bad.py cannot be imported: No module named 'nothing_like_it'"),
        ("no_such_module:build", "no model or module 'no_such_module'"),
        ("alexnt:build", "did you mean 'alexnet'?"),
        ("keras:ResNet5", "no model 'ResNet5' in keras.applications; did you mean 'ResNet50'?"),
        ("missing.keras", "'missing.keras' does not exist."),
        ("lenet:dropout", "a change is written name=value"),
    ],
)
def test_what_cannot_be_found_is_one_line(mine, spec, words):
    with pytest.raises(netzoo.NetzooError) as caught:
        netzoo.summary(spec)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "input_shape"),
    [
        ("lenet-modern@augment=flip+crop,as=alexnet", (28, 28, 1)),
        ("alexnet@image_size=72", (72, 72, 1)),
        ("alexnet:fc_layers=1@epochs=2,image_size=96", (96, 96, 1)),
    ],
)
def test_settings_of_a_training_change_a_model_by_their_image_size_alone(spec, input_shape):
    model = spec.partition("@")[0]
    cost = netzoo.summary(spec)
    assert cost.input_shape == input_shape
    assert cost.macs == netzoo.summary(model, input_shape=input_shape).macs


def test_a_keras_file(mine):
    model = netzoo.create_model("lenet")
    model.save("lenet.keras")
    assert netzoo.summary("lenet.keras").macs == 416_520
    with pytest.raises(BadInput, match="has its own number of classes"):
        netzoo.summary("lenet.keras", num_classes=3)
    (mine / "damaged.keras").write_bytes((mine / "lenet.keras").read_bytes()[:1000])
    with pytest.raises(DataError, match=r"damaged\.keras cannot be loaded in safe mode"):
        netzoo.summary("damaged.keras")


def test_a_keras_file_with_a_lambda_is_refused_in_one_line(mine, netzoo_here):
    image = keras.Input((4,))
    keras.Model(image, layers.Lambda(lambda x: x * 2)(image)).save("lambda.keras")
    done = netzoo_here("summary", "lambda.keras")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: lambda.keras cannot be loaded in safe mode: ")
    assert done.stderr.count("\n") == 1


def test_an_application_by_name_with_its_shape_and_classes():
    cost = netzoo.summary("keras:MobileNetV2", input_shape=(96, 96, 3), num_classes=5)
    assert cost.input_shape == (96, 96, 3)
    assert cost.layers[-1].output_shape == (5,)
    assert netzoo.summary("keras:MobileNetV3Small").input_shape == (224, 224, 3)
    with pytest.raises(BadInput, match="keras:MobileNetV2 cannot be built: "):
        netzoo.summary("keras:MobileNetV2", input_shape=(8, 8, 3))
    with pytest.raises(BadInput, match="keras:ResNet50 cannot be built: Received an invalid value"):
        netzoo.summary("keras:ResNet50", num_classes=0)
    with pytest.raises(UnknownName):
        netzoo.summary("keras:vgg")


def test_several_models_side_by_side(netzoo_here):
    done = netzoo_here("summary", "lenet", "keras:VGG16", "--format", "json")
    assert [model["flops"] for model in json.loads(done.stdout)] == [833_040, 30_940_528_640]
    assert "15.5 G" in netzoo_here("summary", "lenet", "keras:VGG16").stdout


def test_depth_sort_columns_and_batch(netzoo_here):
    arguments = ("--sort", "macs", "--columns", "macs,activation_bytes", "--batch-size", "4")
    done = netzoo_here("summary", "alexnet", *arguments, "--format", "csv")
    lines = done.stdout.splitlines()
    assert lines[0] == "name,macs,macs_share,activation_bytes"
    assert lines[1] == f"conv2,{4 * 415_334_400},0.442718,{4 * 692_224}"
    wrong = netzoo_here("summary", "alexnet", "--columns", "mac")
    assert wrong.stderr.startswith("Error: no column 'mac'; did you mean 'macs'?")
    wrong = netzoo_here("summary", "alexnet", "--sort", "size")
    assert wrong.stderr.startswith("Error: no column to sort by 'size'. Known: ")
    wrong = netzoo_here("summary", "alexnet", "--depth", "0")
    assert wrong.stderr == "Error: --depth is at least 1; received 0.\n"


def test_a_cost_prints_itself():
    cost = netzoo.summary("lenet")
    assert str(cost).startswith(" Layer ")
    assert "61,706 parameters" in str(cost)
    page = cost._repr_html_()
    assert page.startswith("<table>")
    assert page.count("<tr>") == 1 + len(cost.layers)
    assert cost.to_dict()["macs"] == 416_520


def test_a_cost_as_a_data_frame():
    cost = netzoo.summary("lenet")
    frame = cost.to_pandas()
    assert frame.loc["conv2", "macs"] == 240_000
    assert frame["params"].sum() == cost.params
