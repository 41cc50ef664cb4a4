"""Augmentation of whole batches, stateless: the seed determines every pixel.

Images are (batch, height, width, channels), channels last; a seed is two integers.
"""

from typing import Any

import tensorflow as tf

CROP_PADDING_SHARE = 8  # 4 of 32 px, He et al. 2016, section 4.2
COLOR_STRENGTH = 0.4  # factors from 0.6 to 1.4, as in Facebook's ResNet training
HUE_TURN = 0.1  # of the colour circle, either way


def flip(images: Any, seed: Any) -> Any:
    """Mirror each image left to right with a probability of one half."""
    chosen = _mirrored(tf.shape(images)[0], seed)[:, None, None, None]
    return tf.where(chosen, tf.reverse(images, [2]), images)


def crop(images: Any, seed: Any) -> Any:
    """Pad each side with zeros by an eighth of it, then crop each image at a random place."""
    _, height, width, _ = images.shape
    rows, columns = padding(height), padding(width)
    padded = tf.pad(images, [[0, 0], [rows, rows], [columns, columns], [0, 0]])
    top, left = _corner(tf.shape(images)[0], height, width, seed)
    kept = tf.gather(padded, top[:, None] + tf.range(height), axis=1, batch_dims=1)
    kept = tf.transpose(kept, [0, 2, 1, 3])
    kept = tf.gather(kept, left[:, None] + tf.range(width), axis=1, batch_dims=1)
    return tf.transpose(kept, [0, 2, 1, 3])


def padding(length: int) -> int:
    """Return the pixels by which `crop` pads each end of a side."""
    return length // CROP_PADDING_SHARE


def windows(name: str, count: Any, size: tuple[int, int], seed: Any) -> Any:
    """Return what a recipe's augmentation decides for images of a size: int32 (count, 3).

    They are whether an image is mirrored, and the row and the column of the padded image at which
    the crop begins; without a crop the images are not padded. Raises KeyError for another change.
    """
    mirrored = top = left = tf.zeros([count], tf.int32)
    for part, key in keys(name, seed):
        if part == "flip":
            mirrored = tf.cast(_mirrored(count, key), tf.int32)
        elif part == "crop":
            top, left = _corner(count, *size, key)
        else:
            raise KeyError(part)
    return tf.stack([mirrored, top, left], axis=1)


def _mirrored(count: Any, seed: Any) -> Any:
    return tf.random.stateless_uniform([count], seed) < 0.5


def _corner(count: Any, height: int, width: int, seed: Any) -> tuple[Any, Any]:
    seeds = tf.random.split(seed, 2)
    return tuple(
        tf.random.stateless_uniform([count], seeds[n], 0, 2 * padding(side) + 1, tf.int32)
        for n, side in enumerate((height, width))
    )


def color(images: Any, seed: Any) -> Any:
    """Change brightness and contrast of each image by random factors, uint8 to uint8.

    For red, green and blue channels, also saturation and hue.
    """
    count, channels = tf.shape(images)[0], images.shape[-1]
    seeds = tf.random.split(seed, 4)

    def draw(number: int, low: float, high: float) -> Any:
        return tf.random.stateless_uniform([count, 1, 1, 1], seeds[number], low, high)

    low, high = 1 - COLOR_STRENGTH, 1 + COLOR_STRENGTH
    x = tf.cast(images, tf.float32) * draw(0, low, high)
    mean = tf.reduce_mean(_grey(x), [1, 2, 3], keepdims=True)
    x = mean + draw(1, low, high) * (x - mean)
    if channels == 3:
        grey = _grey(x)
        x = grey + draw(2, low, high) * (x - grey)
        hue, saturation, value = tf.unstack(tf.image.rgb_to_hsv(tf.clip_by_value(x, 0, 255)), 3, -1)
        hue = (hue + draw(3, -HUE_TURN, HUE_TURN)[..., 0]) % 1.0
        x = tf.image.hsv_to_rgb(tf.stack([hue, saturation, value], -1))
    return tf.cast(tf.round(tf.clip_by_value(x, 0, 255)), tf.uint8)


def _grey(x: Any) -> Any:
    """Return the luminance (BT.601) of red, green and blue; other images unchanged."""
    return tf.image.rgb_to_grayscale(x) if x.shape[-1] == 3 else x


def keys(name: str, seed: Any) -> list[tuple[str, Any]]:
    """Return the changes of a recipe's augmentation ("none", "flip+crop"), each with its seed."""
    names = [] if name == "none" else name.split("+")
    return [(part, tf.random.fold_in(seed, number)) for number, part in enumerate(names)]


def augmented(images: Any, name: str, seed: Any) -> Any:
    """Return the images after a recipe's augmentation."""
    for part, key in keys(name, seed):
        images = {"flip": flip, "crop": crop, "color": color}[part](images, key)
    return images
