#!/usr/bin/env bash
# torchinfo 1.8.0 with torch 2.13.0.
# Source: https://github.com/TylerYep/torchinfo/issues/77, which says what a Linear layer on more than
#   two axes costs; it is closed, and 1.8.0 does not have the change.
# Expected: Linear(4, 5) on 2 × 10 rows of 4 numbers is 2 × 10 × 4 × 5 = 400 multiply-adds.
# Seen: 50, which is the first axis times the parameters (25, the bias among them); the same layer on
#   the same 20 rows without the second axis is given 10 times that.
# Output seen:
#   2 x 10 rows: 50, 20 rows: 500
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torchinfo==1.8.0 torch==2.13.0 numpy

"$folder/venv/bin/python" - <<'PYTHON'
import torch
import torchinfo

counts = [
    torchinfo.summary(torch.nn.Linear(4, 5), input_size=size, verbose=0).total_mult_adds
    for size in ((2, 10, 4), (20, 4))
]
print(f"2 x 10 rows: {counts[0]}, 20 rows: {counts[1]}")
if counts != [50, 500]:
    raise SystemExit("torchinfo counts otherwise now")
PYTHON
