"""What a keras.json left over from other work changes of netzoo's own networks: nothing unsaid."""

import json

import keras
import pytest
from keras import layers
from reference import MACS, PARAMS

import netzoo
from netzoo.models import lenet
from netzoo.models.catalog import MODELS

SMALL = ("--dataset", "fashion_mnist_sample", "--limit-train", "200", "--limit-test", "100")
YOURS = """
import keras
def build():
    return keras.Sequential([keras.Input((3, 8, 6)), keras.layers.Conv2D(4, 3)])
"""


@pytest.fixture
def channels_first():
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    assert keras.config.image_data_format() == "channels_first"
    keras.config.set_image_data_format(before)


def keras_home(folder, **values):
    """Return the environment of a keras.json with these values."""
    (folder / "home").mkdir()
    (folder / "home" / "keras.json").write_text(json.dumps(values))
    return {"KERAS_HOME": str(folder / "home")}


@pytest.mark.parametrize("name", [n for n in PARAMS if n in netzoo.list_models()])
def test_registered_models_are_channels_last_whatever_the_default(channels_first, name):
    cost = netzoo.summary(name)
    assert (cost.params, cost.macs) == (PARAMS[name], MACS[name])


@pytest.mark.backend_independent
def test_builders_say_it_to_each_layer(channels_first):
    model = lenet(dropout=0.5, wide=True, deep=True)
    said = [layer.data_format for layer in model.layers if hasattr(layer, "data_format")]
    assert said == ["channels_last"] * 8


@pytest.mark.backend_independent
def test_applications_take_height_width_channels(channels_first):
    cost = netzoo.summary("keras:MobileNetV2", input_shape=(96, 64, 3))
    assert cost.layers[1].output_shape == (48, 32, 32)
    assert netzoo.summary("keras:VGG16").macs == 15_470_264_320
    assert netzoo.summary("keras:VGG16").input_shape == (224, 224, 3)


@pytest.mark.backend_independent
def test_a_registered_model_of_yours_gets_height_width_channels(channels_first):
    def yours(input_shape=(9, 7, 2), num_classes=3):
        image = keras.Input(input_shape)
        x = layers.MaxPooling2D(2)(layers.Conv2D(5, 3, padding="same")(image))
        return keras.Model(image, layers.Dense(num_classes)(layers.Flatten()(x)))

    with MODELS.temporary():
        netzoo.register_model("yours")(yours)
        cost = netzoo.summary("yours")
    assert cost.macs == 9 * 7 * 5 * 9 * 2 + 4 * 3 * 5 * 10


@pytest.mark.backend_independent
def test_a_model_of_yours_is_counted_as_keras_json_says(channels_first):
    x = keras.Input((2, 9, 7))
    convolved = layers.Conv2D(5, 3)(x)
    model = keras.Model(x, layers.AveragePooling2D(2)(layers.DepthwiseConv2D(3)(convolved)))
    cost = netzoo.count_cost(model)
    assert cost.macs == 7 * 5 * 5 * 9 * 2 + 5 * 3 * 5 * 9
    assert cost.layers[-1].output_shape == (5, 2, 1)


@pytest.mark.slow
def test_the_command_counts_and_trains_the_same(netzoo, tmp_path):
    usual = netzoo("compare", "lenet-maxpool", *SMALL, "--epochs", "1", "--format", "json")
    other = keras_home(tmp_path, image_data_format="channels_first", floatx="float16", epsilon=0.5)
    words = ("compare", "lenet-maxpool", *SMALL, "--epochs", "1", "--format", "json")
    told = [json.loads(done.stdout)["models"] for done in (usual, netzoo(*words, **other))]
    numbers = [
        {key: model[key] for key in ("test_accuracy", "test_loss", "train_loss", "params", "macs")}
        for (model,) in told
    ]
    assert numbers[0] == numbers[1]
    (tmp_path / "yours.py").write_text(YOURS)
    done = netzoo("summary", "yours.py:build", "--format", "json", **other)
    assert json.loads(done.stdout)["macs"] == 6 * 4 * 4 * 9 * 3


@pytest.mark.backend_independent
@pytest.mark.parametrize(
    ("floatx", "size"), [("float64", 8), pytest.param("float16", 2, marks=pytest.mark.slow)]
)
def test_another_floatx_is_said(netzoo, tmp_path, floatx, size):
    done = netzoo("summary", "lenet", "--format", "json", **keras_home(tmp_path, floatx=floatx))
    assert done.stderr == (
        f"Note: floatx is {floatx} in keras.json; weights and activations are counted in it where "
        "a model names no other.\n"
    )
    conv1 = json.loads(done.stdout)["layers"][1]
    assert conv1["weight_bytes"] == 156 * size
