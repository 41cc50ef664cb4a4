"""Every error that a person can meet, each provoked for real, with its words.

A case is a name, the class of the error, what provokes it, and the whole message, in which <any>
stands for what differs from machine to machine or is another library's. What provokes it is a
command line or a function, in an empty folder; a function's argument sets attributes, variables and
packages for the case alone, and what it registers is forgotten. What click says of a command line
is in test_cli.py.
"""

import contextlib
import sys
import types
from dataclasses import replace
from pathlib import Path

from error_cases_of_costs import CASES as CASES_OF_COSTS
from error_cases_of_files import CASES as CASES_OF_FILES
from error_cases_of_heads import CASES as CASES_OF_HEADS
from error_cases_of_images import CASES as CASES_OF_IMAGES
from error_cases_of_inspection import CASES as CASES_OF_INSPECTION
from error_cases_of_models import CASES as CASES_OF_MODELS
from error_cases_of_models import build, file, folder, registered
from error_cases_of_ray import CASES as CASES_OF_RAY
from error_cases_of_recipes import CASES as CASES_OF_RECIPES
from error_cases_of_searches import CASES as CASES_OF_SEARCHES
from error_cases_of_targets import CASES as CASES_OF_TARGETS
from lesson_records import counts, probed, trained
from netzoo_cli.app import _check_words
from study_records import CPU, DATA, record

import netzoo
from netzoo import backend, disk
from netzoo.errors import (
    BadInput,
    DataError,
    MissingPackage,
    StoreError,
    TrialFailed,
    UnknownName,
)
from netzoo.models.catalog import MODELS, model_spec
from netzoo.recipes import RECIPES, recipe
from netzoo.records.codec import from_text
from netzoo.records.trial import TrialRecord
from netzoo.results.filters import Filters
from netzoo.runs.messages import Start, Started
from netzoo.runs.places import choose_places
from netzoo.runs.process import Process
from netzoo.runs.request import planned_trials
from netzoo.runs.saved import chosen_state, find_trial
from netzoo.runs.store import Store, keep_study, saved_study

TRAINED = record("lenet", 0, 0.7, cost=False)


def here(patch):
    patch.setattr(build, "__module__", "__main__")
    registered("here", build)
    planned_trials({model_spec("here"): recipe("brief", "")}, DATA, [0], "tensorflow", "cpu")


def no_backend(patch, name):
    patch.delitem(sys.modules, "keras")  # which knows its backend once it is imported
    patch.setenv("KERAS_BACKEND", name)
    patch.setitem(sys.modules, "torch", None)
    backend.name()


def not_there(patch):
    patch.setenv("KERAS_TORCH_DEVICE", "cdua")
    raise backend._unusable("KERAS_TORCH_DEVICE")  # which backend raises it depends on the run


def old_plotext(patch):
    patch.setitem(sys.modules, "plotext", types.SimpleNamespace(__version__="5.3.2"))
    command("compare lenet --plot")


def without(patch, package, call):
    patch.setitem(sys.modules, package, None)
    call()


def no_pandas(patch):
    comparison = trained([0])
    patch.setitem(sys.modules, "pandas", None)
    comparison.to_pandas()


def not_installed(patch):
    patch.setattr("importlib.util.find_spec", lambda name: None)
    netzoo.bench("lenet", backends=["jax", "torch"])


def backends_of(*records):
    """Return the folder of a comparison of backends, with these records of torch."""
    whole = folder("out")
    file(whole / "backends.json", disk.sealed('{"backends": ["torch"]}\n'))
    for each in records:
        Store(whole / "torch").keep_trial(each)
    return whole


def not_installed_either(patch):
    patch.setattr("importlib.util.find_spec", lambda name: None)
    netzoo.parity("lenet", backends=["jax", "torch"])


def random_layer(patch):
    import keras

    from netzoo.training.parity import be_calm

    layers = keras.layers
    be_calm(keras.Sequential([layers.Dropout(0.5), layers.RandomRotation(0.1, name="turn")]))


def other_weights(patch):
    from netzoo.training.parity import START, arrays_of, assign, variables_of

    arrays = arrays_of(START, variables_of(netzoo.create_model("mlp")))
    assign(netzoo.create_model("mlp-onehidden"), arrays, START)


def command(words):
    from netzoo_cli.app import app

    app.main(words.split(), standalone_mode=False)


def comparison(*records):
    """Return a folder of records."""
    store = Store(folder("out"))
    for each in records:
        store.keep_trial(each)
    return store


def study(told):
    """Write what stands for a study's result, well sealed."""
    text = disk.sealed(f'{{"result": {told}}}\n')
    return file(folder("out") / "study.json", text).parent


def locked(patch):
    patch.setattr("netzoo.runs.lock.LOCK_SECONDS", 0.0)
    with Store(Path("out")).open_to_write():
        command("compare lenet --output out")


def run_state_where(condition):
    return chosen_state(comparison(TRAINED), Filters.of((), [condition]))


def ladder_by_a_recipe():
    text = "epochs = 1\nbatch_size = 8\nlearning_rate = 0.01\naugment = 'flip'\n"
    path = file("mine.toml", text)
    with RECIPES.temporary():
        netzoo.ladder("lenet", "lenet-relu", recipe=str(path))


def no_training():
    keep_study(folder("out", "plan.json"), probed())
    command("show out --plot")


def in_folder(make, words):
    make()
    command(words)


def two_of_one_argument():
    registered("lenet-tanh", MODELS["lenet"].builder, activation="tanh")
    netzoo.ablate("lenet", factorial=True, changes=["activation=tanh", "activation=relu"])


def interpreter(patch, script):
    """Let the process of a trial be a script."""
    path = file("python", f"#!/bin/sh\n{script}\n").absolute()
    path.chmod(0o755)
    patch.setattr(sys, "executable", str(path))
    return Process(Path("log"), "tensorflow")


def ended(patch, script):
    with interpreter(patch, script) as process:
        process.receive(Started)


def told_when_dead(patch):
    with interpreter(patch, "kill -KILL $$") as process:
        with contextlib.suppress(TrialFailed):
            process.receive(Started)  # waits for its end
        process.send(Start("cpu", None))


# fmt: off
CASES = [
    # On the command line.
    ("pattern", UnknownName, "list x*",
     "no model 'x*'. Known: alexnet, <any>."),
    ("format", UnknownName, "list --format jsn",
     "no format 'jsn'; did you mean 'json'? Known: csv, json, latex, markdown, table."),
    ("input shape", BadInput, "summary alexnet --input-shape 224",
     "--input-shape: expected height,width,channels such as 224,224,1; received '224'."),
    ("word that is no text", BadInput, lambda: _check_words(["compare", "out\udcff"]),
     "'out\\udcff' is not text in this system's encoding."),
    ("input size", BadInput, "summary a.keras --input-shape 8,x",
     "--input-shape: expected sizes such as 224,224,1 or 20, each a positive whole number; "
     "received '8,x'."),
    ("depth", BadInput, "summary lenet --depth 0",
     "--depth is at least 1; received 0."),
    ("columns", UnknownName, "summary lenet --columns mac",
     "no column 'mac'; <any>"),
    ("columns of a comparison", UnknownName, "compare lenet alexnet --columns mac",
     "no column 'mac'; did you mean 'macs'? Known: macs, <any>"),
    ("columns of a folder", UnknownName,
     lambda: in_folder(lambda: comparison(TRAINED), "show out --columns params,verdct"),
     "no column 'verdct'; did you mean 'verdict'? Known: verdict, <any>"),
    ("columns of an ablation", UnknownName, "ablate lenet --columns shares",
     "no column 'shares'; did you mean 'share'? Known: share, <any>"),
    ("no name of a column", UnknownName, "ladder lenet alexnet --columns macs,",
     "no column ''. Known: <any>"),
    ("columns and format", BadInput, "compare lenet --columns macs --format json",
     "--columns chooses columns of a table: it does not go with --format json."),
    ("sort", UnknownName, "summary lenet --sort type",
     "no column to sort by 'type'. Known: <any>"),
    ("plot and format", BadInput, "compare lenet --plot --format csv",
     "--plot draws below the table: it does not go with --format csv."),
    ("log file", BadInput, "compare lenet --log-file none/log",
     "none/log cannot be written: No such file or directory."),
    ("number of seeds", BadInput, "compare lenet --seeds 0",
     "--seeds is the number of seeds, at least 1; received 0."),
    ("jobs", BadInput, "compare lenet --jobs al",
     "`jobs` is a number of trials, 1 or more, or auto; received 'al'."),
    ("jobs of several devices", BadInput, "compare lenet --jobs 2 --data-parallel 2",
     "`jobs` 2 and `data_parallel` do not go together: <any>"),
    ("trials on a device", BadInput, "ablate lenet --per-device 0",
     "`per_device` is a number of trials, 1 or more; received 0."),
    ("jobs without a place", BadInput,
     lambda: choose_places(counts(), 3, 2, 0, 9),
     "3 jobs do not fit: there is 1 device, with 2 trials on each."),
    ("sizes", BadInput, "lesson --brief --full",
     "--brief, --full and --recipe exclude each other; give one of them."),
    ("steps in words", BadInput, "probe lenet --steps x",
     "--steps: expected whole numbers such as 0,50; received 'x'."),
    ("model twice", BadInput, "compare lenet lenet",
     "'lenet' is named twice; a comparison takes each model once."),
    ("baseline", UnknownName, "compare lenet --baseline alexnet",
     "no baseline 'alexnet' in this comparison; did you mean 'lenet'? Known: lenet."),
    ("recipe", UnknownName, "compare lenet --recipe lessn",
     "no recipe 'lessn'; did you mean 'lesson'? Known: auto, brief, lesson, modern, quick."),
    ("device", UnknownName, "compare lenet --device tpu",
     "no device 'tpu'; did you mean 'gpu'? Known: auto, cpu, gpu."),
    ("seed", BadInput, "compare lenet --seed -1",
     "a seed is a whole number from 0 to 4294967295; received -1."),
    ("output is a file", BadInput,
     lambda: in_folder(lambda: file("out"), "compare lenet --output out"),
     "out is a file; name a folder."),
    ("output of a lesson in a file", BadInput,
     lambda: in_folder(lambda: file("out"), "lesson --output out/sub"),
     "out is a file; name a folder."),
    ("output holds other things", BadInput,
     lambda: in_folder(lambda: folder("out", "notes.txt"), "compare lenet --output out"),
     "out holds something else than a comparison; name another."),
    ("output of a lesson holds other things", BadInput,
     lambda: in_folder(lambda: folder("out", "notes.txt"), "lesson --output out"),
     "out holds something else than a lesson; name another."),
    ("output has a file for a folder", BadInput,
     lambda: in_folder(lambda: folder("out", "trials", "plan.json"), "compare lenet --output out"),
     "out cannot be written: File exists."),
    ("output in use", BadInput, locked,
     "out is in use by another netzoo; wait for it, or name another folder."),
    # Of what is compared.
    ("no model", BadInput, lambda: netzoo.compare([]),
     "name at least one model to train; netzoo list shows them."),
    ("seeds twice", BadInput, lambda: netzoo.compare("lenet", seeds=[1, 1]),
     "expected one seed or more, each once; received [1, 1]."),
    ("model in the notebook", BadInput, here,
     "'here' is defined in the running script or notebook; put its builder into a module that "
     "can be imported, since each trial runs in a process of its own."),
    ("ablation of a variant", BadInput, lambda: netzoo.ablate("alexnet-sigmoid"),
     "an ablation starts from a family's base; received 'alexnet-sigmoid', try alexnet."),
    ("change of an ablation", UnknownName, lambda: netzoo.ablate("alexnet", changes=["droput"]),
     "no change 'droput' in alexnet; did you mean 'dropout'? Known: activation, augment, "
     "batchnorm, dropout, fc_layers, pooling."),
    ("pairs of one argument", BadInput, two_of_one_argument,
     "`factorial` takes one change of each argument; choose among activation=relu, "
     "activation=tanh by `changes`."),
    ("ladder with settings", BadInput, lambda: netzoo.ladder("lenet@epochs=3", "alexnet"),
     "a ladder goes from model to model, without settings; received 'lenet@epochs=3'."),
    ("ladder of a recipe that augments", BadInput, ladder_by_a_recipe,
     "augment is a rung of this ladder, and the recipe has flip for all rungs; name an order "
     "without it."),
    ("ladder to itself", BadInput, lambda: netzoo.ladder("lenet", "lenet"),
     "there is nothing to change from lenet to lenet."),
    ("rung", UnknownName, lambda: netzoo.ladder("lenet", "lenet-relu", order=["activaton"]),
     "no change 'activaton' in the way from lenet to lenet-relu; did you mean 'activation'? "
     "Known: activation, augment."),
    ("order of a ladder", BadInput,
     lambda: netzoo.ladder("lenet", "alexnet", order=["wide", "size"]),
     "the order names each of activation, pooling, dropout, wide, deep, size once; received "
     "wide, size."),
    ("order through history", BadInput,
     lambda: netzoo.ladder("lenet", "resnet18", order=["shortcut"]),
     "the order from lenet to resnet18 is that of history, through alexnet, vgg, resnet; leave "
     "`order` out."),
    ("ladder back", BadInput, lambda: netzoo.ladder("resnet18", "lenet-relu"),
     "no ladder leads from resnet18 back to lenet-relu; one leads from lenet-relu to resnet18."),
    ("ladder aside", BadInput, lambda: netzoo.ladder("resnet18", "vit-tiny"),
     "no ladder leads from resnet18 to vit-tiny; those to vit-tiny start from a model of its own "
     "family, or of small_resnet, vgg, alexnet, lenet, mlp."),
    ("augment on a ladder", BadInput, lambda: netzoo.ladder("lenet", "alexnet", augment="flip"),
     "augment is a rung of this ladder; name an order without it to give it to all rungs."),
    ("steps", BadInput, lambda: netzoo.probe("lenet", steps=[5, -1]),
     "steps are whole numbers from 0 to 1000000, each once; received -1."),
    ("images of a probe", BadInput, lambda: netzoo.probe("lenet", images=0),
     "images is a whole number, at least 1; received 0."),
    ("steps of a parity", BadInput, lambda: netzoo.parity("lenet", steps=0),
     "`steps` is a whole number from 1 to 1000; received 0."),
    ("steps of the command", BadInput, "parity lenet --steps 1001",
     "`steps` is a whole number from 1 to 1000; received 1001."),
    ("true steps", BadInput, lambda: netzoo.parity("lenet", steps=True),
     "`steps` is a whole number from 1 to 1000; received True."),
    ("images of a step", BadInput, lambda: netzoo.parity("lenet", batch_size=0),
     "batch_size is from 1 to 1000000; received 0."),
    ("precision of a parity", UnknownName, "parity lenet --precision float64",
     "no precision 'float64'; did you mean 'float32'? Known: <any>."),
    ("seed of a parity", BadInput, "parity lenet --seed -1",
     "a seed is a whole number from 0 to 4294967295; received -1."),
    ("backend of a parity", UnknownName, "parity lenet --backends torhc",
     "no backend 'torhc'; did you mean 'torch'? Known: all, jax, tensorflow, torch."),
    ("random layer of a parity", BadInput, random_layer,
     "its layer turn (RandomRotation) draws random numbers, which differ between backends; "
     "parity turns off dropout and noise only."),
    ("other weights", BadInput, other_weights,
     "the model has other weights than on the reference's backend: <any>."),
    ("no backend of a parity", BadInput, lambda: netzoo.parity("lenet", backends=[]),
     "`backends` are tensorflow, torch, jax or all; received []."),
    ("backends of a parity", MissingPackage, not_installed_either,
     'none of jax, torch is installed: pip install "netzoo[jax]"; pip install "netzoo[torch]"'),
    ("columns of the layers", BadInput, "parity lenet --layers --columns loss",
     "--columns chooses those of the table without --layers."),
    ("batch sizes", BadInput, lambda: netzoo.bench("lenet", batch_sizes=[8, 0]),
     "`batch_sizes` are whole numbers from 1 to 1000000, each once; received 0."),
    ("batch sizes of the command", BadInput, "bench lenet --batch-sizes 1,x",
     "--batch-sizes: expected whole numbers such as 1,32; received '1,x'."),
    ("work", UnknownName, lambda: netzoo.bench("lenet", work="infer"),
     "no work 'infer'; did you mean 'inference'? Known: inference, training."),
    ("no work", BadInput, lambda: netzoo.bench("lenet", work=[]),
     "`work` is inference, training or both; received none."),
    ("seconds", BadInput, lambda: netzoo.bench("lenet", seconds=0),
     "`seconds` is a number above 0 and up to 3600; received 0."),
    ("backend of a bench", UnknownName, lambda: netzoo.bench("lenet", backends="torhc"),
     "no backend 'torhc'; did you mean 'torch'? Known: all, jax, tensorflow, torch."),
    ("backends of a bench", MissingPackage, not_installed,
     'none of jax, torch is installed: pip install "netzoo[jax]"; pip install "netzoo[torch]"'),
    ("no backends", BadInput, lambda: netzoo.compare("lenet", backends=[]),
     "`backends` are tensorflow, torch, jax or all; received []."),
    ("backends of a comparison", UnknownName, "compare lenet --backends torch,tensorlfow",
     "no backend 'tensorlfow'; did you mean 'tensorflow'? Known: all, jax, tensorflow, torch."),
    ("nothing of backends", DataError, lambda: command(f"show {backends_of()}"),
     "out holds no trial to show."),
    ("baseline of backends", UnknownName,
     lambda: command(f"report {backends_of(TRAINED)} --baseline lenet"),
     "no backend 'lenet' in out. Known: torch."),
    ("one backend into several", BadInput,
     lambda: command(f"compare lenet --output {backends_of()}"),
     "out holds something else than a comparison; name another."),
    ("several backends into one", BadInput,
     lambda: command(f"compare lenet --backends all --output {comparison(TRAINED).folder}"),
     "out holds something else than a comparison of backends; name another."),
    # Settings.
    ("setting", UnknownName, lambda: netzoo.compare("lenet", epoch=3),
     "no setting 'epoch' in a recipe; did you mean 'epochs'? Known: <any>."),
    ("choice", UnknownName, lambda: netzoo.compare("lenet", optimizer="adm"),
     "no optimizer 'adm'; did you mean 'adam'? Known: <any>."),
    ("number of epochs", BadInput, lambda: netzoo.compare("lenet", epochs=1.5),
     "epochs is a whole number; received 1.5."),
    ("number", BadInput, lambda: netzoo.compare("lenet", learning_rate="fast"),
     "learning_rate is a number; received 'fast'."),
    ("range", BadInput, lambda: netzoo.compare("lenet", learning_rate=float("nan")),
     "learning_rate is from 1e-12 to 1e+06; received nan."),
    ("yes or no", BadInput, lambda: netzoo.compare("lenet", test_each_epoch=1),
     "test_each_epoch is True or False; received 1."),
    ("setting for one model", BadInput, lambda: netzoo.compare("lenet@limit_train=9"),
     "limit_train is the same for all models of a comparison; received it for 'lenet' alone. "
     "Give it to all as `limit_train`."),
    ("family of settings", UnknownName, lambda: netzoo.compare("lenet@as=alexnt"),
     "no family 'alexnt'; did you mean 'alexnet'? Known: <any>."),
    ("setting without a value", BadInput, lambda: netzoo.compare("lenet@epochs"),
     "a setting is written name=value; received 'epochs' in 'lenet@epochs'."),
    ("change twice", BadInput, lambda: netzoo.create_model("lenet:dropout=0.1,dropout=0.2"),
     "change 'dropout' is given twice in 'lenet:dropout=0.1,dropout=0.2'."),
    # Backends, packages and processes.
    ("backend", UnknownName, lambda patch: no_backend(patch, "tensorflw"),
     "no backend 'tensorflw'; did you mean 'tensorflow'? Known: jax, tensorflow, torch."),
    ("backend that is not installed", MissingPackage, lambda patch: no_backend(patch, "torch"),
     "the backend torch (KERAS_BACKEND names another) needs the package torch, which is not "
     'installed: pip install "netzoo[torch]"'),
    ("GPU", BadInput, lambda: backend.require_gpu({"kind": "cpu", "name": CPU.name}),
     "`device` gpu: <any> sees no GPU here; it would run on CPU (2 cores)<any>."),
    ("device of a variable", BadInput, not_there,
     "KERAS_TORCH_DEVICE is 'cdua', a device that <any> cannot use here; set it to cpu, or unset "
     "it."),
    ("packages of a page", MissingPackage,
     lambda patch: without(patch, "altair", lambda: netzoo.write_report("out")),
     'report needs the package altair, which is not installed: pip install "netzoo[report]"'),
    ("package of a plot", MissingPackage,
     lambda patch: without(patch, "plotext", lambda: command("compare lenet --plot")),
     '`plot` needs the package plotext, which is not installed: pip install "netzoo[report]"'),
    ("old package of a plot", MissingPackage, old_plotext,
     '`plot` needs plotext 6 or later, found 5.3.2: pip install "netzoo[report]"'),
    ("package of a frame", MissingPackage, no_pandas,
     "to_pandas needs the package pandas, which is not installed: pip install pandas"),
    ("process that ends", TrialFailed,
     lambda patch: ended(patch, "echo the backend gave up >&2; exit 3"),
     "its process ended with code 3: the backend gave up"),
    ("process that is killed", TrialFailed, told_when_dead,
     "its process was ended by SIGKILL, possibly out of memory."),
    # Folders of results.
    ("runs of no folder", BadInput, "runs nowhere",
     "'nowhere' is not a folder."),
    ("show of no folder", BadInput, "show nowhere",
     "'nowhere' is not a folder."),
    ("page of no folder", BadInput, "report nowhere",
     "'nowhere' is not a folder."),
    ("no comparison", BadInput, "show .",
     "'.' does not hold a comparison."),
    ("empty comparison", DataError, lambda: in_folder(lambda: folder("out/trials"), "show out"),
     "out holds no trial to show."),
    ("page of empty comparisons", DataError,
     lambda: in_folder(lambda: (folder("a/trials"), folder("b/trials")), "report a b"),
     "no results in a, b."),
    ("plot without training", BadInput, no_training,
     "--plot: out holds no training, so there are no learning curves."),
    ("baseline of a page", UnknownName,
     lambda: in_folder(lambda: comparison(TRAINED), "report out --baseline lenett"),
     "no model 'lenett' in these folders; did you mean 'lenet'? Known: lenet."),
    ("language of a page", UnknownName,
     lambda: in_folder(lambda: comparison(TRAINED), "report out --lang fr"),
     "no language 'fr'. Known: en, zh."),
    ("curve", UnknownName, lambda: trained([0]).plot("acuracy"),
     "no curve 'acuracy'; did you mean 'accuracy'? Known: accuracy, loss."),
    ("axis", UnknownName, lambda: trained([0]).plot(along="time"),
     "no axis 'time'; did you mean 'images'? Known: epoch, flops, images, seconds."),
    ("trial", UnknownName, lambda: find_trial([comparison(TRAINED)], "alexnet"),
     "no trial 'alexnet' in out. Known: lenet-seed0-<any>."),
    ("column of trials", UnknownName, lambda: run_state_where("test_acuracy>0.9"),
     "no column 'test_acuracy'; did you mean 'test_accuracy'? Known: test_accuracy, augment, "
     "backend, balanced_accuracy, batch_size, class_weight, classes, command, commit, comparison, "
     "data_parallel, dataset and <any> more."),
    ("condition", BadInput, lambda: run_state_where("test_accuracy=0.9"),
     "--where takes a column, one of > >= < <= == != and a value, such as 'test_accuracy>0.9'; "
     "received 'test_accuracy=0.9'."),
    ("value of a condition", BadInput, lambda: run_state_where("seed>one"),
     "--where 'seed>one': seed is a number; received 'one'."),
    ("several trials", BadInput,
     lambda: find_trial([comparison(TRAINED, record("lenet-relu", 0, 0.7, cost=False))], "lenet"),
     "'lenet' begins the names of 2 trials in out, such as lenet-relu-seed0-<any> and "
     "lenet-seed0-<any>; give more of one."),
    ("trial without a record", DataError,
     lambda: find_trial([comparison(replace(TRAINED, status="failed", history=()))], "lenet"),
     "lenet-seed0-<any> is failed; it has no record to repeat."),
    ("result of no study", DataError, lambda: saved_study(study("{}")),
     "out/study.json does not hold the result of a study."),
    ("part of a study", DataError, lambda: saved_study(study('{"layers": []}')),
     "out/study.json does not hold a Probe: Object missing required field `backend`."),
    ("damaged study", DataError, lambda: saved_study(file(folder("out") / "study.json").parent),
     "out/study.json was cut short or changed since it was written."),
    ("study that cannot be read", DataError, lambda: saved_study(folder("out/study.json").parent),
     "out/study.json cannot be read: Is a directory."),
    ("text of no record", DataError, lambda: from_text(TrialRecord, "{", "a.json"),
     "a.json does not hold a TrialRecord: Input data was truncated."),
    ("no room", StoreError, lambda: disk.write_text(file("out") / "plan.json", ""),
     "out/plan.json cannot be written: File exists."),
    *CASES_OF_COSTS,
    *CASES_OF_IMAGES,
    *CASES_OF_INSPECTION,
    *CASES_OF_MODELS,
    *CASES_OF_FILES,
    *CASES_OF_RAY,
    *CASES_OF_RECIPES,
    *CASES_OF_TARGETS,
    *CASES_OF_HEADS,
    *CASES_OF_SEARCHES,
]
# fmt: on
