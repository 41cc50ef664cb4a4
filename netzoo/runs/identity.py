"""The name of a trial: of its files, in the folder of a comparison."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from netzoo.recipe_options import CROSS_ENTROPY
from netzoo.records.codec import to_plain
from netzoo.records.trial import Trial
from netzoo.records.trials import Trials

# Fields that trials had not at first, by their usual value: an identity leaves these out, so that
# those of older folders stay.
LATER: dict[str, dict[str, Any]] = {
    "trial": {"sha256": ""},
    "recipe": {
        "weights": None,
        "freeze": None,
        "optimizer_options": None,
        "class_weight": "none",
        "schedule_options": None,
        "loss": CROSS_ENTROPY,
        "loss_options": None,
        "data_parallel": 1,
        "same_weights": False,
        "ema": 0.0,
        "test_flip": False,
    },
}

# A file system takes 255 letters for a file's name; the longest that begins with an identity is
# that of a checkpoint while it is written, .IDENTITY.checkpoint.PID.new.
LONGEST_NAME, SHORTENED_NAME = 237, 120


def identity(trial: Trial) -> str:
    """Return a file name for a trial: readable, and different for whatever changes its numbers.

    That is the model and its changes, the images, the recipe, the seed and the backend; not where
    the images lay, nor what else is compared.
    """
    return _naming(trial)(trial.seed)


def identities(trials: Trials) -> Iterator[str]:
    """Return the identity of each of many trials, at a microsecond each."""
    of_kind = [_naming(kind) for kind in trials.kinds]
    return (of_kind[place](seed) for place, seed in zip(trials.places, trials.seeds, strict=True))


def _naming(trial: Trial) -> Callable[[int], str]:
    """Return what names the trials that differ from this one in the seed alone."""
    what = to_plain(trial)
    data = what.pop("dataset")
    what["recipe"].pop("search", None)  # who has chosen the settings changes no number
    del what["device"], what["module"]
    for fields, usual in ((what, LATER["trial"]), (what["recipe"], LATER["recipe"])):
        for name, value in usual.items():
            if fields.get(name, value) == value:
                fields.pop(name, None)
    what["images"] = [data["sha256"], data["train"], data["test"]]
    # The digest is of the JSON with sorted keys; what precedes the seed in it is hashed once.
    text = json.dumps(what, sort_keys=True)
    before, _, after = text.rpartition(f'"seed": {trial.seed}')
    begun, rest = hashlib.sha256((before + '"seed": ').encode()), after.encode()
    words = re.sub(r"[^A-Za-z0-9.]+", "-", trial.model)

    start = f"{words}-seed"

    def named(seed: int) -> str:
        digest = begun.copy()
        digest.update(b"%d" % seed + rest)
        name = f"{start}{seed}-{digest.hexdigest()[:8]}"
        if len(name) > LONGEST_NAME:
            return words[:SHORTENED_NAME] + name[len(words) :]
        return name

    return named
