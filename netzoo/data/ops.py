"""Augmentation of whole batches: stateless, so a seed fixes every pixel.

Images are (batch, height, width, channels), channels last; a seed is two integers.
"""

from typing import Any

import tensorflow as tf

CROP_PADDING_SHARE = 8  # 4 of 32 px, He et al. 2016, section 4.2


def flip(images: Any, seed: Any) -> Any:
    """Mirror about half of the images left to right."""
    chosen = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(chosen, tf.reverse(images, [2]), images)


def crop(images: Any, seed: Any) -> Any:
    """Pad each side with zeros by an eighth of it, then cut each image's size at its own place."""
    _, height, width, _ = images.shape
    rows, columns = height // CROP_PADDING_SHARE, width // CROP_PADDING_SHARE
    padded = tf.pad(images, [[0, 0], [rows, rows], [columns, columns], [0, 0]])
    count = tf.shape(images)[0]
    seeds = tf.random.split(seed, 2)
    top = tf.random.stateless_uniform([count, 1], seeds[0], 0, 2 * rows + 1, tf.int32)
    left = tf.random.stateless_uniform([count, 1], seeds[1], 0, 2 * columns + 1, tf.int32)
    kept = tf.gather(padded, top + tf.range(height), axis=1, batch_dims=1)
    kept = tf.transpose(kept, [0, 2, 1, 3])
    kept = tf.gather(kept, left + tf.range(width), axis=1, batch_dims=1)
    return tf.transpose(kept, [0, 2, 1, 3])


AUGMENTATIONS = {"none": (), "flip": (flip,), "crop": (crop,), "flip+crop": (flip, crop)}
