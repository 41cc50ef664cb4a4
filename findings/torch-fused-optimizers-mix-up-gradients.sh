#!/usr/bin/env bash
# torch 2.13.0 on a CPU.
# Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html, Adam, AdamW, Adagrad:
#   fused=True chooses a faster implementation of the same algorithm.
# Expected: a step with fused=True gives the weights of a step with fused=False, up to rounding; or, as
#   on CUDA, an error where the kernel cannot take a gradient.
# Seen: where a gradient lies in memory in another order than its parameter, the kernel adds each of
#   its numbers to another weight, and nothing is said. torch.autograd.grad of a convolution of
#   channels-last images gives such a gradient; backward() does not, since it copies.
# Output seen:
#   strides of the weight (27, 9, 3, 1), of its gradient (27, 1, 9, 3)
#   SGD: the fused step is off by 24.398; with the gradient copied in the weight's order by 0.000
#   Adam: the fused step is off by 0.200; with the gradient copied in the weight's order by 0.000
#   AdamW: the fused step is off by 0.200; with the gradient copied in the weight's order by 0.000
#   Adagrad: the fused step is off by 0.200; with the gradient copied in the weight's order by 0.000
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy

"$folder/venv/bin/python" - <<'PYTHON'
import torch


def weight_after_a_step(kind, *, fused, copied=False):
    """Return a convolution's weight after one step, and the strides of weight and gradient."""
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(3, 8, 3)
    images = torch.randn(4, 3, 9, 9).contiguous(memory_format=torch.channels_last)
    parameters = list(conv.parameters())
    gradients = torch.autograd.grad(conv(images).square().sum(), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.contiguous() if copied else gradient
    kind(parameters, lr=0.1, fused=fused).step()
    return conv.weight.detach(), conv.weight.stride(), gradients[0].stride()


expected, weight_strides, gradient_strides = weight_after_a_step(torch.optim.SGD, fused=False)
print(f"strides of the weight {weight_strides}, of its gradient {gradient_strides}")
as_before = weight_strides != gradient_strides
for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad):
    expected = weight_after_a_step(kind, fused=False)[0]
    off, copied = (
        float((weight_after_a_step(kind, fused=True, copied=copy)[0] - expected).abs().max())
        for copy in (False, True)
    )
    print(f"{kind.__name__}: the fused step is off by {off:.3f}; ", end="")
    print(f"with the gradient copied in the weight's order by {copied:.3f}")
    as_before = as_before and off > 0.1 and copied < 1e-5
if not as_before:
    raise SystemExit("fused optimizers do something else now")
PYTHON
