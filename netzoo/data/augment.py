"""Augmentation of whole batches, stateless: the seed determines every pixel.

Images are (batch, height, width, channels), channels last; a seed is two integers.
"""

import math
from typing import Any

import tensorflow as tf

CROP_PADDING_SHARE = 8  # 4 of 32 px, He et al. 2016, section 4.2
COLOR_STRENGTH = 0.4  # factors from 0.6 to 1.4, as in Facebook's ResNet training
HUE_TURN = 0.1  # of the colour circle, either way
# Zhong et al. 2020, section 4.2: of half of the images, with an aspect ratio from 0.3 to 1 / 0.3.
# Their largest area is 0.4; that of torchvision, 0.33, takes less from small networks.
ERASE_PROBABILITY = 0.5
ERASE_AREA = 0.02, 0.33
ERASE_ASPECT = 0.3


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


def erase(images: Any, seed: Any) -> Any:
    """Set a random rectangle of half of the images to the image's own mean, by channel.

    Differs from Zhong et al. 2020, section 3.2: their pixels are random, with the mean nearly as
    good (table 5); the logarithm of the aspect ratio is uniform; a rectangle that is longer than a
    side is cut to it, not drawn again.
    """
    _, height, width, _ = images.shape
    top, left, bottom, right = (
        end[:, None] for end in _rectangle(tf.shape(images)[0], height, width, seed)
    )
    rows, columns = tf.range(height), tf.range(width)
    rows, columns = (top <= rows) & (rows < bottom), (left <= columns) & (columns < right)
    erased = (rows[:, :, None] & columns[:, None, :])[..., None]
    total = tf.reduce_sum(tf.cast(images, tf.int32), [1, 2], keepdims=True)
    mean = tf.cast(rounded_mean(total, height * width), tf.uint8)
    return tf.where(erased, mean, images)


def rounded_mean(total: Any, count: int) -> Any:
    """Return a sum of so many whole numbers over their count, rounded, in whole numbers alone."""
    return (2 * total + count) // (2 * count)


def windows(name: str, count: Any, size: tuple[int, int], seed: Any) -> Any:
    """Return what a recipe's augmentation decides for images of a size: int32 (count, values).

    They are whether an image is mirrored, and the row and the column of the padded image at which
    the crop begins; without a crop the images are not padded. With erasing, also the first row and
    column of the rectangle, and those behind it. Raises KeyError for another change.
    """
    mirrored = top = left = tf.zeros([count], tf.int32)
    rectangle: tuple[Any, ...] = ()
    for part, key in keys(name, seed):
        if part == "flip":
            mirrored = tf.cast(_mirrored(count, key), tf.int32)
        elif part == "crop":
            top, left = _corner(count, *size, key)
        elif part == "erase":
            rectangle = _rectangle(count, *size, key)
        else:
            raise KeyError(part)
    return tf.stack([mirrored, top, left, *rectangle], axis=1)


def windows_values(name: str) -> int:
    """Return the number of values that `windows` has for an image."""
    return 7 if "erase" in name else 3


def _mirrored(count: Any, seed: Any) -> Any:
    return tf.random.stateless_uniform([count], seed) < 0.5


def _corner(count: Any, height: int, width: int, seed: Any) -> tuple[Any, Any]:
    seeds = tf.random.split(seed, 2)
    return tuple(
        tf.random.stateless_uniform([count], seeds[n], 0, 2 * padding(side) + 1, tf.int32)
        for n, side in enumerate((height, width))
    )


def _rectangle(count: Any, height: int, width: int, seed: Any) -> tuple[Any, Any, Any, Any]:
    """Return top, left, bottom and right of a rectangle, each int32 (count,); half are empty."""
    seeds = tf.random.split(seed, 5)

    def draw(number: int, low: float = 0.0, high: float = 1.0) -> Any:
        return tf.random.stateless_uniform([count], seeds[number], low, high)

    area = draw(0, *ERASE_AREA) * height * width
    ratio = tf.exp(draw(1, math.log(ERASE_ASPECT), -math.log(ERASE_ASPECT)))
    chosen = tf.cast(draw(2) < ERASE_PROBABILITY, tf.int32)
    starts, ends = [], []
    for number, side, length in ((3, height, area * ratio), (4, width, area / ratio)):
        length = tf.cast(tf.round(tf.sqrt(length)), tf.int32)
        length = tf.clip_by_value(length, 1, side)
        start = tf.cast(draw(number) * tf.cast(side - length + 1, tf.float32), tf.int32)
        start = tf.minimum(start, side - length)
        starts.append(start)
        ends.append(start + length * chosen)
    return *starts, *ends


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
        images = _CHANGES[part](images, key)
    return images


_CHANGES = {"flip": flip, "crop": crop, "color": color, "erase": erase}
