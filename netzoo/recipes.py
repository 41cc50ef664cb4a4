"""The named recipes of trainings.

A named recipe is a function from a model's family to a Recipe, since the lesson itself trains LeNet
and AlexNet with different settings.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netzoo.errors import BadInput
from netzoo.models.catalog import MODELS, base_of
from netzoo.models.spec import ModelSpec
from netzoo.recipe_fields import AUGMENTATIONS as AUGMENTATIONS
from netzoo.recipe_fields import OPTIMIZERS as OPTIMIZERS
from netzoo.recipe_fields import PRECISIONS as PRECISIONS
from netzoo.recipe_fields import Recipe as Recipe
from netzoo.recipe_fields import check_overrides as check_overrides
from netzoo.registry import Registry

AS = "as"
# By all models.
SHARED = ("limit_train", "limit_test", "validation", "data_parallel", "same_weights")

RECIPES: Registry[Callable[[str], Recipe]] = Registry("recipe")


@RECIPES.register("lesson")
def lesson(family: str) -> Recipe:
    """Return the lesson's own settings: full data, SGD, constant learning rate, no augmentation.

    Source: Zhang et al., "Dive into Deep Learning", LeNet and AlexNet; others get AlexNet's.
    """
    if family == "lenet":
        return Recipe("lesson", 10, 256, learning_rate=0.9, test_each_epoch=True, tuned=True)
    tuned = family == "alexnet"
    return Recipe("lesson", 10, 128, learning_rate=0.01, test_each_epoch=True, tuned=tuned)


@RECIPES.register("quick")
def quick(family: str) -> Recipe:
    """Return settings that train LeNet and AlexNet in minutes on two CPU cores.

    All models share all but the learning rate: LeNet's sigmoids need a larger one. Families of
    larger images, as AlexNet's of 224 px, take images of 96 px.
    """
    return Recipe(
        "quick",
        epochs=6,
        batch_size=64,
        learning_rate=0.01 if family == "lenet" else 0.001,
        optimizer="adam",
        schedule="one-cycle",
        image_size=_at_most(96, family),
        limit_train=6000,
        limit_test=1000,
        validation=0.1,
        tuned=family in ("lenet", "alexnet"),
    )


@RECIPES.register("brief")
def brief(family: str) -> Recipe:
    """Return the quick settings cut to half a minute a network, for studies of many trainings.

    A quarter of the images, half the epochs, images of 72 px, not 96: networks are under-trained on
    purpose. Half the learning rate reduces the variance over seeds in so few steps. LeNet takes
    smaller batches, since its sigmoids need more steps to start learning. Both batch sizes divide
    the 1,350 training and the 150 validation images: JAX compiles a smaller last batch anew.
    """
    whole = quick(family)
    return replace(
        whole,
        name="brief",
        epochs=3,
        learning_rate=whole.learning_rate / 2,
        batch_size=15 if family == "lenet" else 50,
        image_size=_at_most(72, family),
        limit_train=1500,
    )


@RECIPES.register("modern")
def modern(family: str) -> Recipe:
    """Return settings of today: all images, and what improves small networks in 20 epochs.

    AdamW with decoupled decay (Loshchilov and Hutter 2019), one-cycle learning rates (Smith and
    Topin 2018), gradients clipped to a norm of 1 (Pascanu et al. 2013), flips and random erasing
    (Zhong et al. 2020), and mirrored test images (Krizhevsky et al. 2012), which double the cost of
    an evaluation. All models share them but the learning rate, since LeNet's sigmoids need a larger
    one, and the size, where a family's is above 224 px.
    """
    return Recipe(
        "modern",
        epochs=20,
        batch_size=64,
        learning_rate=0.01 if family == "lenet" else 0.0005,
        optimizer="adamw",
        schedule="one-cycle",
        image_size=_at_most(224, family),
        augment="flip+erase",
        scaling="standardise",
        validation=0.1,
        test_flip=True,
        tuned=family == "lenet",
        optimizer_options={"weight_decay": 0.01, "global_clipnorm": 1.0},
    )


def _at_most(size_px: int, family: str) -> int | None:
    """Return the size for a family of larger images, None for one of its own or the data's size."""
    infos = (info for info in MODELS.values() if info.family == family)
    return size_px if any(max(info.input_shape[:2]) > size_px for info in infos) else None


def recipe(name: str, family: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Return a named recipe for a family, with fields overridden. Raises UnknownName, BadInput."""
    return RECIPES[name](family).changed(overrides or {})


def check_settings(spec: ModelSpec) -> None:
    """Raise UnknownName or BadInput for an invalid setting of a single model.

    The setting AS takes a family, whose settings in the recipe the model gets, but the image size.
    """
    if AS in spec.settings:
        base_of(str(spec.settings[AS]))
    check_overrides({name: value for name, value in spec.settings.items() if name != AS})
    for name in spec.settings:
        if name in SHARED:
            raise BadInput(
                f"{name} is the same for all models of a comparison; received it for "
                f"{spec.model!r} alone. Give it to all as `{name}`."
            )
