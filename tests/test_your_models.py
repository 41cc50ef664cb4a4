"""Models of the user's own, and of keras.applications, are trained as registered ones are."""

import json

import keras
import numpy as np
import pytest

import netzoo
from netzoo.data import sample
from netzoo.data.source import Split
from netzoo.models import applications, trainable
from netzoo.models.catalog import model_spec
from netzoo.recipes import Recipe
from netzoo.training.inputs import Inputs

MINE = """
import keras

def build(input_shape=(20, 20, 1), num_classes=3, *, width: int = 4):
    image = keras.Input(input_shape)
    x = keras.layers.Conv2D(width, 3, activation="relu", name="conv")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(num_classes)(x))

def own(num_classes=10):
    return build((12, 16, 3), num_classes)

built = build((14, 14, 1), 10)
"""
GREY, COLOUR = (28, 28, 1), (24, 24, 3)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    keras.utils.set_random_seed(7)
    trainable.build(model_spec("mine.py:own"), GREY, 10).save("old.keras")
    body = keras.applications.MobileNet(
        weights=None, include_top=False, alpha=0.25, input_shape=(32, 32, 3)
    )
    body.save_weights("body.weights.h5")
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "data", "size", "expected"),
    [
        ("mine.py:build", GREY, None, (20, 20, 1)),
        ("mine.py:build", COLOUR, 18, (18, 18, 3)),
        ("mine.py:build:width=2", GREY, None, (20, 20, 1)),
        ("mine.py:own", GREY, None, (12, 16, 3)),
        ("mine.py:built", COLOUR, None, (14, 14, 1)),
        ("old.keras", GREY, None, (12, 16, 3)),
        ("keras:MobileNet:alpha=0.25", COLOUR, None, (32, 32, 3)),
        ("keras:MobileNet:alpha=0.25", (40, 24, 1), None, (40, 32, 1)),
        ("keras:MobileNet:alpha=0.25", GREY, 48, (48, 48, 1)),
    ],
)
def test_a_model_gets_the_size_of_the_data_its_minimum_or_its_own(mine, spec, data, size, expected):
    model, shape = trainable.fitted(model_spec(spec), data, size, 10, None)
    assert shape == expected
    assert model.output_shape == (None, 10)
    assert model.count_params() == netzoo.summary(spec, **counted_as(spec, expected)).params


def counted_as(spec, shape):
    """Return the arguments with which a summary counts the same model."""
    by_builder = spec.startswith(("mine.py:build:", "mine.py:build", "keras:"))
    if spec == "mine.py:built" or not by_builder:
        return {}
    return {"input_shape": shape, "num_classes": 10}


def test_weights_are_the_files_the_codes_or_new(mine):
    file = keras.saving.load_model("old.keras").get_weights()

    def weights(spec, initial=None, seed=0):
        keras.utils.set_random_seed(seed)
        return trainable.build(model_spec(spec), GREY, 10, initial=initial).get_weights()

    def equal(some, others):
        return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))

    assert equal(weights("old.keras"), file)
    assert not equal(weights("old.keras", "none"), file)
    assert equal(weights("old.keras", "none", 3), weights("old.keras", "none", 3))
    assert not equal(weights("old.keras", "none", 3), weights("old.keras", "none", 4))
    assert equal(weights("mine.py:own", "old.keras"), file)
    assert equal(weights("mine.py:built", None, 3), weights("mine.py:built", None, 4))
    assert not equal(weights("mine.py:built", "none", 3), weights("mine.py:built", "none", 4))
    body = keras.applications.MobileNet(
        weights="body.weights.h5", include_top=False, alpha=0.25, input_shape=(32, 32, 3)
    ).get_weights()
    spec = model_spec("keras:MobileNet:alpha=0.25")
    fitted, shape = trainable.fitted(spec, GREY, None, 10, "body.weights.h5")
    assert shape == (32, 32, 3)
    assert equal(fitted.get_weights()[:-2], body)


def test_layers_are_frozen_by_name_by_pattern_and_all_but_the_head(mine):
    def trained(spec, freeze):
        model = trainable.build(model_spec(spec), (28, 28, 1), 10, freeze=freeze)
        return {variable.path.split("/")[-2] for variable in model.trainable_variables}

    assert trained("lenet", "conv*+fc1") == {"fc2", "logits"}
    assert trained("lenet", "body") == {"logits"}
    assert trained("lenet", "logits") == {"conv1", "conv2", "fc1", "fc2"}


SHARED = """
import keras
first = keras.layers.Dense(4)
def build(input_shape=(4, 4, 1), num_classes=3):
    image = keras.Input(input_shape)
    x = first(keras.layers.Flatten()(image))
    return keras.Model(image, keras.layers.Dense(num_classes)(x))
"""


def test_automatic_names_do_not_depend_on_what_was_built_before(mine):
    (mine / "shared.py").write_text(SHARED)
    found = []
    for name in ("mine.py:build", "shared.py:build", "keras:MobileNet:alpha=0.25") * 2:
        model = trainable.build(model_spec(name), (32, 32, 1), 3)
        found.append([layer.name for layer in model.layers])
    assert found[:3] == found[3:]
    assert found[1] == ["input_layer", "flatten", "dense", "dense_1"]
    another = keras.layers.Dense(1).name
    assert another not in {name for names in found for name in names}


@pytest.mark.parametrize("scaling", ["none", "unit", "symmetric", "imagenet", "imagenet-bgr"])
def test_grey_images_are_repeated_and_scaled_as_keras_scales_them(scaling):
    train = sample.sample().train.limited(20, 10)
    recipe = Recipe("mine", 1, 20, 0.1, scaling=scaling)
    seen = np.asarray(
        keras.ops.convert_to_numpy(
            Inputs(train, recipe, (28, 28, 3))(keras.ops.convert_to_tensor(train.images))
        )
    )
    pixels = np.repeat(train.images, 3, axis=-1).astype("float32")
    modes = {name: mode for mode, name in applications.SCALINGS.items()}
    if scaling in modes:
        from keras.applications.imagenet_utils import preprocess_input

        expected = preprocess_input(pixels, "channels_last", modes[scaling])
    else:
        expected = pixels / (255 if scaling == "unit" else 1)
    np.testing.assert_allclose(seen, expected, rtol=1e-5, atol=1e-5)
    standard = Recipe("mine", 1, 20, 0.1, scaling="standardise")
    grey = Inputs(train, standard, (28, 28))(keras.ops.convert_to_tensor(train.images))
    colour = Inputs(train, standard, (28, 28, 3))(keras.ops.convert_to_tensor(train.images))
    three = keras.ops.convert_to_numpy(keras.ops.repeat(grey, 3, axis=-1))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(colour), three)
    assert isinstance(train, Split)


FEW = ["--recipe", "quick", "--epochs", "1", "--limit-train", "100", "--limit-test", "100"]


@pytest.mark.slow  # test_examples.py trains such a model
@pytest.mark.backend_independent
def test_models_of_the_users_are_compared_resumed_and_trained_anew_when_they_change(
    mine, netzoo_here
):
    names = ["mine.py:build", "old.keras@weights=none"]
    command = ["compare", *names, *FEW, "--output", "run", "--format", "json"]
    first = netzoo_here(*command)
    assert first.returncode == 0, first.stderr
    result = json.loads(first.stdout)
    assert [row["name"] for row in result["models"]] == names
    assert [row["input_shape"] for row in result["models"]] == [[20, 20, 1], [12, 16, 3]]
    assert "their channel repeated 3 times" in result["models"][1]["head"]

    (mine / "mine.py").write_text(MINE + "\n# changed\n")
    changed = netzoo_here(*command)
    assert "1 of 2 trials is done already" in changed.stderr
    assert json.loads(changed.stdout)["models"][1] == result["models"][1]


@pytest.mark.slow
def test_an_application_trains_from_new_weights_and_from_those_of_a_file(mine, netzoo):
    new = "keras:MobileNet:alpha=0.25"
    tuned = f"{new}@weights=body.weights.h5,freeze=body"
    done = netzoo("compare", "lenet", new, tuned, *FEW, "--format", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    rows = {row["name"]: row for row in result["models"]}
    assert rows[new]["input_shape"] == [32, 32, 1]
    assert rows[tuned]["input_shape"] == [32, 32, 3]
    assert "enlarged to its minimum, 32 × 32 px" in rows[tuned]["head"]
    settings = result["recipe"]["by_model"]
    assert (settings[tuned]["scaling"], settings[tuned]["freeze"]) == ("symmetric", "body")
    assert settings[new]["scaling"] == "unit"
