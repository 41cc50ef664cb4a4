#!/usr/bin/env bash
# keras 3.15.1 on its JAX backend, jax 0.10.2.
# Source: https://keras.io/api/layers/attention_layers/multi_head_attention/: value_dim is the size of
#   each head for the value, key_dim that for query and key; nothing asks them to be equal.
# Expected: the layer works with value_dim != key_dim, whether or not its scores are asked for.
# Seen: it raises without the scores, since it then takes JAX's own attention, which wants one size for
#   both; with return_attention_scores=True the same layer works.
# Output seen (beside a log line of Keras):
#   with scores: (2, 5, 16)
#   without: TypeError
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2

KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

words = np.ones((2, 5, 16), "float32")
layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=8, value_dim=4)
out, _ = layer(words, words, return_attention_scores=True)
print("with scores:", out.shape)
assert out.shape == (2, 5, 16)
try:
    layer(words, words)
except TypeError as error:
    print("without:", type(error).__name__)
else:
    raise SystemExit("the layer works without its scores now")
PYTHON
