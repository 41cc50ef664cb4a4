#!/usr/bin/env bash
# Keras 3.15.1: training=False, given to one layer in a model's call, also turns off those after it.
#
# Source: keras/src/layers/layer.py, Layer.__call__, step 5: the value that a call resolves is written
# into the context that its siblings inherit from. The comment there lists as the first source "the
# `training` argument passed to this `Layer.call`", and as the second "of an outer `Layer.call`".
# Expected: a frozen BatchNormalization stays in inference, and the Dropout behind it still trains,
# as model(x, training=True) asks. Seen: Dropout(0.9) drops nothing, and nothing is said; called
# before the frozen layer, the same Dropout drops nine of ten.
# Output seen: "dropout behind the frozen layer: 0 of 1000 zeros, before it: 8.. to 9.. of 1000 zeros"
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np


class Frozen(keras.Model):
    def __init__(self, dropout_first):
        super().__init__()
        self.dropout_first = dropout_first
        self.norm, self.dropout = keras.layers.BatchNormalization(), keras.layers.Dropout(0.9)

    def call(self, x, training=None):
        if self.dropout_first:
            return self.norm(self.dropout(x), training=False)
        return self.dropout(self.norm(x, training=False))


def zeros(model):
    return int((np.asarray(model(np.ones((1, 1000), "float32"), training=True)) == 0).sum())


behind, before = zeros(Frozen(False)), zeros(Frozen(True))
print(f"dropout behind the frozen layer: {behind} of 1000 zeros, before it: {before} of 1000 zeros")
assert behind == 0 and 800 < before < 980
PYTHON
