#!/usr/bin/env bash
# keras 3.15.1 with jax 0.10.2, CPU, Linux; TensorFlow 2.21.0 gives the same.
# Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_crop/, which gives
#   the output shape as (..., target_height, target_width, channels).
# Expected: RandomCrop(4, 4) gives 4 x 4 images in inference too, as its symbolic shape says.
# Seen: with training=False, images of 8 x 8 come back as 8 x 8, while the symbolic call with
#   training=False has 4 x 4: a functional model that ends in it tells a shape that it does not give.
# Output seen:
#   symbolic (None, 4, 4, 3); training=True (1, 4, 4, 3); training=False (1, 8, 8, 3)
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2

cat > "$folder/crop.py" <<'PYTHON'
import keras
import numpy as np

images = np.zeros((1, 8, 8, 3), "float32")
crop = keras.layers.RandomCrop(4, 4)
symbolic = crop(keras.Input((8, 8, 3)), training=False).shape
shapes = {training: tuple(crop(images, training=training).shape) for training in (True, False)}
print(f"symbolic {symbolic}; training=True {shapes[True]}; training=False {shapes[False]}")
assert symbolic == (None, 4, 4, 3)
assert shapes == {True: (1, 4, 4, 3), False: (1, 8, 8, 3)}
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/crop.py"
