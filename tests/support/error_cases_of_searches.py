"""Errors about searches of settings; see error_cases.py."""

import sys
from dataclasses import replace
from pathlib import Path

from error_cases_of_models import file
from error_cases_of_recipes import SMALL
from study_records import CPU, DATA, VERSIONS, trial_of

import netzoo
from netzoo.errors import BadInput, DataError, MissingPackage, UnknownName
from netzoo.recipes import RECIPES
from netzoo.records.plan import Plan
from netzoo.results.tuning import TunedModel, Tuning
from netzoo.runs.request import Request
from netzoo.runs.saved import saved_records
from netzoo.runs.store import Store
from netzoo.studies.compare_tuned import check_all_chosen, compare_tuned
from netzoo.studies.tune import epochs_of

TUNE = "tune lenet --budget 4 --space "
SEARCHED = """[search]
budget = "four"
[model."lenet".search]
tried = 4
"""


def planned(request, *trials):
    return Plan(request, "lenet", trials or (trial_of("lenet", 0),), CPU, VERSIONS, {})


def folder_of(request):
    store = Store(Path("out"))
    store.folder.mkdir()
    store.keep_plan(planned(request))
    return store


def compared_over_a_search():
    folder_of({"search": {}})
    netzoo.compare("lenet", output="out")


def tuned_over_a_comparison():
    folder_of({})
    netzoo.tune("lenet", budget=2, output="out")


def without_optuna(patch):
    patch.setitem(sys.modules, "optuna", None)
    netzoo.tune("lenet", budget=2)


def chosen_none():
    row = TunedModel("lenet", "failed", None, {}, None, 0, 0, 0, 0.0, 0, (), (), ())
    given = {"dataset": DATA, "recipe": {}, "backend": "jax", "device": CPU, "versions": {}}
    tuning = Tuning(
        budget=4, sampler="random", seed=0, space={}, rungs=(), validation=9, models=(row,), **given
    )
    check_all_chosen(replace(tuning), Path("runs/t/tuning"))


def two_epochs():
    epochs_of(planned({}, trial_of("lenet", 0), trial_of("alexnet", 0, epochs=9)))


def asked(tables):
    Path("mine.toml").write_text(SMALL + tables)
    with RECIPES.temporary():
        Request.of("lenet", recipe="mine.toml").check()


# fmt: off
CASES = [
    ("search without Optuna", MissingPackage, without_optuna,
     "A search of settings needs the package optuna, which is not installed: "
     "pip install \"netzoo[tune]\""),
    ("budget", BadInput, "tune lenet --budget 0",
     "`budget` is the number of settings for each model, 1 to 10000; received 0."),
    ("sampler", UnknownName, "tune lenet --budget 4 --sampler tp",
     "no sampler 'tp'; did you mean 'tpe'? Known: random, tpe."),
    ("searched setting", UnknownName, TUNE + "learnig_rate=1..2",
     "no setting 'learnig_rate' in a space; did you mean 'learning_rate'? Known: <any>."),
    ("unreadable space", BadInput, TUNE + "learning_rate=1e-4-1",
     "learning_rate is a number; received '1e-4-1'."),
    ("space of one word", BadInput, TUNE + "learning_rate",
     "a searched setting is written NAME=LOW..HIGH, NAME=LOW..HIGH:log, NAME=VALUE,VALUE or "
     "FILE.toml; received 'learning_rate'."),
    ("range downwards", BadInput, TUNE + "learning_rate=1e-1..1e-4",
     "a range goes up; received learning_rate='1e-1..1e-4', try 1e-4..1e-1."),
    ("logarithm of nothing", BadInput, TUNE + "weight_decay=0..1:log",
     "a range over logarithms begins above 0; received weight_decay='0..1:log'."),
    ("range of names", BadInput, TUNE + "augment=0..1",
     "augment has names, not numbers; received '0..1', give NAME,NAME."),
    ("value twice", BadInput, TUNE + "batch_size=32,32",
     "the values of batch_size are one or more, each once; received '32,32'."),
    ("setting for all", BadInput, TUNE + "validation=0.1,0.2",
     "validation is not searched: it is the same for all models of a search; give it to all as "
     "`validation`. Received '0.1,0.2'."),
    ("no space", BadInput, lambda: netzoo.tune("lenet", budget=4, space={}),
     "a space has one setting or more; it names none."),
    ("file of a space", BadInput, TUNE + "no.toml",
     "the space 'no.toml' cannot be read: No such file or directory."),
    ("space that is no TOML", BadInput,
     lambda: netzoo.tune("lenet", budget=4, space=str(file("a.toml", "a ="))),
     "a.toml is not TOML: <any>."),
    ("searched and its own", BadInput, "tune lenet@batch_size=8 --budget 4",
     "batch_size is searched, and lenet@batch_size=8 sets it; leave out either of them."),
    ("epochs of one model", BadInput, "tune lenet@epochs=8 mlp --budget 4",
     "epochs is the same for all models of a search; received it for 'lenet' alone. Give it to "
     "all as `epochs`."),
    ("epochs that differ", BadInput, two_epochs,
     "epochs is the same for all models of a search; received lenet 2, alexnet 9. Give it to all "
     "as `epochs`."),
    ("searched and given", BadInput, TUNE + "batch_size=8,16 --batch-size 32",
     "batch_size is searched, and given as `batch_size`; leave out either of them."),
    ("search without validation", BadInput, "tune lenet --budget 4 --validation 0",
     "a search takes the best on validation images; received `validation` 0, give a share such as "
     "0.1."),
    ("search on backends", BadInput, "compare lenet --tune 4 --backends all",
     "`tune` searches on one backend; leave `backends` out."),
    ("space without a search", BadInput, "compare lenet --space batch_size=8,16",
     "--space is of a search; give its number of settings by --tune N."),
    ("networks of a search", BadInput,
     lambda: compare_tuned("lenet", budget=4, save_models=True),
     "`save_models` writes to an output folder; name one by `output`."),
    ("nothing chosen", BadInput, chosen_none,
     "no setting of lenet could be trained, so there is nothing to compare; netzoo show "
     "runs/t/tuning has the reasons."),
    ("comparison over a search", BadInput, compared_over_a_search,
     "out holds a search; name another folder."),
    ("search over a comparison", BadInput, tuned_over_a_comparison,
     "out holds a comparison; name another folder."),
    ("search that goes on", DataError, lambda: saved_records(folder_of({"search": {}})),
     "out holds a search that has not come to its end; the same command goes on."),
    ("table of a search", BadInput, lambda: asked(SEARCHED),
     "mine.toml: the search is not as netzoo tune writes it, by budget; leave out its tables, "
     "[search] and [model.….search], to use the settings alone."),
    ("table of no model", BadInput, lambda: asked("[model]\nlenet = 3\n"),
     "mine.toml: a model's fields stand below [model.\"MODEL\"]."),
    ("options of a model", BadInput,
     lambda: asked("[model.lenet]\nschedule_options = { alpha = 0.1 }\n"),
     "mine.toml: no option 'alpha' in the schedule constant; there are none."),
]
# fmt: on
