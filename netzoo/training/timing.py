"""Time a few steps of a training, to know before how long the whole will take."""

import itertools
import statistics
import time
from typing import Any

import numpy as np

from netzoo.data import pipeline
from netzoo.data.source import Images
from netzoo.recipes import Recipe
from netzoo.records.plan import Timing
from netzoo.training.inputs import Inputs
from netzoo.training.step import step_of

# The first compiles; where one step after it takes longer than is asked, one says enough, and a
# user waits for each.
FEWEST_STEPS = 2
# To measure an image costs a forward pass only: about a third of a training step's work.
MEASURED_SHARE = 1 / 3


def timing(
    model: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    seconds: float,
    *,
    parts: int = 1,
    size: tuple[int, int] | None = None,
) -> Timing:
    """Train a prepared model for a few steps, about so many seconds, and return its timing.

    size: height and width of what the model sees; by default its own.
    The start of the process is left for the one that started it: 0 seconds.
    """
    started = time.perf_counter()
    step = step_of(model, Inputs(images.train, recipe, size or model.input_shape[1:3]))
    ends: list[float] = []
    for batch in pipeline.train_batches(images, recipe, seed, parts=parts).repeat():
        np.asarray(step.train(*batch))  # waits for a device that computes ahead
        ends.append(time.perf_counter())
        if len(ends) >= FEWEST_STEPS and ends[-1] - ends[0] >= seconds:
            break
    later = [end - start for start, end in itertools.pairwise(ends)]
    image = statistics.median(later) * parts / recipe.batch_size
    curve = {"validation": images.validation, "test": images.test, None: ()}[recipe.curve]
    trained = recipe.batch_size * pipeline.steps_per_epoch(images, recipe)
    return Timing(
        start=0.0,
        first_step=ends[0] - started,
        epoch=image * (trained + MEASURED_SHARE * len(curve or ())),
        end=image * MEASURED_SHARE * (len(images.test) + images.train_images_measured),
    )
