"""The speed of a network's steps at several batch sizes, without the pipeline that feeds them.

The step is the training's own (netzoo.training.step), on random images that lie ready.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netzoo.data import pipeline
from netzoo.data.source import Images, Split
from netzoo.provenance import DatasetRecord
from netzoo.recipe_options import SCHEDULES
from netzoo.recipes import Recipe
from netzoo.results.bench import INFERENCE, Measurement
from netzoo.training.device import device_peak, process_peak, wait
from netzoo.training.inputs import Inputs
from netzoo.training.step import Step, step_of

# The warm-up: at least so many steps, the first of which compiles, and this share of the seconds.
WARM_STEPS, WARM_SHARE = 3, 0.25
FEWEST_SAMPLES = 5
PERCENTILE_SAMPLES = 100  # for the 99th percentile; also the fewest of one image's latency
# A block of training steps, which the device may run ahead of, as in a training.
BLOCK_SECONDS = 0.05
# The weights stay what they are: a network that diverges, or whose units die, computes on
# infinities or denormal numbers, whose speed is another.
LEARNING_RATE = 1e-9

Call = Callable[[], Any]
clock = time.perf_counter


def random_images(dataset: DatasetRecord, count: int) -> Images:
    """Return random images of a data set's shape with random labels, always the same."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, *dataset.image_shape), np.uint8)
    labels = random.integers(0, len(dataset.class_names), count, np.int64)
    split = Split(pixels, labels)
    return Images(dataset.name, "random numbers", dataset.class_names, split, split)


def timed_recipe(recipe: Recipe, work: str) -> Recipe:
    """Return the recipe by which a model is compiled, to be timed.

    Inference has an optimizer without variables of its own, which would be in its memory. Keras's
    schedules may have rates among their options, and take no time beside a step.
    """
    optimizer = "sgd" if work == INFERENCE else recipe.optimizer
    by_keras = recipe.schedule in SCHEDULES
    return replace(
        recipe,
        learning_rate=LEARNING_RATE,
        optimizer=optimizer,
        schedule="constant" if by_keras else recipe.schedule,
        schedule_options=None,
        validation=0.0,
        ema=0.0 if work == INFERENCE else recipe.ema,
    )


def measurements(
    model: Any,
    images: Images,
    recipe: Recipe,
    work: str,
    batch_sizes: Sequence[int],
    seconds: float,
    size: tuple[int, ...],
) -> Iterator[tuple[float, Measurement]]:
    """Yield a measurement for each batch size, each after the seconds of the very first step.

    model: prepared and compiled. batch_sizes: ascending. seconds: of each measurement. size:
    height, width and channels of the model's inputs.
    """
    first_step = None
    for batch_size in batch_sizes:
        began = clock()
        step = step_of(model, Inputs(images.train, recipe, size))  # each traced for its batch size
        call = _call(step, images, recipe, work, batch_size)
        _wait_for(call())
        first_step = first_step or clock() - began
        yield first_step, _measured(call, work, batch_size, seconds)
        step.sync_variables()
        del step, call
        gc.collect()


def _call(step: Step, images: Images, recipe: Recipe, work: str, batch_size: int) -> Call:
    """Return what is timed: a step on one batch, as the training gets it."""
    if work == INFERENCE:
        pixels = images.train.images[:batch_size]
        return lambda: step.logits(pixels)
    unchanged = replace(recipe, batch_size=batch_size, augment="none")
    batch = next(iter(pipeline.train_batches(images, unchanged, seed=0)))
    return lambda: step.train(*batch)


def _measured(call: Call, work: str, batch_size: int, seconds: float) -> Measurement:
    duration = _warm_up(call, WARM_SHARE * seconds)
    block = 1 if work == INFERENCE else max(1, round(BLOCK_SECONDS / duration))
    one_image = work == INFERENCE and batch_size == 1
    fewest = PERCENTILE_SAMPLES if one_image else FEWEST_SAMPLES
    samples: list[float] = []
    end = clock() + seconds
    while len(samples) < fewest or clock() < end:
        samples.append(_duration(call, block))
    return summary(np.array(samples), batch_size, block)


def summary(samples: NDArray[np.float64], batch_size: int, block: int) -> Measurement:
    """Return the measurement of samples in their order, (n,), in seconds a step.

    block: the number of steps in each sample.
    """
    fast, middle, slow = np.percentile(samples, (25, 50, 75))
    halves = np.array_split(samples, 2)
    percentile = block == 1 and len(samples) >= PERCENTILE_SAMPLES
    return Measurement(
        batch_size=batch_size,
        images_per_second=float(batch_size / middle),
        images_per_second_quartiles=(float(batch_size / slow), float(batch_size / fast)),
        step_seconds=float(middle),
        step_seconds_p99=float(np.percentile(samples, 99)) if percentile else None,
        n=len(samples),
        steps_per_sample=block,
        drift=float(np.median(halves[1]) / np.median(halves[0]) - 1),
        device_bytes=device_peak(),
        process_bytes=process_peak(),
    )


def _warm_up(call: Call, seconds: float) -> float:
    """Call until the seconds are over, and return the shortest duration of a step."""
    durations: list[float] = []
    end = clock() + seconds
    while len(durations) < WARM_STEPS or clock() < end:
        durations.append(_duration(call, 1))
    return min(durations)


def _duration(call: Call, block: int) -> float:
    """Return the mean duration of the steps of a block, until the last one's result is there."""
    began = clock()
    for _ in range(block):
        result = call()
    _wait_for(result)
    return (clock() - began) / block


def _wait_for(result: Any) -> None:
    np.asarray(result)
    wait()
