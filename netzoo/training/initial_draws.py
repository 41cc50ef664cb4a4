"""Initial weights that are the same on every backend: NumPy draws their random numbers.

Each backend of Keras has random numbers of its own. The seeds of Keras's initializers are the same
on all, so that the same numbers from them give the same weights.
"""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import ops

from netzoo.errors import BadInput

_TRUNCATED_AT = 2.0  # standard deviations, as Keras has it


@contextlib.contextmanager
def by_numpy() -> Iterator[None]:
    """Let NumPy draw for the initializers of layers that are built within the context.

    Raises BadInput if this version of Keras draws in another way.
    """
    initializers = getattr(keras.src.initializers, "random_initializers", None)
    of_backend = getattr(initializers, "random", None)
    draws = {"uniform": _uniform, "normal": _normal, "truncated_normal": _truncated_normal}
    if not all(hasattr(of_backend, name) for name in (*draws, "draw_seed", "make_default_seed")):
        raise BadInput(
            f"Keras {keras.__version__} draws initial weights in a way that netzoo does not know; "
            "leave out `same_weights`."
        )
    assert initializers is not None
    assert of_backend is not None
    initializers.random = SimpleNamespace(**{**vars(of_backend), **draws})
    try:
        yield
    finally:
        initializers.random = of_backend


def _uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    return _tensor(minval + (maxval - minval) * _random(seed).random(shape), dtype)


def _normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    return _tensor(mean + stddev * _random(seed).standard_normal(shape), dtype)


def _truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    random = _random(seed)
    drawn = random.standard_normal(shape)
    while (beyond := np.abs(drawn) > _TRUNCATED_AT).any():
        drawn[beyond] = random.standard_normal(beyond.sum())
    return _tensor(mean + stddev * drawn, dtype)


def _random(seed: Any) -> np.random.Generator:
    """Return the generator of a seed of Keras: an integer, or a SeedGenerator, which counts on."""
    key = ops.convert_to_numpy(keras.src.backend.random.draw_seed(seed)).astype(np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def _tensor(values: Any, dtype: Any) -> Any:
    return ops.convert_to_tensor(np.asarray(values, np.float32), dtype or keras.config.floatx())
