"""Errors about recipes in files, and about builders in the user's code; see error_cases.py."""

import os
from functools import partial
from pathlib import Path

from error_cases_of_models import file

import netzoo
from netzoo.errors import BadInput, UnknownName
from netzoo.models import plugins, yours
from netzoo.models.catalog import model_spec
from netzoo.recipes import RECIPES, recipe
from netzoo.runs.request import Request, devices_of
from netzoo.studies.ablate import ablate
from netzoo.training import devices
from netzoo.training.optimizer import optimizer

SMALL = "epochs = 3\nbatch_size = 8\nlearning_rate = 0.01\n"
BUILDER = """
from typing import Literal
def build(input_shape=(8, 8, 1), num_classes=3, *, activation: Literal["relu", "tanh"] = "relu"):
    ...
"""


def asked(text):
    """Request a comparison by a recipe file of this text, None for no file."""
    if text is not None:
        Path("mine.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with RECIPES.temporary():
        Request.of("lenet", recipe="mine.toml").check()


def devices_by_a_family():
    Path("mine.toml").write_text(f"{SMALL}[family.alexnet]\ndata_parallel = 2\n")
    with RECIPES.temporary():
        request = Request.of(["lenet", "alexnet"], recipe="mine.toml")
        request.check()
        devices_of(request)


def named_models():
    before = os.environ.get(plugins.VARIABLE)
    os.environ[plugins.VARIABLE] = "no.py"
    try:
        plugins.load.__wrapped__()
    finally:
        os.environ.pop(plugins.VARIABLE)
        if before is not None:
            os.environ[plugins.VARIABLE] = before


def arguments(changes):
    yours.builder(model_spec(f"{file('mine.py', BUILDER)}:build{changes}"))


# fmt: off
FILES = [
    (None, BadInput, "the recipe 'mine.toml' cannot be read: No such file or directory."),
    ("epochs 3", BadInput, "mine.toml is not TOML: <any>."),
    (b"\xff", BadInput, "mine.toml is not TOML: <any>."),
    ("epochs = 3\nepochs = 4", BadInput, "mine.toml is not TOML: <any>."),
    ("epochs = 3", BadInput,
     "mine.toml has no batch_size; netzoo recipe show quick has an example."),
    (SMALL + "epoch = 3", UnknownName,
     "no setting 'epoch' in mine.toml; did you mean 'epochs'? Known: <any>."),
    (SMALL + "tuned = true", UnknownName, "no setting 'tuned' in mine.toml<any>"),
    (SMALL + "name = 'x'", UnknownName, "no setting 'name' in mine.toml<any>"),
    (SMALL.replace("3", "0"), BadInput,
     "mine.toml: epochs is from 1 to 100000; received 0."),
    (SMALL.replace("3", "'3'"), BadInput,
     "mine.toml: epochs is a whole number; received '3'."),
    (SMALL + "optimizer = 'adm'", BadInput,
     "mine.toml: no optimizer 'adm'; did you mean 'adam'? Known: <any>."),
    (SMALL + "optimizer_options = 3", BadInput,
     "mine.toml: optimizer_options is a table of names and values; received 3."),
    (SMALL + "optimizer_options = {a = [1]}", BadInput,
     "mine.toml: optimizer_options is a table of names and values; received {'a': [1]}."),
    (SMALL + "schedule = 'CosineDecay'\n[schedule_options]\nalpha = 2", BadInput,
     "mine.toml: alpha of CosineDecay is from 0 to 1; received 2."),
    (SMALL + "schedule = 'CosineDekay'", BadInput,
     "mine.toml: no schedule 'CosineDekay'; did you mean 'CosineDecay'? Known: <any>."),
    (SMALL + "loss = ['a']", BadInput, "mine.toml: no loss \"['a']\". Known: <any>."),
    (SMALL + "loss = 'Poisson'", BadInput,
     "mine.toml: the loss Poisson of one class an image is the cross-entropy; received 'Poisson', "
     "try 'SparseCategoricalCrossentropy'. Known: <any>."),
    (SMALL + "[family.lenet]\nloss_options = { gamma = 1 }", BadInput,
     "mine.toml: no option 'gamma' in the loss SparseCategoricalCrossentropy; there are none."),
    (SMALL + "weights = 1", BadInput, "mine.toml: weights is text; received 1."),
    (SMALL + "family = 3", BadInput,
     "mine.toml: a family's fields stand below [family.NAME]."),
    (SMALL + "[family]\nlenet = 3", BadInput,
     "mine.toml: a family's fields stand below [family.NAME]."),
    (SMALL + "[family.lenett]\nepochs = 3", UnknownName,
     "no family 'lenett' in mine.toml; did you mean 'lenet'? Known: <any>."),
    (SMALL + "[family.lenet]\nepoch = 3", UnknownName,
     "no setting 'epoch' in mine.toml; did you mean 'epochs'? Known: <any>."),
    (SMALL + "[lenet]\nepochs = 3", UnknownName, "no setting 'lenet' in mine.toml<any>"),
]
SCHEDULES = [
    ("CosineDecay", {"decay_epochs": 2, "decay_steps": 9},
     "decay_steps and decay_epochs of CosineDecay are the same; received 9 and 2, give one."),
    ("CosineDecay", {"warmup_steps": 2},
     "a warmup of CosineDecay has a length and a target; received warmup_steps 2, give "
     "warmup_target too."),
    ("CosineDecay", {"warmup_epochs": 6, "warmup_target": 1},
     "warmup_epochs of CosineDecay leaves none of the 6 epochs to decay; received 6."),
    ("CosineDecayRestarts", {"alpha": 0},
     "schedule CosineDecayRestarts needs first_decay_epochs or first_decay_steps in "
     "schedule_options; received alpha."),
    ("ExponentialDecay", {"decay_rate": 0.5, "staircase": 1},
     "staircase of ExponentialDecay is true or false; received 1."),
    ("PolynomialDecay", {"end_learning_rate": 0.1},
     "end_learning_rate of PolynomialDecay is 0.1, above the learning_rate, 0.01; give a lower one "
     "in schedule_options."),
    ("PiecewiseConstantDecay", {"boundaries": 3, "values": [1, 2]},
     "boundaries of PiecewiseConstantDecay is a list of numbers; received 3."),
    ("PiecewiseConstantDecay", {"boundaries": [3], "values": [0.01]},
     "values of PiecewiseConstantDecay are one more than boundaries; received 1 values and 1 "
     "boundaries."),
    ("PiecewiseConstantDecay", {"boundaries": [3, 3], "values": [0.01, 0.1, 1]},
     "boundaries of PiecewiseConstantDecay increase; received [3, 3]."),
    ("PiecewiseConstantDecay", {"boundaries": [3], "values": [0.1, 0.01]},
     "values of PiecewiseConstantDecay begin with the learning_rate, 0.01; received 0.1."),
]
LONG_WARMUP = {
    "schedule": "CosineDecay",
    "schedule_options": {"warmup_steps": 6, "warmup_target": 1.0},
}
CASES = [
    ("average of the optimizer", BadInput,
     lambda: optimizer(recipe("quick", "lenet", {"optimizer_options": {"use_ema": True}}), 1),
     "the average of the weights is the recipe's field ema; received use_ema in "
     "optimizer_options."),
    ("more devices than cores", BadInput, lambda: devices.checked(1024, "cpu"),
     "data_parallel 1024 needs as many GPUs, or, to try it out, CPU cores; here <any> and no GPU."),
    ("more devices than GPUs", BadInput, lambda: devices.checked(1024, "gpu"),
     "data_parallel 1024 needs as many GPUs; <any> sees <any> here."),
    ("devices by a family", BadInput, devices_by_a_family,
     "data_parallel is the same for all models of a comparison; received lenet 1, alexnet 2."),
    ("devices of one model", BadInput, lambda: netzoo.compare("lenet@data_parallel=2"),
     "data_parallel is the same for all models of a comparison; received it for 'lenet' alone. "
     "Give it to all as `data_parallel`."),
    ("devices of a probe", BadInput, lambda: netzoo.probe("lenet", data_parallel=2),
     "probe trains on one device; received data_parallel 2."),
    *((f"schedule {name} {number}", BadInput,
       partial(recipe, "quick", "lenet", {"schedule": name, "schedule_options": options}), words)
      for number, (name, options, words) in enumerate(SCHEDULES)),
    ("warmup of all steps", BadInput, lambda: optimizer(recipe("quick", "lenet", LONG_WARMUP), 1),
     "the warmup of CosineDecay leaves none of the 6 steps to decay; received warmup_steps 6."),
    ("loss of another kind", BadInput, lambda: netzoo.compare("lenet", loss="dice"),
     "the loss Dice is of masks, over the whole batch; received 'dice', try "
     "'CategoricalFocalCrossentropy'. Known: <any>."),
    ("option of a loss", UnknownName,
     lambda: recipe("quick", "lenet", {"loss_options": {"label_smoothing": 0.1}}),
     "no option 'label_smoothing' in the loss SparseCategoricalCrossentropy; there are none."),
    ("loss", UnknownName, lambda: netzoo.compare("lenet", loss="CategoricalCrossentropie"),
     "no loss 'CategoricalCrossentropie'; did you mean 'CategoricalCrossentropy'? Known: <any>."),
    *((f"recipe file {number}", kind, partial(asked, text), words)
      for number, (text, kind, words) in enumerate(FILES)),
    ("options that are no table", BadInput,
     lambda: netzoo.compare("lenet", optimizer_options=3),
     "optimizer_options is a table of names and values; received 3."),
    ("options that the optimizer lacks", BadInput,
     lambda: optimizer(recipe("quick", "lenet", {"optimizer_options": {"momentun": 0.9}}), 1),
     "optimizer adam with momentun=0.9: <any>"),
    ("no file in NETZOO_MODELS", BadInput, named_models,
     "NETZOO_MODELS: 'no.py' does not exist."),
    ("value of a builder's argument", BadInput, lambda: arguments(":activation=rely"),
     "activation of mine.py:build:activation=rely is one of relu, tanh; received 'rely'."),
    ("argument of a builder", UnknownName, lambda: arguments(":activaton=relu"),
     "no argument 'activaton' in mine.py:build:activaton=relu; did you mean 'activation'? Known: "
     "<any>."),
    ("ablation of a model with settings", BadInput, lambda: ablate("my.py:build@epochs=3"),
     "an ablation starts from a model without settings; received 'my.py:build@epochs=3', try "
     "my.py:build."),
    ("ablation of no file", BadInput, lambda: ablate("my.py:build"), "'my.py' does not exist."),
]
