"""Errors about saved networks, images given to them, and files of results; see error_cases.py."""

import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import keras
import PIL.Image
from bench_results import benched
from error_cases_of_models import file, folder
from study_records import CPU, DATA, VERSIONS, record, trial_of

import netzoo
from netzoo import disk
from netzoo.errors import BadInput, DataError, MissingPackage, StoreError, UnknownName
from netzoo.records import saved_model
from netzoo.records.codec import to_text
from netzoo.records.saved_model import SavedModel
from netzoo.runs.store import BENCH, Store
from netzoo.training import saving
from netzoo.training.saved_network import SavedNetwork

PATH = Path("lenet.keras")


def command(words):
    from netzoo_cli.app import app

    app.main(words.split(), standalone_mode=False)


def about(**changes):
    """Return what a file says of its training, on the images of a data set with other fields."""
    trial = trial_of("lenet", 0)
    trial = replace(trial, dataset=replace(DATA, name="fashion_mnist_sample", **changes))
    return SavedModel(
        trial, (28, 28), (0.0,), (255.0,), 1, None, 0.5, 0.8, CPU, VERSIONS
    )  # fmt: skip


class Own(keras.layers.Layer):
    """A layer that Keras does not know."""

    def call(self, x):
        return x


def saved(*layers, **changes):
    """Write a network of layers, as a training does."""
    shape = changes.get("image_shape", (28, 28, 1))
    parts = [keras.Input(shape), *layers, keras.layers.Flatten(), keras.layers.Dense(10)]
    saving.save(PATH, keras.Sequential(parts), about(**changes))
    return PATH


def picture(mode="L", name="a.png"):
    PIL.Image.new(mode, (8, 8)).save(name)
    return name


def foreign():
    with zipfile.ZipFile(PATH, "w") as held:
        held.writestr("config.json", "{}")
    netzoo.evaluate(PATH)


def unfinished():
    with zipfile.ZipFile(PATH, "w") as held:
        held.writestr(saved_model.MEMBER, "{}")
    netzoo.evaluate(PATH)


def without_config():
    with zipfile.ZipFile(PATH, "w") as held:
        held.writestr(saved_model.MEMBER, to_text(about()))
    netzoo.evaluate(PATH)


def endless(patch):
    saved()
    patch.setattr(saved_model, "MOST_BYTES", 100)
    netzoo.evaluate(PATH)


def cut_short():
    saved()
    PATH.write_bytes(PATH.read_bytes()[:-100])
    netzoo.evaluate(PATH)


def in_colour():
    path = saved(image_shape=(28, 28, 3))
    SavedNetwork(path, saved_model.about(path), (28, 28, 1))


def of_five_channels():
    netzoo.predict(saved(image_shape=(28, 28, 5)), picture())


def no_room(patch):
    def full(model, path):
        raise OSError(28, "No space left on device")

    patch.setattr(keras.Model, "save", full)
    saved()


def to_a_terminal(patch):
    store = Store(folder("out"))
    store.keep_trial(record("lenet", 0, 0.7, cost=False))
    patch.setattr(sys.stdout, "isatty", lambda: True)
    command("runs out --format parquet")


def another_metric_of_a_bench():
    disk.write_text(folder("out") / BENCH, disk.sealed(to_text(benched())))
    command("show out --metric accuracy")


def without(patch, package, call):
    patch.setitem(sys.modules, package, None)
    call()


# fmt: off
CASES = [
    ("no saved network", BadInput, "evaluate none.keras",
     "'none.keras' does not exist."),
    ("another file", BadInput, lambda: netzoo.predict(file("a.h5"), "a.png"),
     "a.h5 is not a .keras file, as `save_models` writes it."),
    ("folder for a file", BadInput, lambda: netzoo.evaluate(folder("a.keras")),
     "a.keras is not a .keras file, as `save_models` writes it."),
    ("saved network cut short", DataError, cut_short,
     "lenet.keras was cut short, or is no .keras file."),
    ("saved network without layers", DataError, without_config,
     "lenet.keras was cut short, or is no .keras file."),
    ("saved network that swells", DataError, endless,
     "lenet.keras was cut short, or is no .keras file."),
    ("saved network of others", BadInput, foreign,
     "lenet.keras does not say how its images were scaled, nor its classes; expected a file that "
     "`save_models` wrote."),
    ("saved network without its training", DataError, unfinished,
     "netzoo.json in lenet.keras does not hold a SavedModel: <any>."),
    ("saved network with a layer of the user's", BadInput, lambda: netzoo.evaluate(saved(Own())),
     "lenet.keras needs Own, which Keras does not know here: in Python, import the module that "
     "registers it by keras.saving.register_keras_serializable, then call netzoo.evaluate or "
     "netzoo.predict."),
    ("saved network of other classes", BadInput,
     lambda: netzoo.evaluate(saved(class_names=("a", "b"))),
     "lenet was trained for 2 classes; fashion_mnist_sample has 10."),
    ("saved network of other channels", BadInput, in_colour,
     "the model takes images of 28 × 28 × 3; those of the data have 1 channel."),
    ("images of an evaluation", BadInput, lambda: netzoo.evaluate(saved(), limit_test=2000),
     "a limit of 2000 test images exceeds the 1000 of the data set."),
    ("number of images of an evaluation", BadInput,
     lambda: netzoo.evaluate(saved(), limit_test=-5),
     "limit_test is from 1 to 1000000000; received -5."),
    ("device of an evaluation", UnknownName, lambda: netzoo.evaluate(saved(), device="tpu"),
     "no device 'tpu'; did you mean 'gpu'? Known: auto, cpu, gpu."),
    ("disk full of networks", StoreError, no_room,
     "<any>model.keras cannot be written: No space left on device."),
    ("no image", BadInput, lambda: netzoo.predict(saved(), []),
     "name at least one image."),
    ("classes to show", BadInput, lambda: netzoo.predict(saved(), picture(), top=0),
     "`top` is a whole number from 1; received 0."),
    ("image that is not there", BadInput, lambda: netzoo.predict(saved(), "b.png"),
     "'b.png' is not a file."),
    ("image that is none", BadInput, lambda: netzoo.predict(saved(), str(file("b.png"))),
     "b.png is not an image that Pillow reads."),
    ("image of many bits", BadInput, lambda: netzoo.predict(saved(), picture("I;16")),
     "a.png has more than 8 bits a channel; expected 8."),
    ("image of other channels", BadInput, of_five_channels,
     "the network takes images of 5 channels; a file has 1 or 3."),
    ("networks without a folder", BadInput, lambda: netzoo.compare("lenet", save_models=True),
     "`save_models` writes to an output folder; name one by `output`."),
    ("folder of a dry run", BadInput, f"compare lenet --output {'a' * 300} --dry-run",
     f"{'a' * 300} cannot be written: File name too long."),
    ("log without a folder", BadInput, lambda: netzoo.compare("lenet", log="tensorboard"),
     "`log` keeps curves of an output folder; name one by `output`."),
    ("log", UnknownName, "compare lenet --log tensorbord",
     "no log 'tensorbord'; did you mean 'tensorboard'? Known: mlflow, tensorboard."),
    ("package of a log", MissingPackage,
     lambda patch: without(patch, "mlflow", lambda: command("compare lenet --log mlflow")),
     '`log` mlflow needs the package mlflow, which is not installed: pip install "netzoo[mlflow]"'),
    ("metric", UnknownName, "compare lenet --metric acuracy",
     "no metric 'acuracy'; did you mean 'accuracy'? Known: accuracy, balanced_accuracy."),
    ("metric of a bench", BadInput, another_metric_of_a_bench,
     "--metric judges a comparison anew; out holds another result."),
    ("class weights", UnknownName, "compare lenet --class-weight balance",
     "no class_weight 'balance'; did you mean 'balanced'? Known: balanced, none."),
    ("file of a table", BadInput, "runs . --output a.csv",
     "--output takes CSV or Parquet: it does not go with --format table."),
    ("condition without a comparison", BadInput, "runs . --where test_accuracy=0.9",
     "--where takes a column, one of > >= < <= == != and a value, such as 'test_accuracy>0.9'; "
     "received 'test_accuracy=0.9'."),
    ("column of a condition", UnknownName, lambda: (
        Store(folder("out")).keep_trial(record("lenet", 0, 0.7, cost=False)),
        command("runs out --where test_acuracy>0.9")),
     "no column 'test_acuracy'; did you mean 'test_accuracy'? Known: <any>."),
    ("file that cannot be written", BadInput, lambda: (
        Store(folder("out")).keep_trial(record("lenet", 0, 0.7, cost=False)),
        command("runs out --format csv --output none/a.csv")),
     "none/a.csv cannot be written: No such file or directory."),
    ("parquet on a terminal", BadInput, to_a_terminal,
     "--format parquet is not text for a terminal; name a file by --output."),
    ("format of runs", UnknownName, "runs --format parqet",
     "no format 'parqet'; did you mean 'parquet'? Known: csv, json, latex, markdown, parquet, "
     "table."),
]
