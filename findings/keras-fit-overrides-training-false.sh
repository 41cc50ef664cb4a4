#!/usr/bin/env bash
# keras 3.15.1 (seen on its JAX backend, jax 0.10.2).
# Source: https://keras.io/guides/transfer_learning/: a base model that was called with training=False
#   when the model was built stays in inference mode while the model is trained, so that its batch
#   normalization does not change its statistics, also once the base is trainable again.
# Expected: fit leaves the moving mean of the base's batch normalization at its 0.
# Seen: fit moves it as if training=False had not been said: a functional model puts the training of
#   its own call in the place of the one that was given when it was built.
# Output seen:
#   moving mean after fit: [5. 5. 5. 5.]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2

KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

norm = keras.layers.BatchNormalization(momentum=0.5)
image = keras.Input((4,))
base = keras.Model(image, norm(image))
model = keras.Model(image, keras.layers.Dense(1)(base(image, training=False)))
model.compile(keras.optimizers.SGD(0.0), "mse")
model.fit(np.full((32, 4), 10.0), np.zeros((32, 1)), epochs=1, verbose=0)
mean = np.asarray(norm.moving_mean)
print("moving mean after fit:", mean)
if not mean.any():
    raise SystemExit("fit leaves the moving mean alone now")
PYTHON
