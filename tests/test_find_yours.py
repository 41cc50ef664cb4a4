"""Code and files of the user's, by `netzoo summary` and netzoo.summary: a count, or one line."""

import json
import sys

import keras
import pytest
from keras import layers

import netzoo
from netzoo.errors import BadInput, DataError

MINE = """
from __future__ import annotations
import functools
from dataclasses import dataclass
import keras
import netzoo
from beside import WIDTH
from keras import layers, ops

made = keras.Sequential([keras.Input((6,)), layers.Dense(WIDTH)])
block = layers.Dense(3)

@dataclass
class Settings:
    units: int = 4

class Own(keras.Model):
    def __init__(self, units=Settings().units):
        super().__init__()
        self.flat, self.dense = layers.Flatten(), layers.Dense(units)
    def call(self, x):
        return self.dense(self.flat(x))

class Deep(Own):
    def __init__(self, depth):
        super().__init__()

@netzoo.register_model("mine-registered")
def shaped(input_shape=(5, 5, 1), num_classes=2):
    return Own(num_classes)

def wanting(input_shape, num_classes=2):
    return keras.Sequential([keras.Input(input_shape), layers.Dense(num_classes)])

def several(num_classes):
    return keras.Sequential([keras.Input((3,)), layers.Dense(num_classes)])

def series():
    x = keras.Input((None, 5))
    return keras.Model(x, layers.GRU(3, reset_after=False)(x))

def volume():
    x = keras.Input((None, None, None, 1))
    return keras.Model(x, layers.Conv3D(2, 3)(x))

def lazy():
    return keras.Sequential([layers.Dense(3)])

def pair():
    a, b = keras.Input((None, 2)), keras.Input((None, 2))
    return keras.Model([a, b], layers.Add()([a, b]))

def called():
    own = Own()
    own(ops.zeros((1, 4, 4, 1)))
    return own

def fitting():
    small = keras.Sequential([keras.Input((8,)), layers.Dense(4)])
    small.compile("adam", "mse")
    small.fit(ops.zeros((8, 8)), ops.zeros((8, 4)), verbose=0)
    return small

part = functools.partial(several, num_classes=9)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch, registered_names):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mine.py").write_text(MINE)
    (tmp_path / "code" / "beside.py").write_text("WIDTH = 7\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def registered_names(monkeypatch):
    from netzoo.models import code
    from netzoo.models.catalog import MODELS

    monkeypatch.setattr(code, "_loaded", {})
    for name in ("mine", "beside"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with MODELS.temporary():
        yield


@pytest.mark.parametrize(
    ("name", "input_shape", "macs", "params"),
    [
        ("made", None, 6 * 7, 6 * 7 + 7),
        ("Own", (3, 2, 1), 6 * 4, 6 * 4 + 4),
        ("Own", (9,), 9 * 4, 9 * 4 + 4),
        ("shaped", None, 25 * 2, 25 * 2 + 2),
        ("shaped", (2, 2, 3), 12 * 2, 12 * 2 + 2),
        ("wanting", (11,), 11 * 2, 11 * 2 + 2),
        ("part", None, 3 * 9, 3 * 9 + 9),
        ("series", (6, 5), 6 * 3 * (5 * 3 + 3 * 3), 3 * (5 * 3 + 3 * 3 + 3)),
        ("volume", (4, 5, 6, 1), 2 * 3 * 4 * 2 * 27, 2 * 27 + 2),
        ("lazy", (2, 8), 2 * 8 * 3, 8 * 3 + 3),
        ("called", None, 16 * 4, 16 * 4 + 4),
        ("fitting", None, 8 * 4, 8 * 4 + 4),
    ],
)
def test_a_function_a_class_or_a_model_is_counted(mine, name, input_shape, macs, params):
    cost = netzoo.summary(f"code/mine.py:{name}", input_shape=input_shape)
    assert (cost.macs, cost.params) == (macs, params)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Own", "Own is not built; give the shape of its input, without the batch, by "),
        ("lazy", "such as 28,28,1."),
        ("series", "an input of an open size: (?, 5); give it, without the batch, by "
         "`input_shape`, such as 20,5."),
        ("volume", "such as 32,32,32,1."),
        ("pair", "inputs of open sizes: (?, 2), (?, 2); build it on full ones, or give a shape"),
        ("wanting", "needs input_shape; give `input_shape`, such as 28"),
        ("several", "needs num_classes; give `num_classes`, such as 10."),
        ("Deep", "needs depth; netzoo gives input_shape and num_classes alone"),
        ("block", "is a Dense; expected a function that returns a keras.Model, a class of"),
        ("layers", "is a module; expected a function that returns a keras.Model"),
        ("WIDTH", "is an int; expected a function"),
        ("own", "no callable 'own' in code/mine.py; did you mean 'Own'?"),
        ("", "a colon, such as code/mine.py:made. It has: made, Own, Deep, shaped, wanting, "),
    ],
)  # fmt: skip
def test_what_is_expected_is_said_in_one_line(mine, name, words):
    with pytest.raises(BadInput) as caught:
        netzoo.summary(f"code/mine.py:{name}" if name else "code/mine.py")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_models_of_a_file_that_registers_one(mine):
    assert netzoo.summary("code/mine.py:part").macs == 27
    assert netzoo.summary("code/mine.py:made").macs == 42
    assert netzoo.model_info("mine-registered").input_shape == (5, 5, 1)


def saved(folder):
    """Write models in the ways that there are."""
    image = keras.Input((4, 4, 1))
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(image)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("absl.logging.warning", lambda *_: None)  # that .h5 is old
        model.save(folder / "old.h5")
        model.save(folder / "older.hdf5")
        keras.Model(image, layers.Lambda(lambda x: x)(image)).save(folder / "lambda.h5")
    model.save_weights(folder / "mine.weights.h5")
    series = keras.Input((None, 5))
    keras.Model(series, layers.LSTM(4)(series)).save(folder / "series.keras")
    (folder / "damaged.h5").write_bytes(b"no HDF5")
    (folder / "tensorflow").mkdir()
    (folder / "tensorflow" / "saved_model.pb").touch()
    (folder / "empty").mkdir()
    (folder / "net.onnx").touch()


def test_files_that_keras_wrote_are_counted(tmp_path, monkeypatch):
    saved(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("old.h5", "older.hdf5"):
        assert netzoo.summary(name).params == 16 * 3 + 3
    assert netzoo.summary("series.keras", input_shape=(7, 5)).macs == 7 * 4 * (5 + 4) * 4
    assert netzoo.summary("series.keras", input_shape=(2, 5)).macs == 2 * 4 * (5 + 4) * 4


@pytest.mark.backend_independent
def test_files_that_hold_no_model_to_read_are_one_line(tmp_path, monkeypatch):
    saved(tmp_path)
    monkeypatch.chdir(tmp_path)
    read = "a model is read from a .keras file, or an .h5 file of a whole model"
    for name, kind, words in (
        ("mine.weights.h5", BadInput, f"mine.weights.h5 holds weights alone, no layers; {read}"),
        ("tensorflow", BadInput, f"tensorflow is a SavedModel of TensorFlow; {read}: where the"),
        ("empty", BadInput, "empty is a folder; a model is read from"),
        ("net.onnx", BadInput, "net.onnx is a .onnx file; a model is read from"),
        ("missing.h5", BadInput, "'missing.h5' does not exist."),
        ("damaged.h5", DataError, "damaged.h5 cannot be loaded in safe mode: "),
        ("lambda.h5", DataError, "lambda.h5 cannot be loaded in safe mode: "),
        ("series.keras", BadInput, "series.keras has an input of an open size: (?, 5); give it"),
    ):
        with pytest.raises(kind) as caught:
            netzoo.summary(name)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.backend_independent
def test_the_command_takes_a_shape_of_any_rank_for_code_and_files(mine, netzoo_here):
    done = netzoo_here("summary", "code/mine.py:series", "--input-shape", "6,5", "--format", "json")
    assert json.loads(done.stdout)["macs"] == 432, done.stderr
    both = netzoo_here("summary", "code/mine.py:lazy", "code/mine.py:Own", "--input-shape", "9")
    assert both.returncode == 0, both.stderr
    assert both.stdout.count(" 9 ") == 2
    for words in ("code/mine.py:series lenet", "lenet", "keras:VGG16"):
        done = netzoo_here("summary", *words.split(), "--input-shape", "6,5")
        assert "expected height,width,channels such as 224,224,1; received '6,5'" in done.stderr
        assert done.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["series --input-shape 3,5", "Own --input-shape 2,2,1", "volume --input-shape 4,4,4,1"]
)
def test_the_backend_counts_them_too(mine, netzoo_here, words):
    done = netzoo_here("summary", *f"code/mine.py:{words}".split(), "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
