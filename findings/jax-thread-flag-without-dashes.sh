#!/usr/bin/env bash
# jax 0.10.2 and its jaxlib, on a CPU of two cores or more, Linux.
# Source: https://github.com/jax-ml/jax/issues/743 and https://github.com/jax-ml/jax/issues/6790, which
#   have XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" as the way to
#   keep JAX to one thread.
# Expected: a matrix product is computed by one thread, or the word that XLA does not know is refused,
#   as an unknown word with dashes is.
# Seen: several threads share the work as without the flags, and nothing is said. PJRT_NPROC=1 does
#   keep it to one. (Counted: threads with at least a tenth of the processor time.)
# Output seen, on two cores:
#   XLA_FLAGS: 4 threads at work; PJRT_NPROC=1: 1
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
[ "$(nproc)" -ge 2 ] || { echo "needs two cores" >&2; exit 2; }
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2

cat > "$folder/count.py" <<'PYTHON'
import os

import jax


def ticks():
    """Return the processor time of each thread so far."""
    told = {}
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        told[thread] = int(fields[11]) + int(fields[12])
    return told


square = jax.jit(lambda x: x @ x)
matrix = square(jax.numpy.ones((1500, 1500))).block_until_ready()
before = ticks()
for _ in range(30):
    square(matrix).block_until_ready()
spent = [after - before.get(thread, 0) for thread, after in ticks().items()]
print(sum(each >= sum(spent) / 10 for each in spent))
PYTHON

recipe="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
flags="$(XLA_FLAGS="$recipe" "$folder/venv/bin/python" "$folder/count.py")"
variable="$(PJRT_NPROC=1 "$folder/venv/bin/python" "$folder/count.py")"
echo "XLA_FLAGS: $flags threads at work; PJRT_NPROC=1: $variable"
[ "$flags" -gt 1 ] && [ "$variable" -eq 1 ]
