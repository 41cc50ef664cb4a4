"""The gradients of a loss with respect to each layer's output and to weights, on PyTorch."""

from typing import Any

import torch


def gradients(
    loss: Any, images: Any, weights: Any, variables: Any
) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """Return the outputs by layer, their gradients, and those of the weights.

    As netzoo.training.probe.Gradients says.
    """
    outputs: dict[str, Any] = {}

    def mark(name: str, output: Any) -> Any:
        # Its own tensor, for a layer that hands its input on; the values are not copied.
        own = output.view_as(output) if output.requires_grad else output.detach().requires_grad_()
        outputs[name] = own
        return own

    with torch.enable_grad():
        total = loss(mark, images)
    found = torch.autograd.grad(
        total,
        [*outputs.values(), *(weight.value for weight in weights)],
        allow_unused=True,
        materialize_grads=True,
    )
    by_output = dict(zip(outputs, found, strict=False))
    return outputs, by_output, list(found[len(outputs) :])
