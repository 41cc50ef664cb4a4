"""The axis of an image's channels: the last one, whatever the user's keras.json says."""

import contextlib
from collections.abc import Iterator

CHANNELS_LAST = "channels_last"


@contextlib.contextmanager
def channels_last() -> Iterator[None]:
    """Set the default axis of channels to the last one within the context."""
    import keras

    before = keras.config.image_data_format()
    keras.config.set_image_data_format(CHANNELS_LAST)
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)
