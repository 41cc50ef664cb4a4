"""A trial's model, built and prepared for its training, and what it requires of the trial.

A model of the user's may require an input shape, a scaling of pixels, a precision.
"""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import keras

from netzoo import units
from netzoo.cost.by_name import counted, shapes_only
from netzoo.cost.count import count_cost
from netzoo.cost.result import Cost, NativeCost
from netzoo.data.source import Images
from netzoo.errors import BadInput
from netzoo.models import applications, code, trainable, weights
from netzoo.models.build import own_shape
from netzoo.models.spec import CODE, KERAS, REGISTERED, SAVED
from netzoo.models.trainable import Shape
from netzoo.recipes import PRECISIONS, Recipe
from netzoo.records.trial import Trial
from netzoo.training import devices, initial_draws
from netzoo.training.fit import compile_model
from netzoo.training.head import Head, check_channels, make_ready

_SCALES = keras.layers.Rescaling | keras.layers.Normalization


def fitted(trial: Trial) -> Trial:
    """Return a trial with the input shape, scaling and precision that its model requires.

    Raises as netzoo.models.trainable.build, and BadInput if the data's channels are not the model's
    and not grey.
    """
    keras.config.set_dtype_policy(trial.recipe.precision)
    model, shape = _fitted(trial)
    channels = trial.dataset.image_shape[2]
    if (channels, shape[2]) != (1, 3):
        check_channels(shape, channels)
    return replace(trial, input_shape=shape, recipe=_recipe(trial, model))


def build(trial: Trial) -> Any:
    """Return the trial's model with its seed's weights. Raises as netzoo.models.trainable.build."""
    keras.utils.set_random_seed(trial.seed)
    keras.config.set_dtype_policy(trial.recipe.precision)
    initial, freeze = trial.recipe.weights, trial.recipe.freeze
    classes = len(trial.dataset.class_names)
    about = trial.spec, trial.input_shape, classes
    draws = initial_draws.by_numpy() if trial.recipe.same_weights else nullcontext()
    with devices.scope(trial.recipe.data_parallel), draws:
        return trainable.build(*about, initial=initial, freeze=freeze)


def cost(trial: Trial, model: Any) -> Cost | None:
    """Return a model's cost, None for one that nothing can be seen in; it can still train."""
    try:
        shape = None if own_shape(model) else trial.input_shape
        return replace(count_cost(model, shape), model=trial.model)
    except BadInput:
        return None


def native_cost(trial: Trial, counted_cost: Cost | None, shape: Shape) -> NativeCost | None:
    """Return the cost of a registered model at its native size, for the trial's images.

    counted_cost: at the trial's own size; that is also of a model of another origin.
    """
    if counted_cost is None:
        return None
    if trial.spec.origin == REGISTERED and shape != trial.input_shape:
        _, counted_cost = counted(trial.spec, shape, len(trial.dataset.class_names))
    about = counted_cost.params, counted_cost.macs, counted_cost.flops
    return NativeCost(counted_cost.input_shape, *about)


def ready(trial: Trial, parts: int, images: Images, model: Any) -> tuple[Head, Shape]:
    """Let the trial's model give logits, and compile it for micro-batches.

    Return its head, and height, width, channels of its inputs: its own size, if it has one.
    """
    head = make_ready(model, trial.input_shape, len(trial.dataset.class_names))
    compile_model(model, images, trial.recipe, parts)
    notes = _inputs_note(trial, model), head.note
    shape = (*head.size, trial.input_shape[2])
    return replace(head, note=" It ".join(filter(None, notes)) or None), shape


def _inputs_note(trial: Trial, model: Any) -> str | None:
    """Return what is done to the images for a trial's model beside resizing, None for nothing."""
    data, shape = trial.dataset.image_shape, trial.input_shape
    enlarged = trial.spec.origin == KERAS and trial.recipe.image_size is None
    parts = []
    if shape[2] != data[2]:
        parts.append(f"grey images, their channel repeated {shape[2]} times")
    if enlarged and (shape[0] > data[0] or shape[1] > data[1]):
        parts.append(f"images enlarged to its minimum, {units.pixels(*shape[:2])}")
    if trial.recipe.scaling == "none":
        parts.append("pixels of 0 to 255, which it scales itself")
    elif trial.spec.origin != KERAS and any(isinstance(x, _SCALES) for x in model.layers):
        parts.append(
            f"pixels by scaling {trial.recipe.scaling}, and has a scaling of its own; with "
            f"{trial.spec.model}@scaling=none it gets 0 to 255"
        )
    return f"gets {'; '.join(parts)}." if parts else None


def _fitted(trial: Trial) -> tuple[Any, Shape]:
    """Return the trial's model, perhaps without weights, and its input shape."""
    recipe, spec = trial.recipe, trial.spec
    about = spec, trial.dataset.image_shape, recipe.image_size, len(trial.dataset.class_names)
    if spec.origin == CODE:
        code.load_module(spec)  # before the scope: models made by the import keep their weights
    if spec.origin != SAVED and not weights.is_trained(recipe.weights):
        try:
            with shapes_only():
                return trainable.fitted(*about, recipe.weights)
        except BadInput:
            if spec.origin != CODE:
                raise  # a builder in the user's code may fit or call its model
    return trainable.fitted(*about, recipe.weights)


def _recipe(trial: Trial, model: Any) -> Recipe:
    """Return the trial's recipe with the scaling and the precision of its model."""
    recipe, spec = trial.recipe, trial.spec
    if spec.origin == KERAS and "scaling" not in spec.settings:
        needed = applications.scaling(spec, is_trained=weights.is_trained(recipe.weights))
        recipe = replace(recipe, scaling=needed or recipe.scaling)
    own = _precision(model)
    if own == recipe.precision or own not in PRECISIONS:
        return recipe
    if "precision" in spec.settings:
        raise BadInput(
            f"{spec.model} is built in {own}; received precision {recipe.precision}, which changes "
            "only what is built anew."
        )
    return replace(recipe, precision=own)


def _precision(model: Any) -> str:
    """Return the precision that most of a model's parameters are computed in."""
    parameters: Counter[str] = Counter()
    for layer in model._flatten_layers(include_self=False):
        if not isinstance(layer, keras.Model):
            parameters[layer.dtype_policy.name] += layer.count_params() if layer.built else 0
    return parameters.most_common(1)[0][0] if parameters else model.dtype_policy.name
