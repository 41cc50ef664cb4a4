"""All that a training has changed in a model and its optimizer, as arrays, out and in again."""

import random
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from netzoo.errors import DataError

Arrays = dict[str, NDArray[Any]]


def gather(model: Any) -> Arrays:
    """Return the variables of a compiled model and its optimizer by number and path.

    Weights, moving averages, the counters of its random generators, the optimizer's slots and its
    step (and with it the place in the schedule).
    """
    return {key: _array(variable) for key, variable in _variables(model).items()}


def restore(model: Any, arrays: Arrays) -> None:
    """Set the variables of a model that was built and compiled in the same way.

    Raises DataError if they are not the same variables.
    """
    variables = _variables(model)
    shapes = {key: tuple(variable.shape) for key, variable in variables.items()}
    if shapes != {key: value.shape for key, value in arrays.items()}:
        raise DataError("a checkpoint holds other variables than the model")
    for key, variable in variables.items():
        variable.assign(arrays[key])


def reseed(seed: int, epoch: int) -> None:
    """Set the generators outside of Keras's own, which no checkpoint holds, for an epoch.

    So an epoch draws the same whether its process has trained those before it or not. Those of
    TensorFlow's stateful operations cannot be set again without a loss of speed.
    """
    number = (seed * 1_000_003 + epoch) % 2**32
    random.seed(number)
    np.random.seed(number)
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(number)


def _variables(model: Any) -> dict[str, Any]:
    both = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{owner} {number} {variable.path}": variable
        for owner, variables in both.items()
        for number, variable in enumerate(variables)
    }


def _array(variable: Any) -> NDArray[Any]:
    array = np.asarray(keras.ops.convert_to_numpy(variable))
    # numpy knows bfloat16 and its like only as raw bytes; float32 holds all their values.
    return array.astype(np.float32) if array.dtype.kind == "V" else array
