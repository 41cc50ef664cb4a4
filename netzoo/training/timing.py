"""The timing of a few training steps, to estimate the duration of the whole training."""

import itertools
import statistics
import time
from typing import Any

import numpy as np

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.recipes import Recipe
from netzoo.records.plan import Timing
from netzoo.training import ranks
from netzoo.training.inputs import inputs_of
from netzoo.training.step import step_of

# The first step compiles. One more is enough if it takes longer than the given seconds.
FEWEST_STEPS = 2
# Evaluation of an image is a forward pass only: about a third of the work of a training step.
EVALUATION_SHARE = 1 / 3


def timing(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    seconds: float,
    *,
    micro_batches: int = 1,
    size: tuple[int, ...] | None = None,
) -> Timing:
    """Train a prepared model for a few steps, and return its timing.

    seconds: the approximate duration of the steps. micro_batches: their number in a step. size:
    height, width and channels of the model's inputs; by default its own.
    The start of the process is 0 s, for the parent process to fill in.
    """
    started = time.perf_counter()
    inputs = inputs_of(images.train, recipe, size or model.input_shape[1:])
    step = step_of(model, inputs, recipe.data_parallel)
    batches = pipeline.train_batches(
        images, recipe, seed, micro_batches=micro_batches, pixels=inputs.held is None
    )
    ends: list[float] = []
    for batch in batches.repeat():
        np.asarray(step.train(*batch))  # waits for an asynchronous device
        ends.append(time.perf_counter())
        if ranks.told(len(ends) >= FEWEST_STEPS and ends[-1] - ends[0] >= seconds):
            break
    later = [end - start for start, end in itertools.pairwise(ends)]
    image = statistics.median(later) * micro_batches / recipe.batch_size
    evaluated = 0
    if recipe.curve == "validation" and images.validation is not None:
        evaluated = len(images.validation)
    elif recipe.curve == "test":
        evaluated = len(images.test)
    evaluation = EVALUATION_SHARE * (1 + recipe.test_flip)
    trained = recipe.batch_size * pipeline.steps_per_epoch(images, recipe)
    return Timing(
        start=0.0,
        first_step=ends[0] - started,
        epoch=image * (trained + evaluation * evaluated),
        end=image * evaluation * (len(images.test) + images.train_images_measured),
    )
