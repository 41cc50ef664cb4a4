"""The tf.data pipeline, the same for every backend.

uint8, in memory or on disk -> shuffle -> batch -> augment -> prefetch. Every operation is on whole
batches; seed, epoch and step determine each pixel for any number of threads. The images stay uint8
at their own size: the device that trains resizes and scales them (netzoo.training.inputs).
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from netzoo import backend
from netzoo.data import augment
from netzoo.data.disk_images import DiskImages, Pixels
from netzoo.data.source import Images
from netzoo.recipes import Recipe

PARALLEL_CALLS = max(2, min(backend.cores(), 8))  # batches that are prepared at the same time
PREFETCHED_BATCHES = 2
STEP_LIMIT = 1 << 20  # steps per epoch with a seed of augmentation of their own


def steps_per_epoch(images: Images, recipe: Recipe) -> int:
    """Return the number of batches in an epoch; the last one may be smaller."""
    return recipe.steps_per_epoch(len(images.train))


# The conversion would leave temporary files if the process is killed.
@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def train_batches(
    images: Images,
    recipe: Recipe,
    seed: int,
    first_epoch: int = 0,
    micro_batches: int = 1,
    *,
    pixels: bool = True,
) -> Any:
    """Return the training batches of all epochs as one continuous tf.data.Dataset.

    Elements: images uint8 (batch, height, width, channels), labels int64 (batch,). Without pixels,
    the images are int32 (batch, 4) or more: the place of each among the training images, and its
    window as in `augment.windows`, for a device that holds them all.
    first_epoch: the first one, from 0; an epoch's batches depend on its number alone.
    micro_batches: the number of parts into which each batch is split, with weights float32 (batch,)
    as a third element; the mean of their weighted losses is the mean over the whole batch.
    """
    count = len(images.train)
    with tf.device("CPU"):  # TensorFlow would keep them on a GPU, and fetch them for tf.data
        labels = tf.constant(images.train.labels)
        read = _reader(images.train.images) if pixels else None

    def epoch_batches(epoch: Any) -> Any:
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(tf.range(count), key)
        chosen = tf.data.Dataset.from_tensor_slices(order).batch(recipe.batch_size)
        return chosen.enumerate().map(lambda step, places: (epoch * STEP_LIMIT + step, places))

    def batch(step: Any, places: Any) -> Any:
        key = tf.stack([tf.constant(seed, tf.int64), step])
        if read is not None:
            x = augment.augmented(read(places), recipe.augment, key)
        else:
            size = images.image_shape[:2]
            windows = augment.windows(recipe.augment, tf.shape(places)[0], size, key)
            x = tf.concat([places[:, None], windows], axis=1)
        return x, tf.gather(labels, places)

    epochs = tf.data.Dataset.range(first_epoch, recipe.epochs).flat_map(epoch_batches)
    batches = epochs.map(batch, num_parallel_calls=PARALLEL_CALLS)
    return _prefetch(batches if micro_batches == 1 else batches.flat_map(_splitter(micro_batches)))


def tensors(*arrays: Any) -> tuple[Any, ...]:
    """Return arrays as tensors of tf.data, as a batch of `train_batches` has them."""
    with tf.device("CPU"):
        return tuple(tf.constant(array) for array in arrays)


def _reader(images: Pixels) -> Callable[[Any], Any]:
    """Return the function from places to the images there, as tensors."""
    if not isinstance(images, DiskImages):
        held = tf.constant(images)
        return lambda places: tf.gather(held, places)
    shape = images.shape[1:]

    def read(places: Any) -> Any:
        x = tf.numpy_function(images.__getitem__, [places], tf.uint8, stateful=False)
        return tf.ensure_shape(x, (None, *shape))

    return read


def _splitter(micro_batches: int) -> Callable[[Any, Any], Any]:
    """Return the function from a batch to its micro-batches, each with its images' weights.

    An empty micro-batch of a small last batch gets one image of weight 0.
    """

    def split(x: Any, labels: Any) -> Any:
        count = tf.shape(labels, tf.int64)[0]
        size = (count + micro_batches - 1) // micro_batches

        def part(number: Any) -> Any:
            ends = tf.minimum(count, [number * size, (number + 1) * size])
            places = tf.range(ends[0], ends[1])
            held = tf.shape(places, tf.int64)[0]
            places = tf.cond(held > 0, lambda: places, lambda: tf.zeros([1], tf.int64))
            weight = tf.cast(held * micro_batches, tf.float32) / tf.cast(count, tf.float32)
            return (
                tf.gather(x, places),
                tf.gather(labels, places),
                tf.fill([tf.shape(places)[0]], weight),
            )

        return tf.data.Dataset.range(micro_batches).map(part)

    return split


def _prefetch(batches: Any) -> Any:
    """Prefetch without tf.data's autotuning, whose thread delays the end of an iterator."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return batches.prefetch(PREFETCHED_BATCHES).with_options(options)
