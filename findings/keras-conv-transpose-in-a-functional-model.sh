#!/usr/bin/env bash
# keras 3.15.1 (seen on its JAX backend, jax 0.10.2).
# Source: https://keras.io/api/ops/nn/ (conv_transpose): an operation for tensors and for the symbolic
#   tensors of a functional model alike.
# Expected: a functional model of the operation gives what the operation gives for the same images.
# Seen: the operation works on an array, the model builds with the right shape, and its first call
#   raises, since the recorded call hands over padding and output_padding in each other's place.
# Output seen:
#   operation (2, 16, 16, 4), model (None, 16, 16, 4)
#   call: AttributeError
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2

KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

images, kernel = np.ones((2, 8, 8, 3), "float32"), np.ones((3, 3, 4, 3), "float32")


def enlarge(x):
    return keras.ops.conv_transpose(x, kernel, strides=2, padding="same")


image = keras.Input((8, 8, 3))
model = keras.Model(image, enlarge(image))
print(f"operation {enlarge(images).shape}, model {model.output_shape}")
assert enlarge(images).shape == (2, 16, 16, 4)
assert model.output_shape == (None, 16, 16, 4)
try:
    model(images)
except AttributeError as error:
    print("call:", type(error).__name__)
else:
    raise SystemExit("the model runs now")
PYTHON
