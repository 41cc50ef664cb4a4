#!/usr/bin/env bash
# Keras 3.15.1: x[:2] raises for a symbolic tensor, though x[:2, :] and x[0] do not.
#
# Source: keras/src/ops/numpy.py, GetItem.compute_output_spec: an int, a tuple or a list is taken.
# Expected: a slice alone means the same as a tuple of one, as in NumPy and for a backend's tensors,
# so that a layer's code runs in a functional model as it runs on data.
# Seen: ValueError "Unsupported key type for array slice. Received: `slice(None, 2, None)`".
# Output seen: "data (2, 4); symbolic with a tuple (2, 4); symbolic alone: ValueError"
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras

symbolic = keras.KerasTensor((6, 4))
try:
    alone = str(tuple(symbolic[:2].shape))
except ValueError as error:
    assert "Unsupported key type" in str(error)
    alone = "ValueError"
with_tuple, data = tuple(symbolic[:2, :].shape), tuple(keras.ops.ones((6, 4))[:2].shape)
print(f"data {data}; symbolic with a tuple {with_tuple}; symbolic alone: {alone}")
assert (data, with_tuple, alone) == ((2, 4), (2, 4), "ValueError")
PYTHON
