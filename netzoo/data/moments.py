"""Mean and deviation of images, exact: from the counts of each value."""

import numpy as np
from PIL import Image

from netzoo.data.disk_images import Pixels, chunks

VALUES = np.arange(256) / 255


def moments(images: Pixels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and the standard deviation of each channel, of pixels from 0 to 1."""
    channels = images.shape[-1]
    counts = np.zeros((channels, 256), np.int64)
    for chunk in chunks(images):
        tall = chunk.reshape(-1, *chunk.shape[2:])  # one picture, which Pillow counts in one call
        if channels == 3:
            counts += np.reshape(Image.fromarray(tall).histogram(), (3, 256))
        else:
            for channel in range(channels):
                one = np.ascontiguousarray(tall[..., channel])
                counts[channel] += Image.fromarray(one).histogram()
    shares = counts / counts.sum(axis=1, keepdims=True)
    means = shares @ VALUES
    deviations = np.sqrt((shares * (VALUES - means[:, None]) ** 2).sum(axis=1))
    return tuple(map(float, means)), tuple(map(float, deviations))
