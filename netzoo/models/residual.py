"""The residual unit: a chain of convolutions whose input is added to its output.

Source: He et al. 2016, "Deep residual learning for image recognition", section 3 (CVPR);
preactivation: He et al. 2016, "Identity mappings in deep residual networks" (ECCV), section 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netzoo.models import blocks


@dataclass(frozen=True)
class Convolution:
    """One convolution of a unit: its channels, its size, its stride and its groups."""

    channels: int
    size: int
    strides: int = 1
    groups: int = 1


def unit(
    x: Any,
    name: str,
    chain: Sequence[Convolution],
    *,
    shortcut: bool = True,
    preactivation: bool = False,
) -> Any:
    """Apply a chain of convolutions with batch normalisation and ReLU, and add the input.

    Where the unit changes height, width or channels, a 1×1 convolution projects the input (option
    B). shortcut: without it nothing is added, as in the paper's plain networks. preactivation:
    normalisation and ReLU come before each convolution, and nothing after the sum.
    """
    from keras import layers

    strides = 1
    for each in chain:
        strides *= each.strides
    channels = chain[-1].channels
    straight = branch = x  # straight: what a projection sees
    for number, each in enumerate(chain, 1):
        conv = f"{name}_conv{number}"
        if preactivation:
            branch = blocks.normalise(branch, conv, "relu")
            straight = branch if number == 1 else straight
        branch = _conv(branch, conv, each)
        if not preactivation:
            branch = blocks.normalise(branch, conv, "relu" if number < len(chain) else None)
    if shortcut:
        if strides > 1 or x.shape[-1] != channels:
            project = f"{name}_project"
            x = _conv(straight, project, Convolution(channels, 1, strides))
            x = x if preactivation else blocks.normalise(x, project)
        branch = layers.Add(name=f"{name}_add")([branch, x])
    return branch if preactivation else layers.Activation("relu", name=f"{name}_relu")(branch)


def _conv(x: Any, name: str, each: Convolution) -> Any:
    """Apply a convolution without a bias; the normalisation beside it has one."""
    return blocks.conv(
        *(x, name, each.channels, each.size, None),
        strides=each.strides,
        groups=each.groups,
        bias=False,
        initializer=blocks.HE_NORMAL,
    )
