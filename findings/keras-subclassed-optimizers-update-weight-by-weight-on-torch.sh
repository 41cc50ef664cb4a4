#!/usr/bin/env bash
# keras 3.15.1 on torch 2.13.0, on a CPU, Linux.
# Source: https://keras.io/api/optimizers/ (an optimizer of one's own derives from the Optimizer class or
#   from one of Keras's) and keras.optimizers.Adam, whose update on torch is of all weights at once.
# Expected: a subclass of Adam that changes nothing takes the step that Adam takes.
# Seen: it takes the same step weight by weight, in 24 times as many operations of torch for 20
#   weights: what updates all of them at once belongs to Adam itself, not to what derives from it.
#   Nothing is said, and the weights are the same.
# Output seen:
#   Adam: 25 operations, 10 of them on all weights; weight 0.9900
#   Mine: 603 operations, 0 of them on all weights; weight 0.9900
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0

cat > "$folder/step.py" <<'PYTHON'
import keras
import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Count(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.calls, self.foreach = 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.calls += 1
        self.foreach += "foreach" in str(function)
        return function(*args, **(kwargs or {}))


class Mine(keras.optimizers.Adam):
    """Changes nothing."""


def step(kind):
    variables = [keras.Variable(torch.ones(8, 8)) for _ in range(20)]
    optimizer = kind(0.01)
    optimizer.build(variables)
    gradients = [torch.ones(8, 8) for _ in variables]
    with Count() as count:
        optimizer.apply(gradients, variables)
    return count.calls, count.foreach, float(variables[0].value[0, 0].detach())


found = {}
for kind in (keras.optimizers.Adam, Mine):
    calls, foreach, weight = found[kind.__name__] = step(kind)
    print(f"{kind.__name__}: {calls} operations, {foreach} of them on all weights; weight {weight:.4f}")
(calls, foreach, weight), (own_calls, own_foreach, own_weight) = found["Adam"], found["Mine"]
assert foreach > 0 and own_foreach == 0, found
assert own_calls > 10 * calls, found
assert weight == own_weight, found
PYTHON

KERAS_BACKEND=torch CUDA_VISIBLE_DEVICES= "$folder/venv/bin/python" "$folder/step.py" 2> "$folder/said" || { cat "$folder/said" >&2; exit 1; }
