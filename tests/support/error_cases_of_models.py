"""Errors about models, their costs, what is inside of them, and images; see error_cases.py."""

import contextlib
import gzip
import io
import shutil
import sys
import threading
import types
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

import netzoo
from netzoo.cost.graph import NotSeen
from netzoo.cost.verify import verify
from netzoo.data import idx, sample, tfds
from netzoo.data.source import Images, Split
from netzoo.errors import BadInput, DataError, Diverged, UnknownName
from netzoo.models import trainable, weights
from netzoo.models.catalog import model_spec, register_model
from netzoo.models.find import find_model
from netzoo.recipes import recipe
from netzoo.runs.answers import Worker
from netzoo.runs.request import planned_trials
from netzoo.training.layer_probes import layer_probes
from netzoo.training.snapshots import snapshots
from netzoo.training.state import restore
from netzoo.training.step import step_of


def folder(name, *files):
    """Make a folder with empty files; return its path."""
    path = Path(name)
    path.mkdir(parents=True)
    for file in files:
        (path / file).touch()
    return path


def file(name, content=""):
    """Write a file; return its path."""
    path = Path(name)
    path.write_text(content, encoding="utf-8")
    return path


def weights_of(name, other):
    """Load the weights of one model into another."""
    path = Path(f"{name}.weights.h5")
    netzoo.create_model(name).save_weights(path)
    trainable.build(model_spec(other), (96, 96, 1), 10, initial=str(path))


def fitted(spec, image_size=None):
    """Fit a model to grey images of 28 px, of ten classes."""
    trainable.fitted(model_spec(spec), (28, 28, 1), image_size, 10, None)


def own_size():
    """Return a file whose builder has a size of its own."""
    layers_of_it = "[keras.Input((8, 8, 1)), keras.layers.Flatten()]"
    code = f"import keras\ndef build():\n    return keras.Sequential({layers_of_it})"
    return file("own.py", code)


def registered(name, builder, **changes):
    """Register a builder."""
    register_model(name, **changes)(builder)


def build(input_shape=(4, 4, 1), num_classes=3, *, wide: bool = False):
    return classifier()


def network(*parts, shape=(4, 4, 1), name="mine"):
    """Return a functional model of layers."""
    x = image = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(image, x, name=name)


def classifier(name="mine"):
    return network(layers.Flatten(name="flat"), layers.Dense(3, name="logits"), name=name)


class Secret(keras.Model):
    def call(self, x):
        raise RuntimeError("needs values\nand more")


class Own(keras.Model):
    def train_step(self, data):
        return {}


def no_loader(patch):
    patch.setattr("importlib.util.spec_from_file_location", lambda *_: None)
    find_model(f"{file('mine.py')}:build")


def open_size():
    file("mine.py").write_text(
        "import keras\ndef build():\n x = keras.Input((None, 4))\n"
        " return keras.Model(x, keras.layers.ReLU()(x))"
    )
    netzoo.summary("mine.py:build")


def found(code, spec="mine.py:build", **options):
    file("mine.py", code)
    return find_model(spec, **options)


def other_backend(patch):
    patch.setattr(keras.backend, "backend", lambda: "numpy")
    verify(classifier())


def probing(model, shape=(2, 4, 4, 1), labels=(0, 1)):
    return layer_probes(model, np.zeros(shape, "float32"), np.array(labels))


def twice():
    flip = layers.Dense(1, name="twice")
    return network(flip, flip, layers.Flatten(), layers.Dense(3))


def two_inputs():
    both = [keras.Input((4, 4, 1), name=name) for name in ("a", "b")]
    return keras.Model(both, layers.Flatten()(layers.Add()(both)), name="pair")


def infinite():
    model = compiled(classifier())
    model.set_weights([np.full(weight.shape, np.inf) for weight in model.get_weights()])
    snapshots(model, clothes(), recipe("brief", ""), 0, (0,), 2, print)


def compiled(model):
    model.compile(optimizer="sgd", loss="mse")
    return model


def split(shape=(2, 4, 4, 1), kind="uint8", labels=(0, 1)):
    return Split(np.zeros(shape, kind), np.array(labels, "int64"))


def clothes(*, test=None, **train):
    return Images("clothes", "a test", ("shirt", "coat", "hat"), split(**train), test or split())


def idx_files(name, content, *, packed=True):
    """Read IDX files of which one has another content; both of its kind are good."""
    idx.write(Path("train-images-idx3-ubyte.gz"), np.zeros((2, 4, 4), "uint8"))
    idx.write(Path("train-labels-idx1-ubyte.gz"), np.zeros(2, "uint8"))
    Path(name).write_bytes(gzip.compress(content) if packed else content)
    idx.read(Path())


def unreadable():
    Path("train-images-idx3-ubyte").symlink_to("/proc/self/mem")  # a file whose reading fails
    idx.read(Path())


def prepared(features, splits=("train", "test"), name="mine"):
    """Write a data set as TFDS does; return its folder."""
    with contextlib.redirect_stderr(io.StringIO()):
        import tensorflow
        import tensorflow_datasets
    of = tensorflow_datasets.features
    kinds = {
        "image": (of.Image(shape=(4, 4, 1)), np.zeros((2, 4, 4, 1), "uint8")),
        "open": (of.Image(shape=(None, None, 1)), np.zeros((2, 4, 4, 1), "uint8")),
        "unlabelled": (of.ClassLabel(num_classes=2), np.full(2, -1, "int64")),
        "label": (of.ClassLabel(num_classes=2), np.zeros(2, "int64")),
        "price": (of.Scalar(np.int64), np.zeros(2, "int64")),
    }
    names = {"open": "image", "unlabelled": "label"}
    chosen = {names.get(name, name): kinds[name] for name in features}
    data = {name: array for name, (_, array) in chosen.items()}
    examples = tensorflow.data.Dataset.from_tensor_slices(data)
    tensorflow_datasets.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=of.FeaturesDict({name: feature for name, (feature, _) in chosen.items()}),
        split_datasets=dict.fromkeys(splits, examples),
        data_dir="data",
    )
    return tfds.find_prepared(Path("data"), name)


def open_prepared(*features, splits=("train", "test")):
    prepared(features, splits)
    netzoo.open_images("mine", "data")


def half_of_fashion_mnist():
    prepared(("image", "label"), ("train",), "fashion_mnist")
    netzoo.open_images("fashion_mnist", "data")


def hugging_face(patch, found):
    """Let the package datasets give some splits, or raise without any."""

    def load(name, config):
        if found is None:
            raise FileNotFoundError(f"Couldn't find {name!r}\nTry again.")
        return found

    stand_in = types.SimpleNamespace(load_dataset=load, disable_progress_bars=lambda: None)
    patch.setitem(sys.modules, "datasets", stand_in)
    patch.setattr(tfds, "reachable", lambda url: True)
    netzoo.open_images("hf:cats")


def damaged_split():
    place = prepared(("image", "label"))
    next(place.glob("*test*tfrecord*")).write_bytes(b"\0" * 100)
    netzoo.open_images("mine", "data")


def not_prepared():
    (folder("data/mine/1.0.0") / "dataset_info.json").write_text("{")
    netzoo.open_images("mine", "data")


def two_files():
    Path("train-images-idx3-ubyte").write_bytes(b"\0\0\x08\3")
    idx_files("train-images-idx3-ubyte.gz", b"\0\0\x08\1")


def two_configurations():
    for config in ("a", "b"):
        folder(f"data/mine/{config}/1.0.0", "dataset_info.json")
    netzoo.open_images("mine", "data")


def without_network(patch, name):
    for scheme in ("http_proxy", "https_proxy"):
        patch.setenv(scheme, "http://127.0.0.1:9")
    folder("empty")
    netzoo.open_images(name, "empty")


def other_clothes():
    shutil.copytree(sample.FOLDER, "clothes")
    netzoo.open_images("fashion_mnist", "clothes")


def trial_of(spec, **changes):
    """Return the trial of a model on a few images of the sample."""
    spec = model_spec(spec)
    data = netzoo.open_images("fashion_mnist_sample").limited(20, 10).record(None)
    chosen = recipe("brief", "lenet").changed(
        {"precision": "float32", "validation": 0.0} | spec.settings
    )
    (trial,) = planned_trials({spec: chosen}, data, [0], keras.backend.backend(), "cpu")
    return replace(trial, **changes)


def profiled(trial):
    Worker(print, threading.Event()).profile(trial, 1)


def changed_images(**changes):
    trial = trial_of("lenet")
    profiled(replace(trial, dataset=replace(trial.dataset, sha256="ab" * 32, **changes)))


def changed_code():
    trial = trial_of(f"{own_size()}:build")
    file("own.py", "raise NotImplementedError")
    Worker(print, threading.Event()).probe(trial, 1, [0], 1)


def colour_model():
    code = own_size().read_text().replace("(8, 8, 1)", "(8, 8, 4)")
    profiled(trial_of(f"{file('colour.py', code)}:build"))


@keras.saving.register_keras_serializable("cases")
class Unclonable(keras.Model):
    def __init__(self, parts=None, **options):
        if parts is None:
            raise TypeError("no parts")
        super().__init__(**options)
        self.head = parts


def unclonable():
    weights.anew(model_spec("mine.py:build"), Unclonable(layers.Dense(1)))


def other_precision():
    path = file(
        "built.py",
        "import keras\nimage = keras.Input((28, 28, 1))\n"
        "x = keras.layers.Dense(10, dtype='float32')(keras.layers.Flatten()(image))\n"
        "build = keras.Model(image, x)",
    )
    profiled(trial_of(f"{path}:build@precision=mixed_bfloat16"))


# fmt: off
CASES = [
    # Models by name.
    ("model", UnknownName, lambda: netzoo.create_model("alexnt"),
     "no model 'alexnt'; did you mean 'alexnet'? Known: alexnet, <any>."),
    ("change", UnknownName, lambda: netzoo.create_model("lenet", droput=0.1),
     "no change 'droput' in lenet; did you mean 'dropout'? Known: activation, "
     "batchnorm, deep, dropout, pooling, wide."),
    ("word of a change", BadInput, lambda: netzoo.create_model("lenet:activation=rellu"),
     "no value of activation 'rellu' in lenet; did you mean 'relu'? Known: <any>."),
    ("number of a change", BadInput, lambda: netzoo.create_model("lenet:dropout=some"),
     "dropout of lenet is a number; received 'some'."),
    ("whole number of a change", BadInput, lambda: netzoo.create_model("alexnet:fc_layers=1.5"),
     "fc_layers of alexnet is a whole number; received 1.5."),
    ("yes or no of a change", BadInput, lambda: netzoo.create_model("lenet:wide=1"),
     "wide of lenet is True or False; received 1."),
    ("share of dropout", BadInput, lambda: netzoo.create_model("lenet:dropout=1.5"),
     "dropout is a share from 0 up to, not including, 1; received 1.5."),
    ("dense layers", BadInput, lambda: netzoo.create_model("alexnet:fc_layers=5"),
     "fc_layers of alexnet is 0 to 4; received 5."),
    ("layers of a perceptron", BadInput, lambda: netzoo.create_model("mlp:hidden_layers=-1"),
     "hidden_layers of mlp is at least 0; received -1."),
    ("layers of a dense network", BadInput, lambda: netzoo.create_model("densenet:depth=24"),
     "depth of densenet is 4 and a multiple of 3; received 24, the nearest is 25."),
    ("width of a network", BadInput, lambda: netzoo.create_model("mobilenet:width=2"),
     "width of mobilenet is a share from 1/32 to 1; received 2."),
    ("patches", BadInput, lambda: netzoo.create_model("vit-tiny:patch=5"),
     "vit-tiny needs sides that are a multiple of its patch of 5 px; received 28 px, the nearest "
     "is 30."),
    ("heads", BadInput, lambda: netzoo.create_model("vit-tiny:heads=5"),
     "heads of vit-tiny divide its 192 channels; received 5, the nearest is 4."),
    ("small image", BadInput, lambda: netzoo.create_model("alexnet", input_shape=(64, 64, 1)),
     "alexnet needs an image of at least 65 × 65 px; received 64 × 64 px."),
    ("shape", BadInput, lambda: netzoo.create_model("lenet", input_shape=(0, 28, 1)),
     "an input shape is height, width, channels, each a positive whole number; received (0, 28, "
     "1)."),
    ("classes", BadInput, lambda: netzoo.create_model("lenet", num_classes=1),
     "a classifier needs at least 2 classes; received 1."),
    ("name taken", BadInput, lambda: registered("lenet", build),
     "model 'lenet' is registered already; choose another name."),
    ("name with a mark", BadInput, lambda: registered("a:b", build),
     "a model's name holds no ':', ',', '=', '@' or space; received 'a:b'."),
    ("builder without classes", BadInput,
     lambda: registered("mine", lambda input_shape: None),
     "the builder of 'mine' takes no argument 'num_classes'."),
    # Models from elsewhere.
    ("application", UnknownName, lambda: find_model("keras:ResNet51"),
     "no model 'ResNet51' in keras.applications; did you mean 'ResNet50'? Known: <any>."),
    ("no .keras file", BadInput, lambda: find_model("a.keras"),
     "'a.keras' does not exist."),
    ("folder of a model", BadInput, lambda: find_model(str(folder("saved"))),
     "saved is a folder; a model is read from a .keras file, or an .h5 file of a whole model: "
     "where the model was made, model.save('saved.keras')."),
    ("weights alone", BadInput, lambda: find_model(str(file("a.weights.h5"))),
     "a.weights.h5 holds weights alone, no layers; a model is read from a .keras file, or an .h5 "
     "file of a whole model."),
    ("file of another tool", BadInput, lambda: find_model(str(file("a.onnx"))),
     "a.onnx is a .onnx file; a model is read from a .keras file, or an .h5 file of a whole "
     "model."),
    ("damaged .keras file", DataError, lambda: find_model(str(file("a.keras"))),
     "a.keras cannot be loaded in safe mode: <any>"),
    ("classes of a file", BadInput, lambda: find_model("a.keras", num_classes=3),
     "a.keras has its own number of classes; leave num_classes out."),
    ("no module", UnknownName, lambda: find_model("my_models:build"),
     "no model or module 'my_models'. Known: alexnet, <any>."),
    ("no Python file", BadInput, lambda: find_model("my.py:build"),
     "'my.py' does not exist."),
    ("file without a loader", BadInput, no_loader,
     "'mine.py' is not a Python file."),
    ("module that wants another", BadInput, lambda: found("import no_such_package"),
     "mine.py:build: mine.py cannot be imported: No module named 'no_such_package'"),
    ("module with a mistake", BadInput, lambda: found("1 / 0"),
     "mine.py:build: mine.py cannot be imported: division by zero"),
    ("callable", UnknownName, lambda: found("def build(): ...", "mine.py:bild"),
     "no callable 'bild' in mine.py; did you mean 'build'? Known: build."),
    ("file without a name", BadInput, lambda: found("def build(): ...", "mine.py"),
     "mine.py: name a function that returns a keras.Model, a class of models, or a model, after a "
     "colon, such as mine.py:build. It has: build."),
    ("neither function nor model", BadInput, lambda: found("build = 3"),
     "mine.py:build is an int; expected a function that returns a keras.Model, a class of models, "
     "or a model."),
    ("callable that wants more", BadInput, lambda: found("def build(depth): ..."),
     "mine.py:build needs depth; netzoo gives input_shape and num_classes alone: let it have a "
     "default."),
    ("classes of a model", BadInput,
     lambda: found("import keras; build = keras.Sequential()", num_classes=3),
     "mine.py:build has its own number of classes; leave num_classes out."),
    ("changes of a model", BadInput,
     lambda: found("import keras; build = keras.Sequential()", "mine.py:build:width=2"),
     "mine.py:build:width=2 names a built model, which takes no changes."),
    ("change that a callable does not take", UnknownName,
     lambda: found("def build(width=1): ...", "mine.py:build:widht=2"),
     "no argument 'widht' in mine.py:build:widht=2; did you mean 'width'? Known: width."),
    ("settings of no file", BadInput, lambda: find_model("a.keras@epochs=3"),
     "'a.keras' does not exist."),
    ("another size of a file", BadInput, lambda: find_model("a.keras@image_size=32"),
     "a.keras@image_size=32 has its own input; leave image_size out."),
    ("settings where a model is named", BadInput, lambda: netzoo.create_model("lenet@epochs=3"),
     "'lenet@epochs=3' has settings of a training after the '@'; name the model alone: 'lenet'."),
    ("what is known of no registered model", UnknownName,
     lambda: netzoo.model_info("mine.py:build"),
     "no model 'mine.py:build'. Known: alexnet, <any>."),
    ("training of no saved model", BadInput, lambda: netzoo.compare(["lenet", "old.keras"]),
     "'old.keras' does not exist."),
    ("training of a file of weights", BadInput,
     lambda: netzoo.compare(str(file("a.weights.h5"))),
     "a.weights.h5 holds weights alone, no layers; a model is read from a .keras file, or an .h5 "
     "file of a whole model."),
    ("training of another tool's file", BadInput, lambda: netzoo.compare(str(file("a.onnx"))),
     "a.onnx is a .onnx file; a model is read from a .keras file, or an .h5 file of a whole "
     "model."),
    ("weights in no file", BadInput, lambda: netzoo.compare("lenet@weights=w.weights.h5"),
     "the weights of 'lenet': 'w.weights.h5' does not exist."),
    ("weights in a file of another kind", BadInput,
     lambda: netzoo.compare("lenet", weights="w.npz"),
     "weights of 'lenet' are none, imagenet or a .weights.h5, .keras, .h5 file; received 'w.npz'."),
    ("weights of imagenet for a registered model", BadInput,
     lambda: trainable.build(model_spec("lenet"), (28, 28, 1), 10, initial="imagenet"),
     "'lenet' has no imagenet weights, only keras: models have; name a file."),
    ("weights that do not fit", DataError, lambda: weights_of("lenet", "alexnet:fc_layers=0"),
     "lenet.weights.h5: its weights do not fit 'alexnet:fc_layers=0': <any>"),
    ("freezing no layer", UnknownName,
     lambda: trainable.build(model_spec("lenet"), (28, 28, 1), 10, freeze="convv1"),
     "no layer with weights 'convv1' in lenet, to freeze; did you mean 'conv1'? Known: conv1, "
     "conv2, fc1, fc2, logits."),
    ("freezing everything", BadInput,
     lambda: trainable.build(model_spec("lenet"), (28, 28, 1), 10, freeze="*"),
     "freeze=* leaves nothing to train in 'lenet'."),
    ("freezing a number", BadInput, lambda: netzoo.compare("lenet", freeze=3),
     "freeze is text; received 3."),
    ("files that have changed since", DataError, changed_code,
     "the files of own.py:build have changed since this comparison began; begin again."),
    ("channels of a model with its own", BadInput, colour_model,
     "the model takes images of 8 × 8 × 4; those of the data have 1 channel."),
    ("scaling of colours for grey images", BadInput,
     lambda: profiled(trial_of("lenet@scaling=imagenet")),
     "scaling imagenet is of red, green and blue; the model takes 1 channel."),
    ("model without a configuration", BadInput, unclonable,
     "'mine.py:build' cannot be built anew from its configuration: <any>"),
    ("precision of a built model", BadInput, other_precision,
     "built.py:build is built in float32; received precision mixed_bfloat16, which changes only "
     "what is built anew."),
    ("unknown application", UnknownName, lambda: fitted("keras:ResNt50"),
     "no model 'ResNt50' in keras.applications; did you mean 'ResNet50'? Known: <any>"),
    ("application for smaller images", BadInput, lambda: fitted("keras:MobileNetV2", 16),
     "keras:MobileNetV2 cannot be built: Input size must be at least 32x32; Received: "
     "input_shape=(16, 16, 1)"),
    ("image size of a model with its own", BadInput,
     lambda: fitted(f"{own_size()}:build", 16),
     "own.py:build takes images of 8 × 8 px; received image_size 16."),
    ("training of no module", UnknownName, lambda: netzoo.probe("my_models:build"),
     "no model or module 'my_models'. Known: alexnet, <any>."),
    ("training of no file", BadInput, lambda: netzoo.compare("my.py:build"),
     "'my.py' does not exist."),
    ("open size", BadInput, open_size,
     "mine.py:build has an input of an open size: (?, 4); give it, without the batch, by "
     "`input_shape`, such as 20,4."),
    ("argument of a callable", BadInput, lambda: found("def build(): ...", num_classes=3),
     "mine.py:build takes no num_classes; leave it out."),
    ("callable that fails", BadInput, lambda: found("def build(): 1 / 0"),
     "mine.py:build cannot be built: division by zero"),
    ("callable of something else", BadInput, lambda: found("def build(): return 3"),
     "mine.py:build returns int; expected a keras.Model."),
    # Costs.
    ("rule for no layer", BadInput, lambda: netzoo.cost_rule(3),
     "cost_rule takes a class of layers; received 3."),
    ("second rule", BadInput, lambda: netzoo.cost_rule(layers.Dense),
     "Dense has a cost rule already; give one to a subclass of it."),
    ("cost of no model", BadInput, lambda: netzoo.count_cost(3),
     "expected a built keras.Model; received int."),
    ("cost of what needs values", NotSeen, lambda: netzoo.count_cost(Secret(name="mine"), (5,)),
     "'mine' (Secret) cannot be called without values: needs values"),
    ("counter of another backend", BadInput, other_backend,
     "the backend 'numpy' has no counter of its own; jax, tensorflow, torch have one."),
    # Inside of networks.
    ("probe of no model", BadInput, lambda: probing(3),
     "expected a built keras.Model; received int."),
    ("probe of unknown layers", BadInput, lambda: probing(Secret(name="mine")),
     "the model mine (Secret) cannot be probed: its layers are not known, or it is not built. A "
     "functional or a built sequential keras.Model can."),
    ("probe of two inputs", BadInput, lambda: probing(two_inputs()),
     "the model pair cannot be probed: one input (batch, height, width, channels) and one output "
     "(batch, classes) are supported; its shapes are [(None, 4, 4, 1), (None, 4, 4, 1), (None, "
     "16)]."),
    ("probe of a shared layer", BadInput, lambda: probing(twice()),
     "the model mine cannot be probed: its layer twice is called more than once. Layers that are "
     "called once and give one floating-point tensor are supported."),
    ("images of another size", BadInput, lambda: probing(classifier(), shape=(2, 5, 4, 1)),
     "mine takes images (None, 4, 4, 1); received (2, 5, 4, 1)."),
    ("labels of another kind", BadInput, lambda: probing(classifier(), labels=(0.5, 1)),
     "labels are a whole number for each of the 2 images; received float64 (2,)."),
    ("label out of range", BadInput, lambda: probing(classifier(), labels=(0, 3)),
     "labels are 0 to 2; received 3."),
    ("infinite figures", Diverged, infinite,
     "the probe of flat after 0 steps is not finite; try a lower learning rate."),
    ("step of its own", BadInput, lambda: step_of(Own(name="mine"), None),
     "the model mine has a train_step of its own; netzoo trains all models by the same step. "
     "Put terms of its loss into compute_loss or add_loss."),
    ("checkpoint of another model", DataError, lambda: restore(compiled(classifier()), {}),
     "the variables of a checkpoint do not match those of the model"),
    # Images.
    ("folder of data", BadInput, lambda: netzoo.open_images("fashion_mnist", "nowhere"),
     "the data folder 'nowhere' does not exist."),
    ("nowhere and no network", DataError, lambda patch: without_network(patch, "fashion_mnist"),
     "no Fashion-MNIST in empty, and no network to download it. Three ways to get it: apt-get "
     "install dataset-fashion-mnist; put its four IDX files (train-images-idx3-ubyte, "
     "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte; .idx for -idx and "
     ".gz at the end will do) in a folder and name it with "
     "`data_dir` or NETZOO_DATA_DIR; run again with a network, and TFDS downloads it. Or train "
     "on the bundled sample: `dataset` fashion_mnist_sample."),
    ("other clothes", DataError, other_clothes,
     "IDX files in clothes: these are not the images and labels of Fashion-MNIST: expected "
     "SHA-256 abf4cdc7be0d9c22…, found 1bbd572b6e5c50b3… (6000 training and 1000 test images, "
     "784 values each)."),
    ("fewer images", DataError, lambda: changed_images(train=7000),
     "fashion_mnist_sample has changed since this comparison began: expected 7000 training and 10 "
     "test images, found 6000 and 1000; begin again in another folder."),
    ("changed images", DataError, lambda: changed_images(),
     "fashion_mnist_sample has changed since this comparison began: expected SHA-256 "
     "abababababababab…, found <any>…; begin again in another folder."),
    ("no IDX file", DataError, lambda: idx.read(folder("empty")),
     "empty: expected the file train-images-idx3-ubyte or train-images.idx3-ubyte or "
     "train-images-idx3-ubyte.gz or train-images.idx3-ubyte.gz, there or in raw or "
     "FashionMNIST/raw; found none of them."),
    ("two IDX files", DataError, two_files,
     "train-images-idx3-ubyte and train-images-idx3-ubyte.gz hold different data; remove the wrong "
     "one."),
    ("IDX of another kind", DataError,
     lambda: idx_files("train-images-idx3-ubyte.gz", b"\0\0\x0d\3"),
     "train-images-idx3-ubyte.gz: expected an IDX file that begins with 00000803; found 00000d03."),
    ("IDX header", DataError, lambda: idx_files("train-images-idx3-ubyte.gz", b"\0\0\x08\3\0"),
     "train-images-idx3-ubyte.gz: expected a header of 16 bytes; found 5."),
    ("IDX values", DataError,
     lambda: idx_files("train-labels-idx1-ubyte.gz", b"\0\0\x08\1\0\0\0\2\0"),
     "train-labels-idx1-ubyte.gz: expected 2 values of shape (2,); found 1."),
    ("IDX labels", DataError,
     lambda: idx_files("train-labels-idx1-ubyte.gz", b"\0\0\x08\1\0\0\0\1\0"),
     "train-labels-idx1-ubyte.gz: expected 2 labels, the number of images in "
     "train-images-idx3-ubyte.gz; found 1."),
    ("IDX file cut short", DataError,
     lambda: idx_files("train-labels-idx1-ubyte.gz", b"not gzip", packed=False),
     "train-labels-idx1-ubyte.gz: expected a whole gzip file; found a damaged one: <any>."),
    ("IDX file that cannot be read", DataError, unreadable,
     "train-images-idx3-ubyte: cannot be read: Input/output error."),
    ("images of another type", DataError, lambda: clothes(kind="float32"),
     "training split of clothes (a test): expected uint8 images (count, height, width, "
     "channels); received float32 (2, 4, 4, 1)."),
    ("labels for too few", DataError, lambda: clothes(labels=(0,)),
     "training split of clothes (a test): expected at least one image, and a label for each; "
     "received 2 images and labels (1,)."),
    ("label without a name", DataError, lambda: clothes(labels=(0, 3)),
     "training split of clothes (a test): labels are 0 to 3; expected 0 to 2."),
    ("sizes of two splits", DataError, lambda: clothes(test=split(shape=(2, 5, 4, 1))),
     "clothes (a test): training images are (4, 4, 1), test images (5, 4, 1); expected one shape."),
    ("limit", BadInput, lambda: clothes().limited(7, None),
     "a limit of 7 training images exceeds the 2 of the data set."),
    ("validation", BadInput, lambda: clothes().with_validation(0.1),
     "validation 0.1 of 2 training images holds out 0 and leaves 2; both must be at least 1."),
    ("data set", UnknownName, lambda patch: without_network(patch, "cifer10"),
     "no data set 'cifer10'; did you mean 'cifar10'? Known: <any>."),
    ("data set without a network", DataError, lambda patch: without_network(patch, "cifar10"),
     "no data set 'cifar10' in empty, and no network to download it: prepare it on a machine "
     "that has one, copy the folder, and name it with `data_dir`."),
    ("configuration of a data set", DataError, lambda: tfds.prepare("mnist/none", Path("data")),
     "TFDS cannot prepare 'mnist/none': <any>"),
    ("configurations of a data set", BadInput, two_configurations,
     "mine is prepared in data/mine as mine/a, mine/b; name one of them."),
    ("damaged data set", DataError, not_prepared,
     "data/mine/1.0.0: not a folder that TFDS can read: <any>"),
    ("damaged split", DataError, damaged_split,
     "data/mine/1.0.0: split test cannot be read: <any>"),
    ("prices", DataError, lambda: open_prepared("image", "price"),
     "data/mine/1.0.0: expected an image and a class as label; found <any>."),
    ("images without labels", DataError, lambda: open_prepared("open", "unlabelled"),
     "data/mine/1.0.0: 2 of 2 images of its train split have no label (-1)."),
    ("one split", DataError, lambda: open_prepared("image", "label", splits=("test",)),
     "data/mine/1.0.0: expected a split to train on; found test."),
    ("half of Fashion-MNIST", DataError, half_of_fashion_mnist,
     "data/fashion_mnist/1.0.0: expected the splits train and test; found ['train']."),
    ("name of Hugging Face", DataError, lambda patch: hugging_face(patch, None),
     "hf:cats cannot be read: Couldn't find 'cats'"),
    ("splits of Hugging Face", DataError, lambda patch: hugging_face(patch, {"all": 1}),
     "hf:cats has the splits all; expected train among them."),
]
# fmt: on
