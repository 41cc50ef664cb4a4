#!/usr/bin/env bash
# Keras 3.15.1: the layers of a keras.Function that is called in a functional model are not the model's.
#
# Source: the docstring of keras.Function (keras/src/ops/function.py), which offers it to apply the same
# computation to new inputs, in a model too; keras/src/models/functional.py, whose `layers` are those
# of its operations that are layers, and a Function is none.
# Expected: as with a keras.Model in its place, its Dense layer is in model.weights, and fit trains it.
# Seen: the model has no weights, fit runs and reports a loss, and the Dense layer never changes;
# save() would keep none of it. Nothing is said.
# Output seen: "weights with a Model: 2, with a Function: 0; the kernel changed: Model True, Function False"
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np


def trained(kind):
    inside, x = keras.Input((8,)), keras.Input((8,))
    dense = keras.layers.Dense(3)
    block = kind(inside, dense(inside))
    last = keras.layers.Rescaling(1.0)
    model = keras.Model(x, last(block(x)))
    before = np.asarray(dense.kernel)
    model.compile("sgd", "mse")
    model.fit(np.ones((16, 8)), np.ones((16, 3)), verbose=0)
    return len(model.weights), bool((np.asarray(dense.kernel) != before).any())


(by_model, model_trains), (by_function, function_trains) = map(trained, (keras.Model, keras.Function))
print(f"weights with a Model: {by_model}, with a Function: {by_function};", end=" ")
print(f"the kernel changed: Model {model_trains}, Function {function_trains}")
assert (by_model, by_function, model_trains, function_trains) == (2, 0, True, False)
PYTHON
