#!/usr/bin/env bash
# keras 3.15.1 on tensorflow 2.21.0, on a CPU, Linux.
# Source: https://keras.io/api/optimizers/sgd/ (clipnorm: the gradient of each weight is clipped to this
#   norm) and https://keras.io/guides/distributed_training_with_tensorflow/ (MirroredStrategy: replicas
#   share a global batch, and their gradients are aggregated).
# Expected: a step with clipnorm on two replicas gives the weights that it gives on one device, since
#   the global batch and its gradient are the same; without clipnorm it does.
# Seen: each replica clips the gradient of its own half of the batch, and what is left is summed. So the
#   direction of the step, and not only its length, depends on the number of replicas.
# Output seen:
#   without clipnorm: one device 10.0000 0.1000, two replicas 10.0000 0.1000
#   with clipnorm=1: one device 1.0000 0.0100, two replicas 1.0000 0.1000
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0

cat > "$folder/step.py" <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf

two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
inputs = np.eye(2, dtype="float32")
targets = np.array([[10.0], [0.1]], "float32")


def weights_after_a_step(strategy, clipnorm):
    with strategy.scope():
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        model = keras.Sequential([keras.Input((2,)), layer])
        model.compile(optimizer=keras.optimizers.SGD(1.0, clipnorm=clipnorm), loss="mse")
    model.fit(tf.data.Dataset.from_tensor_slices((inputs, targets)).batch(2), verbose=0)
    return model.get_weights()[0].ravel()


def told(values):
    return " ".join(f"{value:.4f}" for value in values)


differ = []
for clipnorm, words in ((None, "without clipnorm"), (1.0, "with clipnorm=1")):
    one = weights_after_a_step(tf.distribute.get_strategy(), clipnorm)
    replicas = weights_after_a_step(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), clipnorm)
    print(f"{words}: one device {told(one)}, two replicas {told(replicas)}")
    differ.append(not np.allclose(one, replicas, atol=1e-4))
assert differ == [False, True], differ
PYTHON

TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/step.py" 2> "$folder/said" || { cat "$folder/said" >&2; exit 1; }
