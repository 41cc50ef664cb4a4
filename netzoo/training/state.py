"""Export and restore of model and optimizer variables as numpy arrays."""

import random
from math import prod
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.errors import DataError
from netzoo.training import ranks

Arrays = dict[str, NDArray[Any]]
_AS_FLOAT32 = ("bfloat16", "float8_e4m3fn", "float8_e5m2")  # numpy has them only as raw bytes


def sizes(model: Any) -> dict[str, int]:
    """Return the bytes of each array that `gather` returns, without reading one."""
    return {
        key: prod(variable.shape) * _item_bytes(keras.backend.standardize_dtype(variable.dtype))
        for key, variable in _variables(model).items()
    }


def gather(model: Any) -> Arrays:
    """Return the variables of a compiled model and its optimizer by number and path.

    They are weights, moving averages, states of Keras's random generators, the optimizer's slots
    and its step, which determines the learning rate.
    """
    return {key: _array(variable) for key, variable in _variables(model).items()}


def restore(model: Any, arrays: Arrays) -> None:
    """Assign the variables of a model that was built and compiled in the same way.

    Raises DataError if names or shapes differ.
    """
    variables = _variables(model)
    shapes = {key: tuple(variable.shape) for key, variable in variables.items()}
    if shapes != {key: value.shape for key, value in arrays.items()}:
        raise DataError("the variables of a checkpoint do not match those of the model")
    for key, variable in variables.items():
        variable.assign(arrays[key])


def reseed(seed: int, epoch: int) -> None:
    """Seed the random generators that no checkpoint holds, those outside of Keras, for an epoch.

    So the random numbers of an epoch do not depend on the epochs before it in the same process. The
    generators of TensorFlow's stateful operations cannot be seeded again without a loss of speed.
    """
    number = (seed * 1_000_003 + epoch) % 2**32
    random.seed(number)
    np.random.seed(number)
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(number + ranks.rank() * ranks.SEEDS_APART)


def _variables(model: Any) -> dict[str, Any]:
    both = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{owner} {number} {variable.path}": variable
        for owner, variables in both.items()
        for number, variable in enumerate(variables)
    }


def _item_bytes(dtype: str) -> int:
    """Return the bytes of one value as `_array` returns it."""
    return 4 if dtype in _AS_FLOAT32 else np.dtype(dtype).itemsize


def _array(variable: Any) -> NDArray[Any]:
    array = np.asarray(keras.ops.convert_to_numpy(variable))
    # numpy has bfloat16 and the like only as raw bytes; float32 represents all their values.
    return array.astype(np.float32) if array.dtype.kind == "V" else array
