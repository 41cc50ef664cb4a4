"""The settings of a training: the frozen Recipe, and the allowed values of its fields.

Every field may be overridden by its name, in Python and on the command line; each field's metadata
has its allowed values.
"""

import itertools
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

from netzoo.errors import BadInput, no_such
from netzoo.recipe_options import (
    CROSS_ENTROPY,
    LOSSES,
    SCHEDULES,
    check_loss,
    check_loss_name,
    check_number,
    check_schedule,
    is_table,
)
from netzoo.recipe_search import Search

CHANGES_OF_IMAGES = ("flip", "crop", "color", "erase")
AUGMENTATIONS = tuple(
    "+".join(chosen) or "none"
    for count in range(len(CHANGES_OF_IMAGES) + 1)
    for chosen in itertools.combinations(CHANGES_OF_IMAGES, count)
)
# Keras's names. Not ScheduleFreeAdamW, whose steps differ between backends.
OPTIMIZERS = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "adafactor": "Adafactor",
    "adagrad": "Adagrad",
    "adamax": "Adamax",
    "lamb": "Lamb",
    "lion": "Lion",
    "muon": "Muon",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
}
OWN = ("constant", "one-cycle")  # schedules
# Options belong to the value of a field: another value leaves them out, unless it has some itself.
OPTIONS_OF = {"schedule": "schedule_options", "loss": "loss_options"}
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


def _choice(about: str, default: str, allowed: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"about": about, "allowed": allowed})


def _number(about: str, kind: type, least: float, most: float, default: Any = MISSING) -> Any:
    """Describe a number from least to most; a default of None allows None too."""
    metadata = {"about": about, "kind": kind, "least": least, "most": most}
    return field(default=default, metadata=metadata)


def _words(about: str) -> Any:
    return field(default=None, metadata={"about": about, "words": True})


def _switch(about: str) -> Any:
    return field(default=False, metadata={"about": about, "switch": True})


def _table(*, lists: bool = False) -> Any:
    return field(default=None, metadata={"table": True, "lists": lists})


@dataclass(frozen=True)
class Recipe:
    """The settings of one training; each field's metadata has its meaning and allowed values.

    learning_rate: the peak of "one-cycle"; the initial_learning_rate of Keras's schedules.
    schedule: "one-cycle" rises linearly from a tenth of the learning rate to all of it over a tenth
    of the steps, then falls to zero by half a cosine (after Smith and Topin 2018, section 3). The
    others are Keras's, over batches, also where a batch is computed in micro-batches.
    schedule_options: further arguments of the Keras schedule. Those that Keras counts in steps may
    be in epochs: decay_epochs for decay_steps. Without any of them a decay takes all steps behind
    the warmup. boundary_epochs: a rate of PiecewiseConstantDecay begins with the first step after
    so many epochs.
    loss: one of Keras's, computed on the logits, or for MeanSquaredError on their softmax. It is
    the loss of the training alone: the losses of validation and test images, and those that are
    measured after the last epoch, are the cross-entropy, whatever this is.
    loss_options: further arguments of the Keras loss, such as label_smoothing.
    augment: of training images only. flip: horizontal, of half of them. crop: zero padding of each
    side by an eighth of it, then a random crop of the image's size (He et al. 2016, section 4.2).
    color: brightness and contrast; for three channels also saturation and hue. erase: a random
    rectangle of half of them becomes the image's own mean (Zhong et al. 2020, section 3.2).
    scaling: "unit" divides by 255; "standardise" subtracts the mean of the training images and
    divides by their standard deviation, by channel; "none" leaves 0 to 255, for a model that scales
    them itself; "symmetric" gives -1 to 1; "imagenet" standardises by ImageNet's images;
    "imagenet-bgr" subtracts their mean, blue first. A keras: model takes the one that it needs.
    precision: "auto" is resolved before any training: mixed_bfloat16 if the device computes in
    bfloat16 natively and the backend gains by it, else float32.
    class_weight: "balanced" multiplies the loss of a training image by images / (classes × images
    of its class), which is 1 on average, as Keras's fit does by class_weight. The training loss has
    these weights; those of validation and test images have not.
    validation: the share of the training images, equal over the classes, that is held out and
    evaluated after every epoch.
    test_each_epoch: without validation images, evaluate on the test images after every epoch, as
    the lesson does. The result is the last epoch's in any case.
    ema: the decay of the moving average of the weights over the updates (Polyak and Juditsky 1992),
    0 for none; after t updates at most t / (t + 10), so that it fits a training of any length. The
    images of validation and test are evaluated with the average, and a saved model has it. Batch
    normalisation keeps its own moving statistics.
    test_flip: evaluate validation and test images by the mean of the logits of an image and of its
    mirror image (Krizhevsky et al. 2012, section 4.1), which doubles the cost of an evaluation.
    tuned: whether the settings were tuned for this family of models, not borrowed from another.
    search: the search of netzoo tune that has chosen them for this model, None without one.
    weights, freeze: as in netzoo.models.trainable.build.
    same_weights: draw the initial weights by NumPy, so that they are the same on every backend;
    otherwise each backend draws its own.
    optimizer_options: further arguments of the Keras optimizer, such as momentum. weight_decay is
    decoupled from the gradient, as Keras has it for every optimizer; biases and other weights of
    one dimension do not decay.

    >>> import netzoo
    >>> recipe = netzoo.Recipe("mine", epochs=2, batch_size=64, learning_rate=0.01)
    >>> recipe.changed({"optimizer": "adam"}).optimizer, recipe.steps_per_epoch(images=1000)
    ('adam', 16)
    """

    name: str
    epochs: int = _number("epochs: passes over the training images", int, 1, 100_000)
    batch_size: int = _number("images per step", int, 1, 1_000_000)
    learning_rate: float = _number("peak learning rate", float, 1e-12, 1e6)
    optimizer: str = _choice("optimizer", "sgd", tuple(OPTIMIZERS))
    schedule: str = _choice(
        "learning-rate schedule, or the name of one of Keras's", "constant", (*OWN, *SCHEDULES)
    )
    image_size: int | None = _number(
        "height and width in px to resize images to", int, 1, 4096, None
    )
    augment: str = _choice("random augmentation of training images", "none", AUGMENTATIONS)
    scaling: str = _choice(
        "pixel scaling: to 0 … 1, or to mean 0 and standard deviation 1, …",
        "unit",
        ("unit", "standardise", "none", "symmetric", "imagenet", "imagenet-bgr"),
    )
    precision: str = _choice("precision of the computation", "auto", PRECISIONS)
    class_weight: str = _choice(
        "weight of each training image in the loss: 1, or inverse to the size of its class",
        "none",
        ("none", "balanced"),
    )
    limit_train: int | None = _number(
        "number of training images: the first of each class", int, 1, 10**9, None
    )
    limit_test: int | None = _number(
        "number of test images: the first of each class", int, 1, 10**9, None
    )
    validation: float = _number(
        "share of the training images held out for validation after each epoch", float, 0, 0.9, 0.0
    )
    test_each_epoch: bool = False
    ema: float = _number(
        "decay of the average of the weights that is evaluated; 0: none", float, 0, 0.99999, 0.0
    )
    test_flip: bool = _switch("evaluate images together with their mirror images")
    tuned: bool = False
    weights: str | None = _words("initial weights: none, imagenet for a keras: model, or a FILE")
    freeze: str | None = _words("layers that keep their weights: names such as conv*+fc1, or body")
    optimizer_options: Mapping[str, Any] | None = _table()
    schedule_options: Mapping[str, Any] | None = _table(lists=True)
    loss: str = _choice("loss of the training, by Keras's name", CROSS_ENTROPY, tuple(LOSSES))
    loss_options: Mapping[str, Any] | None = _table()
    same_weights: bool = _switch("start from the same weights on every backend")
    data_parallel: int = _number("devices that share each batch; 0: all GPUs", int, 0, 1024, 1)
    search: Search | None = None

    @property
    def curve(self) -> str | None:
        """Return the split that is evaluated after every epoch: "validation", "test" or None."""
        if self.validation > 0:
            return "validation"
        return "test" if self.test_each_epoch else None

    def steps_per_epoch(self, images: int) -> int:
        """Return the number of batches in an epoch of images; the last one may be smaller."""
        return -(-images // self.batch_size)

    def changed(self, overrides: Mapping[str, Any]) -> "Recipe":
        """Return the recipe with fields overridden. Raises UnknownName or BadInput."""
        check_overrides(overrides)
        strays = {
            options: None
            for name, options in OPTIONS_OF.items()
            if overrides.get(name, getattr(self, name)) != getattr(self, name)
        }
        changed = replace(self, **{**strays, **overrides})
        changed.check_options()
        return changed

    def check_options(self) -> None:
        """Raise UnknownName or BadInput for options that the schedule or the loss does not take."""
        check_loss(self.loss, self.loss_options)
        check_schedule(self.schedule, self.schedule_options, self.learning_rate, self.epochs)


def check_overrides(overrides: Mapping[str, Any]) -> None:
    """Raise UnknownName for a field that a recipe lacks, BadInput for an invalid value."""
    known = {spec.name: spec for spec in fields(Recipe) if spec.name not in ("name", "search")}
    for name, value in overrides.items():
        if name not in known:
            raise no_such("setting", name, known, where="a recipe")
        rule = known[name].metadata
        if name == "loss":
            check_loss_name(value)
        elif "allowed" in rule:
            if value not in rule["allowed"]:
                raise no_such(name, str(value), rule["allowed"])
        elif "kind" in rule and not (value is None and known[name].default is None):
            check_number(name, value, rule["kind"], rule["least"], rule["most"])
        elif "table" in rule:
            if value is not None and not is_table(value, lists=rule["lists"]):
                raise BadInput(f"{name} is a table of names and values; received {value!r}.")
        elif "words" in rule:
            if value is not None and not (isinstance(value, str) and value):
                raise BadInput(f"{name} is text; received {value!r}.")
        elif (not rule or "switch" in rule) and not isinstance(value, bool):
            raise BadInput(f"{name} is True or False; received {value!r}.")
