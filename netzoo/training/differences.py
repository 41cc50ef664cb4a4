"""The differences of a backend's arrays from those of the reference.

The arrays have their names in netzoo.training.parity.
"""

import numpy as np
from numpy.typing import NDArray

from netzoo.results.parity import Differences, LayerParity
from netzoo.training.parity import END, GRADIENT, LOGITS, LOSS, OUTPUT, START, Arrays

# A gradient of the reference that is smaller than its layer's by this factor is 0 but for rounding.
ROUNDING = 1e-9


def differences(found: Arrays, given: Arrays) -> Differences:
    """Return the differences of a backend's arrays from the reference's."""
    layers: dict[str, dict[str, None]] = {}
    for key in given:
        kind, _, name = key.partition(" ")
        if kind == START:
            layers.setdefault(_layer(name), {})[name] = None
    return Differences(
        loss=_largest(found[LOSS][:1], given[LOSS][:1]),
        logits=_largest(found[LOGITS], given[LOGITS]),
        layers=tuple(
            _of_layer(layer, list(names), found, given) for layer, names in layers.items()
        ),
    )


def first_other(found: Arrays, given: Arrays, most: float) -> str | None:
    """Return the first layer whose output is off by more than `most`; None if none is.

    The difference is the largest, relative to the largest value.
    """
    for key, wanted in given.items():
        kind, _, layer = key.partition(" ")
        if kind == OUTPUT and key in found and not _largest(found[key], wanted) <= most:
            return layer
    return None


def _of_layer(layer: str, names: list[str], found: Arrays, given: Arrays) -> LayerParity:
    trained = [name for name in names if f"{GRADIENT} {name}" in given]
    sizes = {name: _mean(given[f"{GRADIENT} {name}"]) for name in trained}
    least = ROUNDING * max(sizes.values(), default=0.0)
    counted = [name for name in names if name not in sizes or sizes[name] > least]
    gradients = [
        _relative(found[f"{GRADIENT} {name}"], given[f"{GRADIENT} {name}"])
        for name in counted
        if name in sizes
    ]
    weights = [
        _typical(_change(found, given, name), _change(given, given, name)) for name in counted
    ]
    return LayerParity(layer, _worst(gradients), _worst(weights))


def _change(end: Arrays, given: Arrays, name: str) -> NDArray[np.float64]:
    return np.subtract(end[f"{END} {name}"], given[f"{START} {name}"], dtype=np.float64)


def _relative(values: NDArray[np.generic], wanted: NDArray[np.generic]) -> float | None:
    """Return the mean absolute difference over the mean absolute value; None of 0 over 0."""
    return _ratio(_mean(np.subtract(values, wanted, dtype=np.float64)), _mean(wanted))


def _typical(values: NDArray[np.generic], wanted: NDArray[np.generic]) -> float | None:
    """Return the median absolute difference over the mean absolute value; None of 0 over 0.

    The median is of those values that are not 0 on both sides, as of weights that did not change.
    """
    off = np.abs(np.subtract(values, wanted, dtype=np.float64))
    off = off[(values != 0) | (wanted != 0)]
    return _ratio(float(np.median(off)) if off.size else 0.0, _mean(wanted))


def _ratio(off: float, size: float) -> float | None:
    if size == 0:
        return None if off == 0 else float("inf")
    return off / size


def _largest(values: NDArray[np.generic], wanted: NDArray[np.generic]) -> float:
    """Return the largest absolute difference over the largest absolute value."""
    off = float(np.abs(np.subtract(values, wanted, dtype=np.float64)).max())
    size = float(np.abs(wanted).max())
    return off / size if size else float("inf") if off else 0.0


def _worst(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.max(known)) if known else None  # NaN, if one is


def _mean(values: NDArray[np.generic]) -> float:
    return float(np.abs(values).mean(dtype=np.float64)) if values.size else 0.0


def _layer(name: str) -> str:
    """Return the layer of a weight "3 conv1/kernel", "conv1"."""
    path = name.partition(" ")[2]
    return path.rpartition("/")[0] or path
