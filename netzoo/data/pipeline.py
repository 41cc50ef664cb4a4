"""The one order of the tf.data pipeline, the same for every backend.

uint8 in memory -> shuffle -> batch -> augment -> prefetch. Whole batches at every step; the seed,
the epoch and the step fix each pixel, whatever the number of threads. The images stay uint8 and at
their own size: the device that trains resizes and scales them (netzoo.training.inputs).
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from netzoo.data import augment
from netzoo.data.source import Images
from netzoo.recipes import Recipe

PARALLEL_CALLS = 2
PREFETCHED_BATCHES = 2
STEP_LIMIT = 1 << 20  # steps an epoch that the augmentation's seed keeps apart


def steps_per_epoch(images: Images, recipe: Recipe) -> int:
    """Return the number of batches in an epoch; the last one may be smaller."""
    return recipe.steps_per_epoch(len(images.train))


# Converted, it would leave files behind if the process is killed.
@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def train_batches(
    images: Images,
    recipe: Recipe,
    seed: int,
    first_epoch: int = 0,
    parts: int = 1,
) -> Any:
    """Return all epochs of training batches as one tf.data.Dataset, without a break between them.

    Elements: images uint8 (batch, height, width, channels), labels int64 (batch,).
    first_epoch: start there; what an epoch holds depends on its number alone, not on where the
    dataset started.
    parts: give each batch in so many parts, with weights float32 (batch,) as a third element; the
    mean of the parts' weighted losses is the mean over the whole batch.
    """
    count = len(images.train)
    pixels, labels = tf.constant(images.train.images), tf.constant(images.train.labels)
    augmentations = augment.augmentations(recipe.augment)

    def epoch_batches(epoch: Any) -> Any:
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(tf.range(count), key)
        chosen = tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size)
        return chosen.enumerate().map(lambda step, places: (epoch * STEP_LIMIT + step, places))

    def batch(step: Any, places: Any) -> Any:
        x = tf.gather(pixels, places)
        for number, change in enumerate(augmentations):
            key = tf.random.fold_in(tf.stack([tf.constant(seed, tf.int64), step]), number)
            x = change(x, key)
        return x, tf.gather(labels, places)

    epochs = tf.data.Dataset.range(first_epoch, recipe.epochs).flat_map(epoch_batches)
    batches = epochs.map(batch, num_parallel_calls=PARALLEL_CALLS)
    return _finished(batches if parts == 1 else batches.flat_map(_in_parts(parts)))


def _in_parts(parts: int) -> Callable[[Any, Any], Any]:
    """Return the function from a batch to its parts, each with its images' weights.

    A part that would be empty, of a last batch of few images, gets one image of weight 0.
    """

    def split(x: Any, labels: Any) -> Any:
        count = tf.shape(labels, tf.int64)[0]
        size = (count + parts - 1) // parts

        def part(number: Any) -> Any:
            ends = tf.minimum(count, [number * size, (number + 1) * size])
            places = tf.range(ends[0], ends[1])
            held = tf.shape(places, tf.int64)[0]
            places = tf.cond(held > 0, lambda: places, lambda: tf.zeros([1], tf.int64))
            weight = tf.cast(held * parts, tf.float32) / tf.cast(count, tf.float32)
            return (
                tf.gather(x, places),
                tf.gather(labels, places),
                tf.fill([tf.shape(places)[0]], weight),
            )

        return tf.data.Dataset.range(parts).map(part)

    return split


def _finished(batches: Any) -> Any:
    """Prefetch, and turn tf.data's autotuning off: ending an iterator waits for its thread."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return batches.prefetch(PREFETCHED_BATCHES).with_options(options)
